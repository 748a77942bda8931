"""The list of cohorts, and the page of one."""

from __future__ import annotations

from interfaces.web.page import Asked, Elsewhere, Page
from warehouse.browsing.cohorts import cohort_facts, cohort_listings, cohorts


def cohort_list(asked: Asked) -> Page | Elsewhere:
    """Every cohort, or those with a cancer type."""
    found = cohorts(asked.con, asked.one("cancer_type"))
    return Page(found.title, listings=(found,))


def cohort(asked: Asked) -> Page | Elsewhere:
    """A cohort with its receipt."""
    name = asked.part("cohort")
    listings = cohort_listings(asked.con, name, asked.page)
    facts = cohort_facts(asked.con, name)
    title = str(facts.pop("title", name))
    return Page(
        title,
        (name,),
        facts=tuple((k, v) for k, v in facts.items() if v not in (None, "", []) and k != "cohort_id"),
        listings=listings,
    )
