"""The figures of a scan."""
