"""The study that the suite replicates: its numbers and claims, and what our records say."""
