"""Words and values that every part of Muster shares. Standard library only."""
