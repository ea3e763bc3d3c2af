"""Data from files: fetched and checked (MNIST), or the user's own series and texts."""
