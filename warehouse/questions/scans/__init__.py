"""Scans of all genes: those of the catalogue, those that somebody asks, and a gene's row in one."""
