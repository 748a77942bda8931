"""Estimates of one question, asked beside the registered analyses and made by the same functions."""
