"""Resistance after a response: the declared rule, and its rates over patients."""
