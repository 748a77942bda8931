"""What differs between two published files."""
