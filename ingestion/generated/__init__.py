"""Generated cohorts: raw files in the sources' own formats, with their quirks and with known effects.

`generate` writes a mirror folder that the ordinary road reads (``ICB_MIRROR=<folder>``); `Truth` says what was
planted. Nothing here is real data, and no real file was used to make it.
"""

from ingestion.generated.generate import DEFAULT_SEED, generate
from ingestion.generated.truth import Overlap, PatientTruth, PlantedRow, ResistanceTruth, Truth

__all__ = ["DEFAULT_SEED", "Overlap", "PatientTruth", "PlantedRow", "ResistanceTruth", "Truth", "generate"]
