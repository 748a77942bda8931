"""Chapters of a report: each makes its blocks from the tables of the run."""
