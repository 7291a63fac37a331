"""The encrypted spool of an edge: what it must publish, kept until the reader has taken it."""
