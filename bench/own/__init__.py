"""Networks and data that the user brings: named by where they are, run by the worker alone."""
