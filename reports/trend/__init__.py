"""Runs over commits or versions: what changed where."""
