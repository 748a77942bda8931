"""Which cohort may be passed on is read from the words of its licence, and doubt holds it back."""

from __future__ import annotations

import pytest

from warehouse.release.licences import ReleaseError, gates


def leaves(licence: str, **included: str) -> bool:
    return gates({"one": licence}, included)[0].may_leave


@pytest.mark.parametrize(
    "licence",
    [
        "ODbL 1.0 (LICENSE inside)",
        "CC0-1.0 (SYNTHETIC)",
        "CC BY 4.0",
        "CC-BY-SA-4.0",
        "GDC open access (clinical resource, MC3); ODbL, TCGA (case lists); GPL-3 repository (spectra)",
        "GPL-2.0 repository (clinical table)",
    ],
)
def test_a_free_licence_of_every_part_lets_a_cohort_leave(licence: str) -> None:
    assert leaves(licence)


@pytest.mark.parametrize(
    "licence",
    [
        "CC BY-NC-ND 4.0 (MSK-CHORD)",
        "CC BY-NC 4.0",
        "CC BY-ND 4.0",
        "BSD-2 repository; COSMIC terms for the profiles (free for academic use)",
        "ODbL 1.0; non-commercial use only",
    ],
)
def test_terms_that_forbid_it_hold_a_cohort_back_whatever_a_person_says(licence: str) -> None:
    assert not leaves(licence)
    with pytest.raises(ReleaseError, match="forbids it"):
        gates({"one": licence}, {"one": "the authors agreed"})


@pytest.mark.parametrize(
    "licence",
    [
        "",
        "not stated",
        "published supplement, no licence stated by the repository; sample table ODbL 1.0",
        "published supplement, no licence stated by the repository; the article is CC BY 4.0",
        "Springer supplement, in a repository under Apache-2.0",
        "GPL-3.0 repository; tables of published studies",
        "ODbL 1.0 (LICENSE inside); response table published supplement, no licence stated by its repository",
        "see the paper",
    ],
)
def test_one_part_of_unknown_licence_holds_a_cohort_back_until_a_person_says_why_not(licence: str) -> None:
    assert not leaves(licence)
    assert leaves(licence, one="letter of the authors")


def test_who_is_included_must_be_there_and_have_a_reason() -> None:
    with pytest.raises(ReleaseError, match="no cohort or reference of this version is called 'two'"):
        gates({"one": "not stated"}, {"two": "a letter"})
    with pytest.raises(ReleaseError, match="nobody says why one may leave"):
        gates({"one": "not stated"}, {"one": " "})
