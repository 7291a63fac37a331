"""Access's own tables, and every statement on them.

Access owns the truth about grants and keys, so it does not follow its own topics: whoever changes
a grant or a key writes ``known_grants`` or ``known_key`` in the same transaction. These two tables
are what its own routes verify tokens with, and what the relay reads to build the events.
"""
