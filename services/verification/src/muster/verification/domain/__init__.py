"""Pure rules of review: standard library and muster.vocabulary only."""
