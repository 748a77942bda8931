"""``icb cohort``: add, check, list, receipt."""
