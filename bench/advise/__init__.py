"""``python -m bench advise``: which backend and settings for a network, measured in minutes."""
