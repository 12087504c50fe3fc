"""The interactive application: choose, train, test and compare in a browser."""
