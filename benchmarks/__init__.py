"""Speed, measured beside an anchor in the same run. `make bench` runs all and writes benchmarks/results.md."""
