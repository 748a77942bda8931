"""From tables of the warehouse to the frames that ``analytics`` takes."""
