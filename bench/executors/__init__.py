"""Where an experiment runs: a process of this machine, or a cluster's worker."""
