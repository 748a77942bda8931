"""Two samples of one patient: what they share, what was lost in between, and statistics of pairs."""
