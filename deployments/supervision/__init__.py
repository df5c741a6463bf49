"""What the supervisor does, part by part; deployments/supervisor.py puts it together."""
