"""Expression at two times in the same patients: features and their paired change."""
