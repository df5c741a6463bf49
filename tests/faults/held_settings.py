"""Settings under which there is a job that waits for a test."""

from config.settings import *  # noqa: F403

JOBS = {"held": "tests.faults.held.work"}
JOB_FUNCTIONS = "tests.faults.held_settings.JOBS"
