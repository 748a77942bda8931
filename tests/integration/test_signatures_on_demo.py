"""Signatures through the whole graph of the demo: the planted ones come back, channels are counted from calls."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd
import pytest
from graph_runs import Run

from ingestion.demo_files import GENOME_FILE
from ingestion.generated.spec import planted_signatures

PAIR = {"A": "T", "C": "G", "G": "C", "T": "A"}


@pytest.fixture(scope="module")
def found(demo: Run) -> pd.DataFrame:
    """Exposures and presence of the refit, beside what was planted, one row a fitted sample and signature."""
    return demo.query(
        "select sample_id, signature, exposure, share, is_present, n_snvs, reason from stats.signature_exposures "
        "where analysis_id = 'demo_signatures' and variant = 'default'"
    )


def test_planted_exposures_come_back_and_what_is_in_nobody_hardly_ever(
    found: pd.DataFrame, truth: dict[str, Any]
) -> None:
    fitted = found[found["signature"].notna()]
    planted = pd.DataFrame(truth["exposures"])
    planted = planted[planted["sample_id"].isin(fitted["sample_id"])]
    both = planted.merge(fitted, on=["sample_id", "signature"], how="left").fillna({"exposure": 0.0})
    totals = both.groupby("sample_id")["n_mutations"].transform("sum")
    large = both[both["n_mutations"] / totals >= 0.1]
    assert len(large) > 600 and large["is_present"].eq(True).mean() > 0.97
    error = (both["exposure"] - both["n_mutations"]).abs().groupby(both["sample_id"]).sum()
    assert (error / totals.groupby(both["sample_id"]).first()).median() < 0.2
    false = fitted[fitted["signature"].isin(planted_signatures().nowhere) & fitted["is_present"].eq(True)]
    assert len(false) < 0.02 * len(planted_signatures().nowhere) * fitted["sample_id"].nunique()


def test_the_signature_of_the_gene_is_found_and_those_of_tumour_types_are_not_taken_for_it(demo: Run) -> None:
    rows = demo.query(
        "select feature, estimator, estimate, p, q from stats.comparison_stats "
        "where analysis_id = 'demo_signatures' and variant = 'default' "
        "and estimator in ('fisher_exact', 'mantel_haenszel')"
    ).set_index(["feature", "estimator"])
    assert rows.loc[(planted_signatures().of_the_gene, "fisher_exact"), "q"] < 1e-4
    held = rows.xs("mantel_haenszel", level="estimator")
    assert (
        held.loc[planted_signatures().of_the_gene, "q"] < 1e-4
        and held.loc[planted_signatures().of_the_gene, "estimate"] > 4
    )
    assert (held.drop(planted_signatures().of_the_gene)["q"].dropna() > 0.05).all()


def test_nothing_goes_with_survival_where_nothing_was_planted(demo: Run) -> None:
    rows = demo.query(
        "select estimate_key, q from stats.signature_survival_stats where analysis_id like 'demo_%signatures' "
        "and q is not null"
    )
    assert len(rows) >= 10 and (rows["q"] > 0.05).all()


def genome_slices(demo: Run) -> dict[str, list[tuple[int, str]]]:
    slices: dict[str, list[tuple[int, str]]] = {}
    for contig in (demo.data / "demo_sources" / GENOME_FILE).read_text()[1:].split(">"):
        header, *lines = contig.splitlines()
        chromosome, places = header.split()[0].split(":")
        slices.setdefault(chromosome, []).append((int(places.split("-")[0]), "".join(lines)))
    return slices


def test_substitutions_counted_from_calls_are_those_that_a_plain_loop_counts(demo: Run) -> None:
    stored = demo.query(
        "select distinct cohort_id, sample_id, n_snvs, reference_genome, ncbi_build from stats.signature_exposures "
        "where analysis_id = 'demo_icb_signatures' and cohort_id = 'demo_reuse_2018' and n_snvs is not null"
    )
    assert set(stored["reference_genome"]) == {GENOME_FILE} and set(stored["ncbi_build"]) == {"GRCh37"}
    slices = genome_slices(demo)
    counted: Counter[str] = Counter()
    calls = demo.query(
        "select distinct sample_id, chromosome, start_position, reference_allele as ref, tumor_seq_allele2 as alt "
        "from marts.mutations where cohort_id = 'demo_reuse_2018' and is_counted"
    )
    for row in calls.itertuples():
        if row.ref not in PAIR or row.alt not in PAIR:
            continue
        bases = [
            s[row.start_position - f]
            for f, s in slices[row.chromosome]
            if 0 < row.start_position - f < len(s) - 1
        ]
        counted[row.sample_id] += bases == [row.ref]
    assert stored.set_index("sample_id")["n_snvs"].to_dict() == {
        sample: counted[sample] for sample in stored["sample_id"]
    }
    assert len(stored) == 80 and stored["n_snvs"].sum() > 100


def test_panels_small_samples_and_calls_without_alleles_are_refused_with_a_reason(demo: Run) -> None:
    refused = demo.query(
        "select cohort_id, reason, n_snvs, is_present from stats.signature_exposures "
        "where analysis_id = 'demo_icb_signatures' and signature is null"
    )
    reasons = refused.groupby("cohort_id")["reason"].unique()
    assert set(reasons["demo_msk_2018"]) == {"a gene panel has too few and too selected mutations"}
    assert set(reasons["demo_melanoma_c"]) == {"the cohort's calls carry no alleles"}
    small = refused[refused["reason"].str.endswith("fewer than 50")]
    assert (small["n_snvs"] < 50).all() and len(small) > 200
    assert refused["is_present"].isna().all()
    fitted = demo.query(
        "select min(n_snvs) as least from stats.signature_exposures where variant = 'default' and signature is not null"
    )
    assert fitted["least"].iloc[0] >= 50


def test_a_share_of_called_signatures_walks_back_to_the_lines_of_the_calls(demo: Run) -> None:
    key = "demo_icb_signatures/default/sbs901.rate.mutated"
    behind = demo.query(
        "select role, count(*) as n, count(distinct patient_id) as people from stats.lineage where stat_id = ? "
        "group by role",
        key,
    ).set_index("role")
    n = demo.value("select n from stats.frequency_stats where stat_id = ?", key)
    assert behind.loc["patient", "n"] == n == behind.loc["substitution", "people"]
    assert behind.loc["substitution", "n"] >= 50 * n
    of_table = demo.query(
        "select count(*) as n from stats.lineage where role = 'spectrum' and stat_id = ?",
        "demo_signatures/default/sbs905.rate.mutated",
    )
    assert of_table["n"].iloc[0] >= 20
