"""What one does by hand: values, closed forms, memory, structure and starts of any recurrence."""
