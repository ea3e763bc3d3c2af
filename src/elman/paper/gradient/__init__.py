"""Gradients through time in closed form, and the general equations of BPTT."""
