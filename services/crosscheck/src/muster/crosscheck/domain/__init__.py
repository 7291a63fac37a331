"""Rules and values of the cross-check."""
