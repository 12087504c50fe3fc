"""The data: public files to arrays, and synthetic data for machines without them."""
