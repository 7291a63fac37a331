"""What the command does beside the handlers: enrol, compose and run, tell how it stands."""
