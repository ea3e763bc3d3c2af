"""A layered graph in columns -> SVG, PNG, DOT. Nothing here knows of recurrences."""
