"""One paragraph for each estimator that a report uses, as the registry of estimators has it."""

from __future__ import annotations

from collections.abc import Iterable

from analytics.estimators import ESTIMATORS

BURDEN_NULL = (
    "Mutation burden as an explanation",
    "Beside each gene result stands the model adjusted for mutation burden with the gene's own mutations "
    "taken out, and in "
    "the scan a null distribution of carriers drawn with probability proportional to burden within cohort, "
    "cancer type and "
    "panel. The words on burden are those of docs/verdicts.md.",
)


def methods_of(estimators: Iterable[str], *, with_scan: bool) -> tuple[tuple[str, str], ...]:
    """(heading, paragraph) of every estimator, each once, in the order of the registry.

    Raises
    ------
    KeyError
        An estimator that the registry does not have.
    """
    used = {ESTIMATORS[name].key for name in estimators}
    found = {known.heading: known.methods for key, known in ESTIMATORS.items() if key in used}
    if with_scan:
        found[BURDEN_NULL[0]] = BURDEN_NULL[1]
    return tuple(found.items())
