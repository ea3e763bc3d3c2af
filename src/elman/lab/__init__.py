"""Many training runs: a grid of them, a process pool, a store, and the labs by name."""
