"""The exam: benchmarks, datasets, scorers, and the gate no prompt passes unmeasured."""
