"""Benchmarks: each module measures one thing as a ratio to a baseline beside it. `python -m bench NAME` runs one."""
