"""A cut-off of a score: the search, and p that pay for it."""
