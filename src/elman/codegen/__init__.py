"""GRAPHS -> KERNELS: schedule, loop program and back ends."""
