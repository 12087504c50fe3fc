"""Two sets of records to verdicts: what improved, what regressed."""
