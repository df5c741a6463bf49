"""Which function each job runs; actions know the names only."""

JOBS: dict[str, str] = {
    "charters.seal": "reports.sealing.seal",
    "demo.runs": "reports.demo.runs.build",
    "deployments.evaluate": "deployments.evaluation.running.evaluate",
    "roadmap.plan": "roadmap.making.make_plan",
    "deployments.batch": "deployments.use.batches.run",
    "reports.archive": "reports.archiving.make",
    "reports.render": "reports.rendering.render",
}
