"""One gene against every other: crude 2 x 2 tables, and the same within bins of mutation burden.

The burden of a pair is the number of mutations in all other genes: those of both genes are taken out of everybody's
count, or each mutation would raise the burden that it is compared at. What is a mutation, and whose, is the caller's.

Sources: Mantel & Haenszel 1959; Robins, Breslow & Greenland 1986 (variance); Fisher 1935; Woolf 1955.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from analytics.engine.arrays import FloatArray, IntArray
from analytics.engine.distributions import chi_square_isf, chi_square_ppf
from analytics.engine.fisher import fisher_exact_p
from analytics.engine.multiplicity import benjamini_hochberg
from analytics.errors import EmptyGroupError, NoRowsError
from analytics.response.stratified_tables import mantel_haenszel

TOGETHER, APART = "together beyond burden", "apart beyond burden"
EXPLAINED, NOTHING, TOO_FEW = "not distinguishable from burden", "no association", "too few carriers"
SIGNIFICANT_Q = 0.05


@dataclass(frozen=True)
class BurdenBins:
    """Burden bins within strata. ``stratum`` [person]; ``cuts`` [stratum, cut] padded with inf; ``first`` [stratum] is
    the code of a stratum's lowest bin; ``n_bins`` in all."""

    stratum: IntArray
    cuts: FloatArray
    first: IntArray
    n_bins: int

    def codes(self, burden: FloatArray, people: IntArray) -> IntArray:
        """Bin of each of ``people`` at these burdens."""
        stratum = self.stratum[people]
        inside = (self.cuts[stratum] <= burden[:, None]).sum(axis=1)
        return np.asarray(self.first[stratum] + inside, dtype=np.int64)


