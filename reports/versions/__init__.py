"""Releases of the frameworks, from duels: which made what slower, fatter or different."""
