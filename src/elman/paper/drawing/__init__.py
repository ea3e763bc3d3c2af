"""How an unrolled graph becomes a picture: boxes, lanes, labels, marks."""
