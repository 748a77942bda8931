"""Names of generated files that are known before, and without, what generates them."""

from __future__ import annotations

#: Reference genome of the generated cohorts, below their folder.
GENOME_FILE = "genome_SYNTHETIC.fa"
