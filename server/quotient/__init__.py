"""The quotient familial: where it comes from, how long it holds, what it changes."""
