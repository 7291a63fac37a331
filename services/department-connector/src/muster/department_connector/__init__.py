"""The edge at a department: answers from its own data."""
