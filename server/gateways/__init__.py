"""The outside world, a file for each part of it. Nobody else opens a connection to somewhere else."""
