"""Pure rules of access: what a name, a code, a lock and an area may be."""
