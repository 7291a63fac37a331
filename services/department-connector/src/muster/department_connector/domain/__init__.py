"""Pure rules: verdicts, what may be revealed, the words of refusals."""