def burden_bins(burden: FloatArray, stratum: IntArray, bins: int, widest: float) -> BurdenBins:
    """Bins of burden within each stratum: cut at its quantiles, and wherever a bin would span a factor over ``widest``.

    Quantiles alone leave the hypermutated in one bin whose burdens differ tenfold: in TCGA's tenths, 5,875 of 15,478
    genes were mutated with ALK "beyond burden". Bins of few people are no harm: Mantel-Haenszel's odds ratio is
    consistent in sparse strata (Robins, Breslow & Greenland 1986).
    """
    top = max(float(burden.max()), 1.0)
    steps = widest ** np.arange(0, np.ceil(np.log(top) / np.log(widest)) + 1)
    n_strata = int(stratum.max()) + 1
    found = []
    for code in range(n_strata):
        inside = burden[stratum == code]
        quantiles = np.quantile(inside, np.arange(1, bins) / bins) if bins > 1 else np.empty(0)
        cuts = np.unique(np.concatenate([quantiles, steps]))
        found.append(cuts[(cuts > inside.min()) & (cuts <= inside.max())])
    cuts_of = np.full((n_strata, max(1, max(len(own) for own in found))), np.inf)
    for code, own in enumerate(found):
        cuts_of[code, : len(own)] = own
    sizes = np.array([len(own) + 1 for own in found], dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    return BurdenBins(stratum, cuts_of, first, int(sizes.sum()))


def comutation_table(
    members: pd.DataFrame,
    calls: pd.DataFrame,
    coverage: Mapping[str, Set[str]],
    undetermined: Mapping[str, pd.Index],
    *,
    strata: tuple[str, ...],
    bins: int,
    widest_bin: float,
    min_carriers: int,
) -> pd.DataFrame:
    """Every other gene against ``in_group``; columns as ``stats.comutation_results`` from ``other_gene`` on.

    Parameters
    ----------
    members : people with ``in_group``, ``n_nonsynonymous``, ``n_mutations`` (the gene's own), ``panel_id`` and the
        columns of ``strata``.
    calls : one row a member and other gene with a non-synonymous call: ``member`` (label), ``gene``, ``n_calls``.
    coverage : panel -> genes it covers; people on a panel that does not cover a gene are not in its table.
    undetermined : other gene -> members (labels) of whom a row that could be the gene is not understood; without a call
        of it they are not in its table either.

    Raises
    ------
    NoRowsError
        Nobody has a burden.
    EmptyGroupError
        Nobody, or everybody, is mutated.
    """
    people = members[members["n_nonsynonymous"].notna()]
    if people.empty:
        raise NoRowsError("Nobody has a count of mutations: there is no burden to compare within.")
    mutated = people["in_group"].to_numpy(dtype=bool)
    if mutated.all() or not mutated.any():
        raise EmptyGroupError("Everybody or nobody is mutated: no gene can be mutated together with it.")
    burden = np.asarray(people["n_nonsynonymous"] - people["n_mutations"].fillna(0), dtype=np.float64)
    keys = people[list(strata)].astype("string").fillna("unknown").agg("|".join, axis=1)
    stratum = np.asarray(pd.factorize(keys)[0], dtype=np.int64)
    audit = _Audit(mutated, burden, burden_bins(burden, stratum, bins, widest_bin))
    panels = people["panel_id"].astype("object").to_numpy()
    place = pd.Series(np.arange(len(people)), index=people.index)
    of_members = calls[calls["member"].isin(people.index)].sort_values(["gene", "member"], kind="stable")
    carriers = place.reindex(of_members["member"]).to_numpy(dtype=np.int64)
    n_calls = of_members["n_calls"].to_numpy(dtype=np.float64)
    names, start = np.unique(of_members["gene"].to_numpy(dtype=str), return_index=True)
    ends = [*start[1:], len(of_members)]
    rows = []
    for gene, begin, end in zip(names, start, ends, strict=True):
        covering = frozenset(panel for panel, genes in coverage.items() if gene in genes)
        doubtful = (
            place.reindex(undetermined.get(str(gene), people.index[:0])).dropna().to_numpy(dtype=np.int64)
        )
        out = np.setdiff1d(doubtful, carriers[begin:end])
        found = audit.row(covering, panels, out, carriers[begin:end], n_calls[begin:end], min_carriers)
        rows.append({"other_gene": str(gene), **found})
    return _with_q(pd.DataFrame(rows, columns=None if rows else ["other_gene", "verdict"]))


class _Audit:
    """Tables of one gene against others; what does not depend on the other gene is kept by coverage."""

    def __init__(self, mutated: npt.NDArray[np.bool_], burden: FloatArray, bins: BurdenBins) -> None:
        self.mutated, self.burden, self.bins = mutated, burden, bins
        self.code = bins.codes(burden, np.arange(len(burden)))
        self._covered: dict[frozenset[str], tuple[npt.NDArray[np.bool_], FloatArray, FloatArray]] = {}

    def _base(
        self, covering: frozenset[str], panels: npt.NDArray[np.object_]
    ) -> tuple[npt.NDArray[np.bool_], FloatArray, FloatArray]:
        if covering not in self._covered:
            inside = np.isin(panels, list(covering))
            self._covered[covering] = (
                inside,
                self._count(self.code[inside]),
                self._count(self.code[inside & self.mutated]),
            )
        return self._covered[covering]

    def _count(self, codes: IntArray) -> FloatArray:
        return np.bincount(codes, minlength=self.bins.n_bins).astype(np.float64)

    def row(
        self,
        covering: frozenset[str],
        panels: npt.NDArray[np.object_],
        out: IntArray,
        carriers: IntArray,
        n_calls: FloatArray,
        min_carriers: int,
    ) -> dict[str, object]:
        """``out`` : people who cannot be judged for the other gene."""
        inside, n, n_gene = self._base(covering, panels)
        out = out[inside[out]]
        if len(out):
            inside = inside.copy()
            inside[out] = False
            n = n - self._count(self.code[out])
            n_gene = n_gene - self._count(self.code[out[self.mutated[out]]])
        kept = inside[carriers]
        carriers, n_calls = carriers[kept], n_calls[kept]
        both = self.mutated[carriers]
        total, of_gene = int(inside.sum()), int((inside & self.mutated).sum())
        found: dict[str, object] = {
            "n": total, "n_gene": of_gene, "n_other": len(carriers), "n_both": int(both.sum()),
            "expected_both": of_gene * len(carriers) / total if total else None,
        }  # fmt: skip
        if len(carriers) < min_carriers or of_gene == 0 or len(carriers) == total:
            return found | {"verdict": TOO_FEW}
        # Their own mutations of the other gene are taken out of the carriers' burden: they may change bins.
        before, after = self.code[carriers], self.bins.codes(self.burden[carriers] - n_calls, carriers)
        n = n - self._count(before) + self._count(after)
        n_gene = n_gene - self._count(before[both]) + self._count(after[both])
        within = mantel_haenszel(self._count(after[both]), n_gene, self._count(after), n)
        return found | {
            **_crude(int(both.sum()), of_gene, len(carriers), total),
            "expected_both_within": within.expected,
            "mh_odds_ratio": within.odds_ratio if np.isfinite(within.odds_ratio) else float("nan"),
            "mh_ci_low": within.ci_low,
            "mh_ci_high": within.ci_high,
            "mh_p": within.p,
            "n_informative": within.n_informative,
        }


def _crude(both: int, of_gene: int, of_other: int, total: int) -> dict[str, float]:
    """Crude odds ratio with Woolf's interval; NaN where a cell is empty."""
    b, c = of_gene - both, of_other - both
    d = total - of_gene - of_other + both
    if min(both, b, c, d) == 0:
        nan = float("nan")
        return {"odds_ratio": nan, "odds_ratio_ci_low": nan, "odds_ratio_ci_high": nan}
    ratio = both * d / (b * c)
    half = float(-special.ndtri(0.025)) * float(np.sqrt(1 / both + 1 / b + 1 / c + 1 / d))
    return {
        "odds_ratio": ratio,
        "odds_ratio_ci_low": ratio * float(np.exp(-half)),
        "odds_ratio_ci_high": ratio * float(np.exp(half)),
    }


def inflation(table: pd.DataFrame) -> float:
    """Median of the Cochran-Mantel-Haenszel statistics over that of chi-squared: 1 where burden is held, more where
    some of it is left. Devlin & Roeder 1999. NaN without a test."""
    p = table["mh_p"].dropna().to_numpy(dtype=np.float64)
    return float(np.median(chi_square_isf(p, 1)) / chi_square_ppf(0.5, 1)) if len(p) else float("nan")


def _with_q(table: pd.DataFrame) -> pd.DataFrame:
    """Fisher's p, q over the genes tested, and the verdict in fixed words."""
    columns = (
        "other_gene", "n", "n_gene", "n_other", "n_both", "expected_both", "odds_ratio", "odds_ratio_ci_low",
        "odds_ratio_ci_high", "fisher_p", "fisher_q", "expected_both_within", "mh_odds_ratio", "mh_ci_low",
        "mh_ci_high", "mh_p", "mh_q", "n_informative", "verdict",
    )  # fmt: skip
    table = table.reindex(columns=list(columns))
    tested = (table["verdict"] != TOO_FEW).to_numpy()
    numbers = {
        name: table.loc[tested, name].to_numpy(np.int64) for name in ("n_other", "n_both", "n", "n_gene")
    }
    table["fisher_p"] = np.nan
    if tested.any():
        table.loc[tested, "fisher_p"] = fisher_exact_p(
            numbers["n_other"], numbers["n_both"], numbers["n"], numbers["n_gene"]
        )
    table["fisher_q"] = benjamini_hochberg(table["fisher_p"].to_numpy(dtype=np.float64))
    table["mh_q"] = benjamini_hochberg(table["mh_p"].to_numpy(dtype=np.float64))
    beyond, above = table["mh_q"] < SIGNIFICANT_Q, table["n_both"] > table["expected_both_within"]
    words = np.select(
        [~tested, beyond & above, beyond, table["fisher_q"] < SIGNIFICANT_Q],
        [TOO_FEW, TOGETHER, APART, EXPLAINED],
        NOTHING,
    )
    table["verdict"] = words
    return table.sort_values(["mh_p", "fisher_p", "other_gene"], ignore_index=True)
