"""The private build: which step of it is done, and whether all of it belongs together."""
