"""Experiments on the workers of a Dask cluster: other machines, or processes of this one."""
