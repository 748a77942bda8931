"""Checks that the UI shows: of sources, of claims and of the version in the making, and how they ended last."""
