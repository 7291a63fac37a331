"""The connector's own tables beside the spool, in the same encrypted file."""
