"""What the published file says about itself: its keys, references, units, nulls, traps and queries."""
