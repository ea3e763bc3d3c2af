"""What the backward pass must find stored, counted and as a formula."""
