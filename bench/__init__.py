"""Benchmarks: ratios taken in one run, printed as JSON lines. `python -m bench` runs all, `python -m bench NAME...` some."""
