"""Records to pictures; the only importers of matplotlib."""
