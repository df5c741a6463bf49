"""Everything that changes a project."""

from projects.actions.opening import open_from_charter, open_from_initiative

__all__ = ["open_from_charter", "open_from_initiative"]
