"""Worksheets for teachers: exercises on a recurrence, every solution computed from it."""
