"""Every value by hand: each operation at each step, rounded or not, checked."""
