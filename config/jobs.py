"""Which function each job runs; actions know the names only."""

JOBS: dict[str, str] = {
    "charters.seal": "reports.sealing.seal",
    "demo.runs": "reports.demo.runs.build",
    "roadmap.plan": "roadmap.making.make_plan",
    "reports.archive": "reports.archiving.make",
    "reports.render": "reports.rendering.render",
}
