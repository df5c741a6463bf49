"""What can be done to environments, deployments and their releases."""
