"""Documents made from the published file, and pages of the docs that are."""
