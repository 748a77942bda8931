"""One search over all that has a page: genes and their aliases, gene sets, cohorts, cancer types, claims, scans."""

from __future__ import annotations

import duckdb

from analytics.biomarkers.errors import near_names
from warehouse.browsing.listing import Listing, listing
from warehouse.versions.layout import version_of
from warehouse.versions.manifest import smallest_cell

#: Hits that are shown.
MOST = 60

_NAMED = """
with named as (
    select
        'gene' as kind, hugo_symbol as name, gene_name as word,
        case when gene_name = hugo_symbol then 'gene' else 'another name is ' || gene_name end as said
    from marts.gene_names
    union all
    select distinct 'gene set', gene_set_id, gene_set_id, title || ', ' || n_genes || ' genes' from marts.gene_sets
    union all
    select distinct 'gene set', gene_set_id, title, title || ', ' || n_genes || ' genes' from marts.gene_sets
    union all
    select 'cohort', cohort_id, cohort_id, title from marts.cohorts
    union all
    select 'cohort', cohort_id, title, title from marts.cohorts
    union all
    select 'cancer type', cancer_type, cancer_type,
        case when count(*) < $least then '<' || $least else cast(count(*) as varchar) end || ' patients'
    from marts.patients
    where cancer_type is not null group by cancer_type
    union all
    select 'claim', claim_id, claim_id, description || ': ' || printed_text from marts.published_claims
    union all
    select 'claim', claim_id, description, description || ': ' || printed_text from marts.published_claims
    union all
    select 'scan', scan_id, scan_id, title from stats.scan_specs
    union all
    select 'scan', scan_id, title, title from stats.scan_specs
)
"""

_FOUND = (
    _NAMED
    + """,
ranked as (
    select
        kind, name, said,
        case when lower(word) = lower($words) then 1 when starts_with(lower(word), lower($words)) then 2 else 3 end
            as distance
    from named
    where contains(lower(word), lower($words))
),
best as (
    select kind, name, min(distance) as distance, min_by(said, distance) as said from ranked group by kind, name
)
select kind, name, said from best order by distance, length(name), kind, name limit $most
"""
)


def search(con: duckdb.DuckDBPyConnection, words: str) -> Listing:
    """What has a name with these words in it, the nearest first; where nothing has, names that look like it."""
    asked, least = words.strip(), smallest_cell(version_of(con))
    found = listing(
        con, "found", f"Found for '{asked}'", _FOUND, {"words": asked, "most": MOST, "least": least}
    )
    if found.rows or not asked:
        return found
    known = [
        str(row[0])
        for row in con.execute(_NAMED + "select distinct word from named", {"least": least}).fetchall()
    ]
    near = near_names(asked, known)
    note = f"Nothing is called that. Near it: {', '.join(near)}." if near else "Nothing is called that."
    return Listing(found.name, found.title, found.columns, (), note=note)
