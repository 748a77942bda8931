"""Curves and tests without a model: Kaplan-Meier, log-rank, its permutation, restricted means."""
