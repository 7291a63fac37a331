"""What verification does with what it hears, and with what a reviewer decides.

Everything heard carries full state, so order, doubles and replays do not matter: of a person the
highest standing and the highest record version count; a version that is here already, reviewed or
not, stays as it is, and so does a department's first answer.
"""
