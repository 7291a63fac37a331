"""Commands of access: load, decide by the rules, store. They never commit."""
