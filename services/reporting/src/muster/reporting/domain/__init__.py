"""Pure rules of counting: standard library and muster.vocabulary only."""
