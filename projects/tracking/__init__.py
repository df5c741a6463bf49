"""Hosted tracking: MLflow behind a gate of our own. Only `server` imports MLflow."""
