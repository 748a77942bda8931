"""What of a catalogue is private: cohorts that are in no version unless they are asked for by name, and files that
belong into a store of their own.
"""

from __future__ import annotations

from collections.abc import Collection

from ingestion.catalog.cohorts import Catalog, Cohort, LeftOutCohort
from ingestion.errors import CatalogError

#: Why a private cohort is left out; nothing is wrong with it.
NOT_ASKED_FOR = "it is private, and was not asked for by name (icb run --private)."


def without_private(catalog: Catalog, asked: Collection[str], named: Collection[str]) -> Catalog:
    """The catalogue without the private cohorts that nobody asked for.

    Parameters
    ----------
    asked : private cohorts that may come along, by name.
    named : cohorts that analyses and scans name; of the private ones among them ``left_out`` has a sentence. Of the
        others a version does not even have the name.

    Raises
    ------
    CatalogError
        A name that is asked for is not that of a private cohort.
    """
    private = [cohort.cohort_id for cohort in catalog.cohorts if cohort.private]
    unknown = sorted(set(asked) - set(private))
    if unknown:
        raise CatalogError(
            f"'{unknown[0]}' is not a private cohort of the catalogue",
            where="--private or ICB_PRIVATE_COHORTS",
            remedy=f"the private cohorts are {', '.join(private) or 'none'}",
        )
    away = [name for name in private if name not in asked]
    kept = tuple(cohort for cohort in catalog.cohorts if cohort.cohort_id not in away)
    said = tuple(LeftOutCohort(cohort_id=name, sentence=NOT_ASKED_FOR) for name in away if name in named)
    if not kept:
        raise CatalogError(
            f"every cohort of the catalogue is private: {', '.join(away)}", remedy="name one with --private"
        )
    return catalog.model_copy(update={"cohorts": kept, "left_out": (*catalog.left_out, *said)})


def is_not_asked_for(left_out: LeftOutCohort) -> bool:
    """Whether a cohort was left out because nobody asked for it, and not because of a fault."""
    return left_out.sentence == NOT_ASKED_FOR


def private_addresses(catalog: Catalog) -> frozenset[str]:
    """Addresses of files with private values; a file is private as soon as one entry that reads it is."""
    return frozenset(
        address
        for owner in catalog.owners()
        for file in owner.files
        if file.holds_private or (isinstance(owner, Cohort) and owner.private)
        for address in file.addresses()
    )
