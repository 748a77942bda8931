"""The explorer: the published file in a browser of the same machine."""
