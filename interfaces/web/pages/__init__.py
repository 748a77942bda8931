"""What each page shows: a function from an open published file and an address to a `Page`."""
