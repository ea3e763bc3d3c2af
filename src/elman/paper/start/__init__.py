"""Starts of parameters: schemes, saturation, derivatives over time, a verdict."""
