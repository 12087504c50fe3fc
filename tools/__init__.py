"""Programs that measure the suite itself; no tests."""
