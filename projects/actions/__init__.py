"""What can be done to projects."""

from projects.actions.opening import Start, open_from_charter, open_from_initiative

__all__ = ["Start", "open_from_charter", "open_from_initiative"]
