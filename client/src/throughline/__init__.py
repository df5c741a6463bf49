"""From a training script to the criteria that were signed: a small companion to MLflow's client."""

from throughline._connection import ThroughlineError
from throughline._criteria import Criteria, Criterion, criteria
from throughline._reference import Reference, log_reference

__all__ = ["Criteria", "Criterion", "Reference", "ThroughlineError", "criteria", "log_reference"]
__version__ = "0.1.0"
