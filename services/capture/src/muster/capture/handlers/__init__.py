"""One module per command or event: load, decide by domain, store; none commits but where said."""
