"""Published versions: each a folder that is complete before anybody can open it, and one switch between them."""
