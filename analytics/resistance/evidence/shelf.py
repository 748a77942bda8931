"""Evidence of many samples, made once each."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.resistance.evidence.samples import Place, SampleEvidence


class SampleShelf:
    """Evidence of samples by cohort and sample, made once each.

    Parameters
    ----------
    mutations, segments : rows of all samples with cohort_id and sample_id.
    purities : (cohort, sample) -> published purity from 0 to 1, where there is one.
    fractions : (cohort, sample) -> allele fractions of all calls, when `mutations` are only those of some genes.
    """

    def __init__(
        self,
        mutations: pd.DataFrame,
        segments: pd.DataFrame,
        purities: Mapping[tuple[str, str], float],
        places: Mapping[str, Place],
        fractions: Mapping[tuple[str, str], npt.NDArray[np.float64]] | None = None,
    ) -> None:
        keys = ["cohort_id", "sample_id"]
        self._mutations = {(str(c), str(s)): rows for (c, s), rows in mutations.groupby(keys, sort=False)}
        self._segments = {(str(c), str(s)): rows for (c, s), rows in segments.groupby(keys, sort=False)}
        self._nothing = (mutations.iloc[:0], segments.iloc[:0])
        self._purities, self._places, self._fractions = purities, places, fractions or {}
        self._made: dict[tuple[str, str], SampleEvidence] = {}

    def evidence(self, cohort_id: str, sample_id: str) -> SampleEvidence:
        """What is known of a sample; a sample without rows has no mutation and no segment."""
        key = (cohort_id, sample_id)
        if key not in self._made:
            self._made[key] = SampleEvidence(
                self._mutations.get(key, self._nothing[0]),
                self._segments.get(key, self._nothing[1]),
                self._places,
                self._purities.get(key),
                self._fractions.get(key),
            )
        return self._made[key]
