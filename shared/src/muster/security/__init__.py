"""Keys, sealing, digests, blinds, packets, tokens, grants and the audit trail.

Formats written here are final: `shared/tests/security` holds golden vectors of each. Nothing in
this package logs, and no error it raises carries content, key material or a personal value.
"""
