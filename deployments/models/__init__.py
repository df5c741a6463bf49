"""What is deployed where, by whom, and how it does."""

from deployments.models.asking import Batch
from deployments.models.live import Alert, Bucket, DriftReading, Feedback, ResourceUse, Sample
from deployments.models.registry import Change, Deployment, Environment, Reference, Waiver
from deployments.models.running import Build, Lease, Release, Replica
from deployments.models.verifying import Evaluation

__all__ = [
    "Alert",
    "Batch",
    "Bucket",
    "Build",
    "Change",
    "Deployment",
    "DriftReading",
    "Environment",
    "Evaluation",
    "Feedback",
    "Lease",
    "Reference",
    "Release",
    "Replica",
    "ResourceUse",
    "Sample",
    "Waiver",
]
