"""What a lab found, as one page that opens offline and one table."""
