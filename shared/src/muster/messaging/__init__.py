"""Facts between services: outbox and relay on one side, inbox on the other.

Exactly-once effect comes from the two tables, never from broker transactions: the outbox row is
written with the fact, the inbox row with its effect.
"""
