"""Pure rules of capture: standard library and muster.vocabulary only."""
