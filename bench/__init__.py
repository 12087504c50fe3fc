"""Experiments: what is run, where it runs, what happens inside."""
