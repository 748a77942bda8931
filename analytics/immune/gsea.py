"""Preranked gene-set enrichment (Subramanian et al. 2005) through gseapy, with what its plots need.

`rank_genes` makes a ranking from two groups, `preranked_gsea` tests gene sets against it.
What does NOT belong here: single-sample scores (`ssgsea`) and drawing (`figures`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.engine.arrays import FloatArray
from analytics.errors import (
    InvalidColumnError,
    InvalidSettingError,
    NoRowsError,
)
from analytics.immune.gene_sets import GeneSet

COLUMNS: Final = (
    "gene_set", "sha256", "n_genes", "n_found", "es", "nes", "p", "is_p_at_floor", "fdr_q", "fwer_p",
    "leading_edge", "reason",
)  # fmt: skip


@dataclass(frozen=True)
class RunningScore:
    """The running sum of one set over the ranking: `score` [gene] and `hits`, positions of its genes."""

    gene_set: str
    score: FloatArray
    hits: npt.NDArray[np.int64]
    es: float
    nes: float
    p: float
    fdr_q: float


@dataclass(frozen=True)
class PrerankedResult:
    """One row per set in `table` (columns COLUMNS), the ranking used, and the settings that decide the p.

    `p` is never 0: with B permutations it is at least 1 / B, and `is_p_at_floor` says where that happened.
    """

    table: pd.DataFrame
    ranking: pd.Series
    running: dict[str, RunningScore]
    permutations: int
    seed: int
    weight: float
    warnings: tuple[str, ...]


def preranked_gsea(
    ranking: pd.Series,
    gene_sets: Sequence[GeneSet],
    *,
    permutations: int = 1000,
    seed: int = 20220101,
    min_size: int = 15,
    max_size: int = 500,
    weight: float = 1.0,
    threads: int = 1,
) -> PrerankedResult:
    """Test every set against a ranking (gene symbol -> metric) by permuting gene labels.

    A set with fewer than `min_size` or more than `max_size` genes in the ranking is a row with a reason.
    The FDR runs over the sets tested in this call. The same seed gives the same p.

    Raises NoRowsError (empty ranking or no set), InvalidColumnError (repeated gene, missing metric),
    InvalidSettingError (fewer than 100 permutations).
    """
    ordered = _checked_ranking(ranking, gene_sets, permutations)
    here = set(ordered.index)
    found = {s.name: [gene for gene in s.genes if gene in here] for s in gene_sets}
    kept = {name: genes for name, genes in found.items() if min_size <= len(genes) <= max_size}
    raw: dict[str, dict[str, Any]] = {}
    if kept:
        import gseapy  # with pyplot more than a second, which who enriches nothing need not wait for

        with _quiet_library():
            fit = gseapy.prerank(
                rnk=ordered,
                gene_sets=kept,
                min_size=min_size,
                max_size=max_size,
                permutation_num=permutations,
                weight=weight,
                seed=seed,
                threads=threads,
                outdir=None,
                no_plot=True,
                verbose=False,
            )
        raw = fit.results
        # gseapy orders ties its own way; hits and running sums refer to its order.
        ordered = fit.ranking.rename(ordered.name)
    rows = [_row(s, found[s.name], raw.get(s.name), permutations, (min_size, max_size)) for s in gene_sets]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    untested = table[table["reason"].notna()]
    return PrerankedResult(
        table=table,
        ranking=ordered,
        running={name: _running(name, item, permutations) for name, item in raw.items()},
        permutations=permutations,
        seed=seed,
        weight=weight,
        warnings=(
            *(f"{a}: {b}" for a, b in zip(untested["gene_set"], untested["reason"], strict=True)),
            *_tie_words(ordered),
        ),
    )


@contextmanager
def _quiet_library() -> Iterator[None]:
    """gseapy writes its warning of ties to the terminal; here it is a sentence of the answer."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def _tie_words(ranking: pd.Series) -> tuple[str, ...]:
    share = float(ranking.duplicated(keep=False).mean())
    if share == 0.0:
        return ()
    return (f"{share:.1%} of the genes share their metric with another: the order among them is arbitrary.",)


def _checked_ranking(ranking: pd.Series, gene_sets: Sequence[GeneSet], permutations: int) -> pd.Series:
    if ranking.empty or not gene_sets:
        raise NoRowsError("Preranked GSEA needs a ranking and at least one gene set: one of them is empty.")
    if permutations < 100:
        raise InvalidSettingError(f"{permutations} permutations cannot show p below 0.01: use 1000 or more.")
    if ranking.index.has_duplicates:
        again = ranking.index[ranking.index.duplicated()][0]
        raise InvalidColumnError(f"The gene '{again}' is in the ranking twice: keep one value per gene.")
    if not np.isfinite(ranking.to_numpy(dtype=np.float64)).all():
        raise InvalidColumnError("The ranking has a missing or infinite metric: drop those genes first.")
    return ranking.astype(np.float64).sort_values(ascending=False, kind="stable")


def _row(
    gene_set: GeneSet,
    found: Sequence[str],
    item: dict[str, Any] | None,
    permutations: int,
    limits: tuple[int, int],
) -> dict[str, object]:
    row: dict[str, object] = {
        "gene_set": gene_set.name,
        "sha256": gene_set.sha256,
        "n_genes": len(gene_set.genes),
        "n_found": len(found),
        "is_p_at_floor": False,
        **dict.fromkeys(("es", "nes", "p", "fdr_q", "fwer_p"), float("nan")),
        "leading_edge": "",
        "reason": None,
    }
    if item is None:
        row["reason"] = f"{len(found)} of its genes are in the ranking, {limits[0]} to {limits[1]} are needed"
        return row
    p = float(item["pval"])
    row.update(
        es=float(item["es"]),
        nes=float(item["nes"]),
        p=max(p, 1.0 / permutations),
        is_p_at_floor=p < 1.0 / permutations,
        fdr_q=float(item["fdr"]),
        fwer_p=float(item["fwerp"]),
        leading_edge=",".join(str(item["lead_genes"]).split(";")),
    )
    return row


def _running(name: str, item: dict[str, Any], permutations: int) -> RunningScore:
    return RunningScore(
        gene_set=name,
        score=np.asarray(item["RES"], dtype=np.float64),
        hits=np.asarray(item["hits"], dtype=np.int64),
        es=float(item["es"]),
        nes=float(item["nes"]),
        p=max(float(item["pval"]), 1.0 / permutations),
        fdr_q=float(item["fdr"]),
    )
