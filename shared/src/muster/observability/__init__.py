"""What operators see of a running service: logs without people in them, traces, metrics."""
