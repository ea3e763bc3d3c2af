"""A recurrence as plain source for numpy or torch."""
