"""Tables of one kind each (clinical, mutations, panels, ...) to rows of the raw tables."""
