"""Bytes in: addresses, downloads, mirrors, archives, the store and the lock of what was read."""
