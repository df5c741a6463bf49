"""Everything that writes plans and initiatives, by subject. Use cases have their own in use_case_actions."""

from roadmap.actions.decisions import take_up_decision
from roadmap.actions.initiatives import (
    add_own_initiative,
    change_own_initiative,
    remove_own_initiative,
)
from roadmap.actions.items import bind_use_case, record_progress, set_item
from roadmap.actions.plans import archive_plan, publish_plan
from roadmap.actions.requests import relax_plan, replan, request_plan, request_what_if

__all__ = [
    "add_own_initiative",
    "archive_plan",
    "bind_use_case",
    "change_own_initiative",
    "publish_plan",
    "record_progress",
    "relax_plan",
    "remove_own_initiative",
    "replan",
    "request_plan",
    "request_what_if",
    "set_item",
    "take_up_decision",
]
