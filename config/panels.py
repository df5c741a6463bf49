"""Slots of lower templates and the functions that fill them: pages flow up, imports never do.

A function takes the request and the object of the page and returns HTML by key of the slot
(``ui/panels.py``). The slots of the desk hand rows instead (``reports/duties.py``), because the desk sorts
what comes from several apps: ``desk.waits``, ``desk.late`` and ``desk.line`` take a reader,
and ``desk.stories`` tells the audit log's events in sentences.
"""

PANELS: dict[str, list[str]] = {
    "settings.organization": ["charters.settings_panel.buttons", "jobs.settings_panel.buttons"],
    "assessment.gate_closers": ["roadmap.gate_closers.closers"],
    "use_cases.learned": ["charters.learning_panel.learned"],
    "use_cases.projects": ["projects.panels.use_case"],
    "use_cases.verdicts": ["projects.verdict_panels.use_cases"],
    "initiatives.projects": ["projects.panels.initiative"],
    "initiatives.verdicts": ["projects.verdict_panels.initiatives"],
    "charters.project": [
        "deployments.watch.panels.charter",
        "projects.panels.charter",
        "deployments.panels.charter",
    ],
    "projects.version": ["deployments.panels.versions"],
    "projects.tracking": ["reports.demo.runs_panel.making"],
    "projects.criteria": ["deployments.evaluation.panels.criteria"],
    "projects.overview": [
        "deployments.watch.panels.project",
        "deployments.panels.project",
        "reports.archive_panel.link",
    ],
    "deployments.notes": ["reports.demo.serving_panel.missing"],
    "desk.waits": [
        "reports.desk_assessments.waits",
        "reports.desk_roadmap.waits",
        "reports.desk_charters.waits",
        "reports.desk_keeping.waits",
        "reports.desk_work.waits",
        "reports.desk_deployments.waits",
        "reports.desk_alerts.waits",
    ],
    "desk.late": [
        "reports.desk_assessments.late",
        "reports.desk_roadmap.late",
        "reports.desk_charters.late",
        "reports.desk_keeping.late",
        "reports.desk_work.late",
    ],
    "desk.line": [
        "reports.desk_assessments.line",
        "reports.desk_roadmap.line",
        "reports.desk_charters.line",
        "reports.desk_projects.line",
        "reports.desk_deployments.line",
    ],
    "desk.stories": [
        "reports.desk_assessments.ROUNDS",
        "reports.desk_roadmap.PLANS",
        "reports.desk_charters.REVISIONS",
    ],
}
