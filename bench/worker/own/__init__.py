"""Networks and data of the user's own: their code is imported and called here, and nowhere else."""
