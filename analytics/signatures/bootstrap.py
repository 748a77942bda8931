"""Bootstrap intervals of signature exposures: the mutations of a sample are drawn again (multinomial).

What does NOT belong here: the refit itself (`signatures`), presence, association with outcome.

Source: Huang, Wojtowicz & Przytycka 2018 (bootstrap confidence of exposures), Senkin 2021.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analytics.errors import InvalidSettingError
from analytics.signatures.nnls import solve_nnls
from analytics.signatures.signatures import MAX_COSINE_LOSS, ExposureResult, SignatureSet, candidate_blocks
from analytics.signatures.spectra import Spectra

MIN_RESAMPLES = 200


def bootstrap_exposures(
    spectra: Spectra,
    signatures: SignatureSet,
    result: ExposureResult,
    *,
    candidates: Mapping[str, Sequence[str]] | None = None,
    group: pd.Series | None = None,
    n_bootstrap: int = 1000,
    seed: int = 1,
    confidence: float = 0.95,
    max_cosine_loss: float | None = MAX_COSINE_LOSS,
    threads: int | None = None,
) -> pd.DataFrame:
    """Percentile intervals for every refitted sample and every signature seen in it or its resamples.

    Pass the same signatures, candidates and loss as for `result`. Columns: sample_id, signature, exposure,
    fraction, exposure_ci_low, exposure_ci_high, fraction_ci_low, fraction_ci_high, share_present (share of
    resamples in which the signature is chosen; near 1 is stable). A sample's draws depend on the seed and on
    its own name only, not on the other samples.

    Raises InvalidSettingError (fewer than 200 resamples, bad level, another reference than the result's).
    """
    if n_bootstrap < MIN_RESAMPLES or not 0.0 < confidence < 1.0:
        raise InvalidSettingError(
            f"{n_bootstrap} resamples at level {confidence} give no interval: use {MIN_RESAMPLES} or more."
        )
    if signatures.sha256 != result.sha256:
        raise InvalidSettingError(
            "The exposures were fitted to other signatures: pass the same reference again."
        )
    fitted = result.samples.index[result.samples["is_refitted"]]
    profiles = signatures.profiles.to_numpy(dtype=np.float64)
    parts = []
    for rows, columns in candidate_blocks(fitted, signatures, candidates, group):
        for sample in fitted[rows]:
            counts = spectra.counts.loc[sample].to_numpy(dtype=np.float64)
            total = int(counts.sum())
            drawn = _stream(seed, str(sample)).multinomial(total, counts / total, size=n_bootstrap)
            exposures = solve_nnls(
                profiles[:, columns],
                drawn.astype(np.float64),
                threads=threads,
                max_cosine_loss=max_cosine_loss,
            )
            names = [signatures.names[column] for column in columns]
            parts.append(_summary(sample, names, result, exposures, confidence))
    columns_out = [
        "sample_id", "signature", "exposure", "fraction", "exposure_ci_low", "exposure_ci_high",
        "fraction_ci_low", "fraction_ci_high", "share_present",
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)[columns_out] if parts else pd.DataFrame(columns=columns_out)


def _stream(seed: int, sample: str) -> np.random.Generator:
    return np.random.default_rng([seed, *sample.encode()])


def _summary(
    sample: object, names: list[str], result: ExposureResult, exposures: np.ndarray, confidence: float
) -> pd.DataFrame:
    tail = (1.0 - confidence) / 2.0
    totals = exposures.sum(axis=1, keepdims=True)
    shares = np.divide(exposures, totals, out=np.zeros_like(exposures), where=totals > 0)
    low, high = np.quantile(exposures, [tail, 1.0 - tail], axis=0)
    share_low, share_high = np.quantile(shares, [tail, 1.0 - tail], axis=0)
    own = result.exposures.loc[[sample], names].iloc[0].to_numpy(dtype=np.float64)
    table = pd.DataFrame(
        {
            "sample_id": sample,
            "signature": names,
            "exposure": own,
            "fraction": own / own.sum() if own.sum() > 0 else own,
            "exposure_ci_low": low,
            "exposure_ci_high": high,
            "fraction_ci_low": share_low,
            "fraction_ci_high": share_high,
            "share_present": (exposures > 0).mean(axis=0),
        }
    )
    return table[(table["exposure"] > 0) | (table["share_present"] > 0)]
