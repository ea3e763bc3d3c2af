"""The labs by name: one file each, and `elman.lab.named.registry` that lists them."""
