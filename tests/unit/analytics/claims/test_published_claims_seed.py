"""The seed holds what the four papers print, and nothing that a run has to earn."""

import re

import pandas as pd
import pytest

from analytics.claims.model import (
    VERDICTS,
    ClaimDataError,
    PublishedClaim,
    claims_from_frame,
    relations_from_frame,
)
from analytics.claims.rounding import plain

ROWS_WITHOUT_A_PRINT = {"D1", "D3", "D4", "D5"}  # demands and questions of the commentary


def printed_forms(value: float, decimals: int) -> set[str]:
    """0.80 may be printed as 0.80 or .80, 1406 as 1406 or 1,406."""
    fixed = f"{value:.{decimals}f}"
    return {fixed, plain(value, decimals), fixed.removeprefix("0") if decimals else fixed}


def test_every_row_of_the_papers_has_claims_and_those_that_print_nothing_point_to_the_answer(
    published: tuple[PublishedClaim, ...],
) -> None:
    rows = {
        f"{paper}{i}"
        for paper, last in (("A", 13), ("B", 5), ("C", 17), ("D", 5))
        for i in range(1, last + 1)
    }
    assert {claim.row_id for claim in published} == rows
    asked = [claim for claim in published if claim.row_id in ROWS_WITHOUT_A_PRINT]
    assert {claim.quantity for claim in asked} == {"not_transcribed"} and len(asked) == len(
        ROWS_WITHOUT_A_PRINT
    )


def test_every_value_with_its_decimals_stands_in_the_printed_text(
    published: tuple[PublishedClaim, ...],
) -> None:
    in_words = {"A1.n_cohorts": "seven"}
    for claim in published:
        values = [
            (claim.estimate, claim.estimate_decimals),
            (claim.ci_low, claim.ci_decimals),
            (claim.ci_high, claim.ci_decimals),
            (claim.p_value, claim.p_decimals),
        ]
        for value, decimals in values:
            if value is not None and claim.claim_id not in in_words:
                assert any(form in claim.printed_text for form in printed_forms(value, decimals)), (
                    claim.claim_id
                )


def test_a_claim_id_starts_with_its_row(published: tuple[PublishedClaim, ...]) -> None:
    assert all(claim.claim_id.startswith(f"{claim.row_id}.") for claim in published)


def test_estimate_keys_follow_one_grammar(published: tuple[PublishedClaim, ...]) -> None:
    for claim in published:
        for key in (claim.estimate_key, *([claim.p_estimate_key] if claim.p_estimate_key else [])):
            # words by dots; a gene's symbol is a word; a change over time is that of one cohort
            assert re.fullmatch(r"[a-z0-9_]+(\.([a-z0-9_]+|[A-Z][A-Z0-9]+)){0,5}(@[a-z0-9_]+)?", key), (
                claim.claim_id
            )


def test_no_two_claims_of_an_analysis_ask_for_the_same_number(published: tuple[PublishedClaim, ...]) -> None:
    keys = [(claim.analysis_id, claim.estimate_key) for claim in published]
    assert len(keys) == len(set(keys))


def test_a_verdict_is_never_stored(claims_frame: pd.DataFrame) -> None:
    assert "verdict" not in claims_frame.columns
    assert not claims_frame.isin(VERDICTS).to_numpy().any()


def test_trailing_zeros_are_kept_as_printed(published: tuple[PublishedClaim, ...]) -> None:
    by_id = {claim.claim_id: claim for claim in published}
    assert by_id["A6.os_median_wild_type"].estimate_decimals == 1
    assert by_id["C13.sbs86_os_hr"].ci_decimals == 2
    assert by_id["C12.sbs30_p"].p_decimals == 2


@pytest.mark.parametrize(
    ("row", "claims"),
    [
        ("C1", 18),
        ("C2", 10),
        ("C3", 13),
        ("C4", 4),
        ("C8", 13),
        ("C9", 8),
        ("C10", 4),
        ("C12", 18),
        ("C13", 6),
    ],
)
def test_the_tables_are_complete(published: tuple[PublishedClaim, ...], row: str, claims: int) -> None:
    assert sum(claim.row_id == row for claim in published) == claims


def test_relations_and_requirements_name_existing_claims_and_rows(
    published: tuple[PublishedClaim, ...], relations_frame: pd.DataFrame, requirements_frame: pd.DataFrame
) -> None:
    ids, rows = {claim.claim_id for claim in published}, {claim.row_id for claim in published}
    assert set(relations_frame["subject_claim_id"]) | set(relations_frame["object_claim_id"]) <= ids
    assert set(requirements_frame["claim_id"].dropna()) <= ids
    assert set(requirements_frame["row_id"]) <= rows
    assert requirements_frame["satisfied_by"].str.fullmatch(r"[a-z_]+:[a-z0-9_]+").all()


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("quantity", "hazard", "quantity 'hazard' is unknown"),
        ("estimate", "0,35", "estimate is '0,35', not a number"),
        ("estimate_decimals", None, "estimate is given without estimate_decimals"),
        ("ci_high", None, "an interval needs both"),
        ("n_total", "418.5", "not a whole number"),
    ],
)
def test_a_broken_claim_is_refused_with_its_id_and_column(
    claims_frame: pd.DataFrame, column: str, value: str | None, message: str
) -> None:
    broken = claims_frame[claims_frame["claim_id"] == "A2.os_hr"].astype(object)
    broken[column] = value
    with pytest.raises(ClaimDataError, match=f"Claim A2.os_hr: .*{re.escape(message)}"):
        claims_from_frame(broken)


def test_a_claim_given_twice_is_refused(claims_frame: pd.DataFrame) -> None:
    with pytest.raises(ClaimDataError, match=r"A1\.n_cohorts occurs twice"):
        claims_from_frame(pd.concat([claims_frame, claims_frame.head(1)]))


def test_a_table_without_its_columns_is_refused(claims_frame: pd.DataFrame) -> None:
    with pytest.raises(ClaimDataError, match="lacks the column\\(s\\) printed_text"):
        claims_from_frame(claims_frame.drop(columns="printed_text"))


def test_a_relation_with_a_role_of_another_type_is_refused(relations_frame: pd.DataFrame) -> None:
    broken = relations_frame.head(2).assign(role="part")
    with pytest.raises(ClaimDataError, match=r"Relation A4\.orr_test"):
        relations_from_frame(broken)
