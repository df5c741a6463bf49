"""The tables of projects: the project itself, its daily work, and its hosted tracking."""

from projects.models.project import Ask, CheckIn, Pause, Project, ProjectMember
from projects.models.tracking import Candidate, Intent, PageVisit, ProjectToken
from projects.models.work import LoggedDecision, Milestone, Paper, Risk, Task

__all__ = [
    "Ask",
    "Candidate",
    "CheckIn",
    "Intent",
    "LoggedDecision",
    "Milestone",
    "PageVisit",
    "Paper",
    "Pause",
    "Project",
    "ProjectMember",
    "ProjectToken",
    "Risk",
    "Task",
]
