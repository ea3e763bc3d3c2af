"""Peers side by side: a red correctness gate stops the clock."""
