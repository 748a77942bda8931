"""All pairs of a question: compared mutation by mutation, with their resistance events.

Belongs here: going over the pairs of a frame. One pair belongs to `compare` and `events`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import pandas as pd

from analytics.resistance.evidence.shelf import SampleShelf
from analytics.resistance.pairs.compare import PairComparison, PairSettings, compare_pair
from analytics.resistance.pairs.events import pair_events

_KEYS = ("cohort_id", "pair_id", "patient_id", "person_id")


@dataclass(frozen=True)
class ComparedPairs:
    """Results of all pairs.

    Attributes
    ----------
    pairs : the rows asked about with ``is_comparable``, ``is_headline``, ``n_shared``, ``first_peak``,
        ``second_peak`` and ``warnings``.
    mutations, events : rows of all pairs with the keys of the pair.
    """

    pairs: pd.DataFrame
    mutations: pd.DataFrame
    events: pd.DataFrame


def compare_pairs(
    pairs: pd.DataFrame,
    shelf: SampleShelf,
    gene_sets: Mapping[str, Sequence[str]],
    settings: PairSettings,
    headline_roles: Sequence[str],
) -> ComparedPairs:
    """Compare every row of `pairs` (cohort_id, pair_id, patient_id, person_id, first_sample_id, second_sample_id, role,
    first_order and months as in marts.sample_pairs).

    A patient has one headline pair: of those with a role in `headline_roles` the one that begins first and ends last
    (rows come in that order), so that nobody counts twice.
    """
    genes: dict[str, list[str]] = {}
    for name, members in gene_sets.items():
        for gene in members:
            genes.setdefault(gene, []).append(name)
    done, mutations, events = [], [], []
    for pair in pairs.to_dict("records"):
        first, second = (
            shelf.evidence(str(pair["cohort_id"]), str(pair[f"{which}_sample_id"]))
            for which in ("first", "second")
        )
        comparison = compare_pair(
            first.mutations, second.mutations, settings, first.published_purity, second.published_purity
        )
        keys = {k: pair[k] for k in _KEYS}
        done.append({str(k): v for k, v in pair.items()} | _summary(comparison))
        mutations.append(comparison.mutations.assign(**keys))
        samples = {k: pair[k] for k in ("role", "first_sample_id", "second_sample_id")}
        events += [
            keys | samples | {item.name: getattr(event, item.name) for item in fields(event)}
            for event in pair_events(comparison, first, second, genes)
        ]
    table = pd.DataFrame(done) if done else pairs.assign(**dict.fromkeys(_SUMMARY))
    table["is_headline"] = _headline(table, headline_roles)
    return ComparedPairs(
        table,
        pd.concat(mutations, ignore_index=True) if mutations else pd.DataFrame(columns=list(_NO_MUTATIONS)),
        pd.DataFrame(events) if events else pd.DataFrame(columns=list(_NO_EVENTS)),
    )


_SUMMARY = ("is_comparable", "n_shared", "first_peak", "second_peak", "purity_ratio", "warnings")
_NO_MUTATIONS = (*_KEYS, "is_nonsynonymous", "presence", "absent_in", "shift_word")
_NO_EVENTS = (*_KEYS, "hugo_symbol", "second_word", "timing", "confidence")


def _summary(comparison: PairComparison) -> dict[str, object]:
    return {
        "is_comparable": comparison.is_comparable,
        "n_shared": int((comparison.mutations["presence"] == "shared").sum()),
        "first_peak": comparison.first_peak.fraction if comparison.first_peak else None,
        "second_peak": comparison.second_peak.fraction if comparison.second_peak else None,
        "purity_ratio": comparison.purity_ratio,
        "warnings": comparison.warnings,
    }


def _headline(pairs: pd.DataFrame, roles: Sequence[str]) -> pd.Series:
    wanted = pairs["role"].isin(list(roles)).astype(bool)
    ranked = pairs[wanted]
    first = ranked[~ranked.duplicated(["cohort_id", "patient_id"])]
    return pd.Series(pairs.index.isin(first.index), index=pairs.index, dtype=bool)
