"""GRAPHS -> KERNELS: a step graph becomes a loop program, and a loop program machine code."""
