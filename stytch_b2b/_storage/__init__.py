"""Where a client keeps its state between two runs of a program."""
