"""The command ``icb``."""
