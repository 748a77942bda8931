"""Which signatures samples have: references, candidates by type, refusals, rows of exposures."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from signature_samples import NAMES, people, profiles, variant, wide

from analytics.errors import MissingColumnError, NoRowsError
from analytics.signatures.samples import (
    exposure_rows,
    in_order,
    nothing_fitted,
    published_samples,
    reference_set,
    refit_samples,
    with_refused,
)
from analytics.signatures.signatures import cosine_similarity


def fitted(spectra, members, way=None, published=None, drawn=()):
    way = way or variant()
    keyed = members.set_index("sample_key")
    return refit_samples(
        spectra,
        reference_set(profiles(), way),
        way,
        assay=pd.Series("exome", index=spectra.counts.index),
        kinds=keyed["cancer_type"].reindex(spectra.counts.index),
        published=published,
        drawn=drawn,
    )


@pytest.fixture(scope="module")
def known():
    return people()


def test_signatures_are_ordered_by_number_then_letter():
    assert in_order(["SBS10b", "SBS2", "SBS10a", "SBS7b", "SBS1"]) == [
        "SBS1", "SBS2", "SBS7b", "SBS10a", "SBS10b",
    ]  # fmt: skip


def test_a_reference_is_taken_by_its_name_and_without_what_is_excluded():
    chosen = reference_set(profiles(), variant(excluded=["SBS27"]))
    assert chosen.names == tuple(name for name in NAMES if name != "SBS27")
    assert (chosen.name, chosen.version, chosen.target) == ("generated_exome", "1.0", "exome")
    with pytest.raises(MissingColumnError, match="no signature 'SBS99' to exclude"):
        reference_set(profiles(), variant(excluded=["SBS99"]))
    with pytest.raises(MissingColumnError, match="reference 'COSMIC'; known: generated_exome"):
        reference_set(profiles(), variant(reference="COSMIC"))


def test_a_genome_reference_is_brought_to_the_exome_of_another():
    exome = profiles(evenness=2.0)
    ratio = np.exp(np.random.default_rng(5).normal(0, 0.5, 96))
    genome = profiles(reference_id="generated_genome", target="genome", evenness=2.0)
    by_channel = dict(zip(genome["channel"].unique(), ratio, strict=True))
    genome["probability"] /= genome["channel"].map(by_channel)
    genome["probability"] /= genome.groupby("signature")["probability"].transform("sum")
    both = pd.concat([exome, genome])
    way = variant(reference="generated_genome", exome_like="generated_exome")
    rebuilt, original = reference_set(both, way), reference_set(both, variant())
    np.testing.assert_allclose(rebuilt.profiles, original.profiles[list(rebuilt.names)], atol=1e-6)


def test_planted_signatures_are_found_and_absent_ones_hardly_ever(known):
    members, spectra, truth = known
    found = fitted(spectra, members)
    present, planted = found.presence.astype(bool), truth > 0
    assert present[planted].sum().sum() / planted.sum().sum() > 0.97
    assert present[~planted].sum().sum() / (~planted).sum().sum() < 0.03
    assert found.samples["reason"].isna().all()
    expected = truth.to_numpy() @ wide(profiles()).to_numpy().T
    of_the_truth = cosine_similarity(spectra.counts.to_numpy(float), expected)
    # Least squares comes closer to the counts than the truth does; the sparse rule gives a little back.
    assert (found.samples["reconstruction_cosine"].to_numpy() >= of_the_truth - 0.015).all()


def test_candidates_of_a_type_are_those_published_in_enough_of_its_samples(known):
    members, spectra, truth = known
    published = truth.copy()
    way = variant(candidates="published_in_type", min_share_of_type=0.1)
    found = fitted(spectra, members, way, published)
    other = members.loc[members["cancer_type"] == "other", "sample_key"]
    # SBS7a is published in 5 % of the other type: closed to its samples, open to skin.
    assert (found.exposures.loc[other, "SBS7a"] == 0).all()
    assert (found.exposures["SBS7a"] > 0).any()
    with pytest.raises(NoRowsError, match="come from published exposures"):
        fitted(spectra, members, way, None)


def test_intervals_are_drawn_for_the_declared_samples_only_and_say_how(known):
    members, spectra, _ = known
    way = variant(bootstrap={"resamples": 200, "seed": 3})
    drawn = members["sample_key"].head(3).tolist()
    found = fitted(spectra, members, way, drawn=drawn)
    table = exposure_rows(found, members)
    has = table["exposure_ci_low"].notna()
    assert set(table.loc[has, "sample_id"]) == {"P0-01", "P1-01", "P2-01"}
    assert (table.loc[has, "n_resamples"] == 200).all() and (table.loc[has, "seed"] == 3).all()
    assert table.loc[~has, ["n_resamples", "seed"]].isna().all(axis=None)
    inside = table[has & (table["exposure"] > 50)]
    assert (inside["exposure_ci_low"] <= inside["exposure"]).all()
    assert (inside["exposure"] <= inside["exposure_ci_high"]).all()


def test_exposure_rows_have_every_exposure_above_zero_and_one_row_a_refused_sample(known):
    members, spectra, _ = known
    counts = spectra.counts.copy()
    counts.iloc[0] = 0
    found = fitted(type(spectra)(counts, spectra.left_out, None, ()), members)
    found = with_refused(found, pd.Series({"c/elsewhere": "no spectrum of the sample"}))
    extra = members.iloc[[0]].assign(sample_key="c/elsewhere", sample_id="elsewhere", patient_id="PX")
    table = exposure_rows(found, pd.concat([members, extra]))
    refused = table[table["signature"].isna()].set_index("sample_id")["warnings"].to_dict()
    assert refused == {
        "P0-01": "0 substitutions, fewer than 50",
        "elsewhere": "no spectrum of the sample",
    }
    kept = table[table["signature"].notna()]
    assert len(kept) == int((found.exposures > 0).sum().sum())
    np.testing.assert_allclose(kept.groupby("sample_id")["share"].sum(), 1.0)
    assert found.presence.loc[["c/P0-01", "c/elsewhere"]].isna().all(axis=None)


def test_published_exposures_follow_the_same_rule_of_presence():
    exposures = pd.DataFrame(
        {"SBS1": [60.0, 3.0, 40.0], "SBS2": [4.0, 0.0, 12.0]}, index=["c/a", "c/b", "c/c"]
    )
    listed = pd.DataFrame(
        {"n_mutations": [64.0, 3.0, 52.0], "cosine_similarity": [0.9, 0.5, 0.8]}, exposures.index
    )
    found = published_samples(exposures, listed, variant())
    assert found.presence.loc["c/a"].tolist() == [True, False]  # 6 % of the sample, but 4 mutations only
    assert found.presence.loc["c/b"].isna().all()
    assert found.presence.loc["c/c"].tolist() == [True, True]
    assert found.samples.loc["c/b", "reason"] == "3 substitutions, fewer than 50"


def test_where_nothing_can_be_fitted_every_sample_carries_the_one_reason():
    found = nothing_fitted(["c/a", "c/b"], "no genome", "COSMIC")
    assert not found.is_fitted.any() and found.unavailable == "no genome"
    members = pd.DataFrame(
        {"sample_key": ["c/a", "c/b"], "cohort_id": "c", "patient_id": ["a", "b"], "person_id": ["a", "b"],
         "sample_id": ["a", "b"]}
    )  # fmt: skip
    assert exposure_rows(found, members)["warnings"].tolist() == ["no genome", "no genome"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"strata": ["weight"]}, "unknown covariates or strata"),
        ({"reference": None}, "needs 'reference'"),
        ({"source": "published"}, "needs 'reference'"),
        ({"estimators": ["cox_adjusted"]}, "needs covariates"),
        ({"source": "published", "reference": None, "bootstrap": {"seed": 1}}, "cannot be drawn again"),
        ({"bootstrap": {"seed": 1, "resamples": 20}}, "greater than or equal to 200"),
    ],
)
def test_a_variant_that_does_not_fit_together_is_refused(settings, words):
    with pytest.raises(ValidationError, match=words):
        variant(**settings)
