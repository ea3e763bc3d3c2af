"""What elman is measured against, each at its best."""
