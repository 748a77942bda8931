"""Small inputs for the tests of the resistance room."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def call(key: str, alt: float | None, depth: float | None, **more: Any) -> dict[str, Any]:
    """One mutation row."""
    fraction = alt / depth if alt is not None and depth else None
    return {
        "variant_key": key, "hugo_symbol": "TTN", "variant_classification": "Missense_Mutation",
        "hgvsp_short": f"p.{key}", "is_nonsynonymous": True, "is_truncating": False, "t_alt_count": alt,
        "t_depth": depth, "variant_allele_fraction": fraction, "source_file_id": "f", "source_row": 1, **more,
    }  # fmt: skip


def calls(*rows: dict[str, Any]) -> pd.DataFrame:
    """The mutations of a sample."""
    return pd.DataFrame(list(rows) or [call("x", 1, 2)]).iloc[: len(rows)]


def tumour(seed: int, n: int, purity: float, depth: int, prefix: str = "c") -> list[dict[str, Any]]:
    """Clonal heterozygous mutations of a sample: reads drawn at half the purity."""
    rng = np.random.default_rng(seed)
    depths = np.maximum(rng.poisson(depth, n), 4)
    alts = np.maximum(rng.binomial(depths, purity / 2), 1)
    return [call(f"{prefix}{i}", int(a), int(d)) for i, (a, d) in enumerate(zip(alts, depths, strict=True))]


def no_segments() -> pd.DataFrame:
    """Copy number was not measured."""
    return pd.DataFrame(columns=["chromosome", "start_position", "end_position", "log2_ratio"])


def segment(log2_ratio: float, length: int = 5_000_000) -> pd.DataFrame:
    """One segment over position 1,000 of chromosome 1."""
    return pd.DataFrame(
        {"chromosome": ["1"], "start_position": [1], "end_position": [length], "log2_ratio": [log2_ratio]}
    )
