"""Releases of the frameworks, from duels: which made something slower, larger or different."""
