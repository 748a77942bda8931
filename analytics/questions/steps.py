"""Steps by which a frame is narrowed down, each with who left at it and why.

What does not belong here: which steps there are (`analytics.questions.selection`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.engine.arrays import BoolArray


class Steps:
    """The frame while it is narrowed down, and the flow so far. Its columns are those of the frame given, not copies:
    a column is replaced, never written into."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.rows = frame.copy(deep=False)
        self.is_left: BoolArray = np.ones(len(frame), dtype=bool)
        self._left_at = np.full(len(frame), None, dtype=object)
        self.rows["left_at"] = self._left_at
        self.flow: list[tuple[str, int, int, str]] = [("patients of the cohorts", len(frame), 0, "")]

    def leave_out(self, step: str, reason: str, is_out: pd.Series) -> BoolArray:
        """Who leaves at this step, (n,)."""
        if is_out.dtype != bool:
            is_out = is_out.astype("boolean").fillna(False).astype(bool)
        out: BoolArray = is_out.to_numpy() & self.is_left
        self._left_at[out] = step
        self.is_left = self.is_left & ~out
        self.flow.append((step, int(self.is_left.sum()), int(out.sum()), reason))
        return out

    def told(self) -> pd.DataFrame:
        """The frame with ``left_at``."""
        self.rows["left_at"] = self._left_at
        return self.rows
