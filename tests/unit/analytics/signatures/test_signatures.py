"""Signature sets, refit, guards, presence, bootstrap: generated catalogues with known truth."""

import numpy as np
import pandas as pd
import pytest

from analytics.errors import InvalidColumnError, InvalidSettingError, MissingColumnError, NoRowsError
from analytics.signatures.bootstrap import bootstrap_exposures
from analytics.signatures.signatures import (
    SignatureSet,
    cosine_similarity,
    opportunity_ratio,
    refit_signatures,
    to_exome,
)
from analytics.signatures.spectra import CHANNELS, Spectra

NAMES = [f"SBS{i}" for i in range(1, 13)]


def make_set(target="exome", seed=0, name="generated", names=NAMES):
    rng = np.random.default_rng(seed)
    profiles = pd.DataFrame(rng.dirichlet(np.full(96, 0.25), len(names)).T, index=CHANNELS, columns=names)
    return SignatureSet(name, "1", target, profiles)


def spectra_of(counts):
    return Spectra(counts, pd.DataFrame(columns=["reason", "n"]), None, ())


def catalogue(signatures, samples=60, seed=1, mutations=400):
    """Poisson spectra of two to four signatures per sample, and the true exposures."""
    rng = np.random.default_rng(seed)
    truth = np.zeros((samples, len(signatures.names)))
    for row in truth:
        chosen = rng.choice(len(row), rng.integers(2, 5), replace=False)
        row[chosen] = mutations * rng.dirichlet(np.full(len(chosen), 4.0))
    index = [f"P{i}" for i in range(samples)]
    counts = rng.poisson(truth @ signatures.profiles.to_numpy().T)
    return (
        spectra_of(pd.DataFrame(counts, index=index, columns=CHANNELS)),
        pd.DataFrame(truth, index=index, columns=signatures.names),
    )


@pytest.fixture(scope="module")
def signatures():
    return make_set()


@pytest.fixture(scope="module")
def known(signatures):
    return catalogue(signatures)


def test_true_exposures_are_recovered_and_the_sparse_rule_drops_what_is_not_there(signatures, known):
    spectra, truth = known
    plain = refit_signatures(spectra, signatures, assay="exome", max_cosine_loss=None)
    sparse = refit_signatures(spectra, signatures, assay="exome")
    expected = truth.to_numpy() @ signatures.profiles.to_numpy().T
    of_the_truth = cosine_similarity(spectra.counts.to_numpy(float), expected)
    for result, slack in ((plain, 0.0), (sparse, 0.015)):
        assert cosine_similarity(result.exposures.to_numpy(), truth.to_numpy()).min() > 0.95
        # Least squares comes closer to the counts than the truth does; the sparse rule gives a little back.
        assert (result.samples["cosine_similarity"] >= of_the_truth - slack).all()
    false_plain = ((plain.exposures > 0) & (truth == 0)).sum().sum()
    false_sparse = ((sparse.exposures > 0) & (truth == 0)).sum().sum()
    missed = ((sparse.exposures == 0) & (truth >= 40)).sum().sum()
    assert false_sparse < 0.25 * false_plain
    assert missed <= 0.02 * (truth >= 40).sum().sum()


def test_sensitivity_and_false_calls_of_presence_on_planted_signatures(signatures, known):
    spectra, truth = known
    present = refit_signatures(spectra, signatures, assay="exome").presence().astype(bool)
    planted = truth >= 0.1 * truth.sum(axis=1).to_numpy()[:, None]
    assert present[planted].sum().sum() / planted.sum().sum() > 0.97
    assert present[truth == 0].sum().sum() / (truth == 0).sum().sum() < 0.02


def test_exposures_scale_with_the_counts(signatures, known):
    spectra, _ = known
    tenfold = spectra_of(spectra.counts * 10)
    once = refit_signatures(spectra, signatures, assay="exome")
    ten = refit_signatures(tenfold, signatures, assay="exome")
    np.testing.assert_allclose(ten.exposures, 10 * once.exposures, rtol=1e-8, atol=1e-6)
    np.testing.assert_allclose(ten.fractions, once.fractions, rtol=1e-8, atol=1e-9)


def test_reference_version_and_hash_travel_with_the_result(signatures, known):
    result = refit_signatures(known[0], signatures, assay="exome")
    assert (result.reference, result.version, result.target) == ("generated", "1", "exome")
    assert result.sha256 == signatures.sha256
    assert result.exposures.shape == (60, len(NAMES))
    np.testing.assert_allclose(result.fractions.sum(axis=1), 1.0)


def test_the_hash_does_not_depend_on_the_order_of_signatures(signatures):
    shuffled = signatures.profiles[list(reversed(NAMES))]
    again = SignatureSet("x", "1", "exome", shuffled)
    assert again.sha256 == signatures.sha256
    assert make_set(seed=5).sha256 != signatures.sha256


def test_too_few_mutations_panels_and_unlike_assays_are_refused_with_a_reason(signatures, known):
    spectra, _ = known
    counts = spectra.counts.copy()
    counts.iloc[0] = 0
    counts.iloc[0, :49] = 1
    assay = pd.Series("exome", index=counts.index)
    assay.iloc[1], assay.iloc[2], assay.iloc[3] = "panel", "genome", None
    result = refit_signatures(spectra_of(counts), signatures, assay=assay)
    reasons = result.samples["reason"].iloc[:5].tolist()
    assert reasons[0] == "49 substitutions, fewer than 50"
    assert reasons[1].startswith("a gene panel")
    assert reasons[2] == "the assay is not the exome that the signatures are normalised for"
    assert reasons[3] == "the assay is unknown"
    assert reasons[4] is None
    assert result.exposures.iloc[:4].isna().all(axis=None)
    assert result.presence().iloc[:4].isna().all(axis=None)
    assert not result.presence().iloc[4:].isna().any(axis=None)
    assert len(result.warnings) == 4


def test_candidates_restrict_a_cancer_type_and_leave_others_alone(signatures, known):
    spectra, _ = known
    group = pd.Series(["melanoma"] * 30 + ["lung"] * 30, index=spectra.counts.index)
    free = refit_signatures(spectra, signatures, assay="exome")
    result = refit_signatures(
        spectra, signatures, assay="exome", candidates={"melanoma": NAMES[:6]}, group=group
    )
    assert (result.exposures.loc[group == "melanoma", NAMES[6:]] == 0).all(axis=None)
    np.testing.assert_allclose(
        result.exposures[group == "lung"], free.exposures[group == "lung"], rtol=1e-9, atol=1e-9
    )


def test_genome_signatures_on_exome_opportunities_fit_an_exome_and_without_do_not():
    genome_set = make_set("genome", seed=3)
    rng = np.random.default_rng(4)
    ratio = pd.Series(np.exp(rng.normal(0, 0.7, 96)), index=CHANNELS)
    exome_set = to_exome(genome_set, ratio)
    np.testing.assert_allclose(exome_set.profiles.sum(), 1.0)
    spectra, _ = catalogue(exome_set, seed=6, mutations=2000)
    right = refit_signatures(spectra, exome_set, assay="exome")
    mislabelled = SignatureSet("mislabelled", "1", "exome", genome_set.profiles)
    wrong = refit_signatures(spectra, mislabelled, assay="exome")
    assert right.samples["cosine_similarity"].median() > 0.99
    assert wrong.samples["cosine_similarity"].median() < right.samples["cosine_similarity"].median() - 0.05
    found = opportunity_ratio(genome_set, exome_set)
    known = np.log(ratio) - np.log(ratio).mean()
    np.testing.assert_allclose(np.log(found), known, atol=1e-6)


def test_bootstrap_intervals_cover_the_truth_and_stable_signatures_are_always_chosen(signatures):
    spectra, truth = catalogue(signatures, samples=25, seed=8)
    result = refit_signatures(spectra, signatures, assay="exome", max_cosine_loss=None)
    table = bootstrap_exposures(spectra, signatures, result, n_bootstrap=300, max_cosine_loss=None)
    table["truth"] = [truth.loc[row.sample_id, row.signature] for row in table.itertuples()]
    planted = table[table["truth"] >= 60]
    covered = (planted["exposure_ci_low"] <= planted["truth"]) & (
        planted["truth"] <= planted["exposure_ci_high"]
    )
    # Percentile intervals carry the Poisson noise of the total as well: somewhat below 0.95.
    assert 0.85 < covered.mean() <= 1.0
    assert planted["share_present"].min() > 0.9
    assert (planted["fraction_ci_low"] <= planted["fraction_ci_high"]).all()


def test_a_samples_draws_depend_on_its_name_and_the_seed_only(signatures, known):
    spectra, _ = known
    few = spectra_of(spectra.counts.loc[["P3", "P9"]])
    one = spectra_of(spectra.counts.loc[["P9"]])
    settings = {"n_bootstrap": 200, "seed": 5}
    both, alone = (
        bootstrap_exposures(s, signatures, refit_signatures(s, signatures, assay="exome"), **settings)
        for s in (few, one)
    )
    again = both[both["sample_id"] == "P9"].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, alone, rtol=1e-9)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (
            lambda s: SignatureSet("x", "1", "panel", s.profiles),
            InvalidSettingError,
            "use 'genome' or 'exome'",
        ),
        (lambda s: SignatureSet("x", "1", "exome", s.profiles * 3), InvalidColumnError, "does not sum to 1"),
        (lambda s: SignatureSet("x", "1", "exome", s.profiles.iloc[::-1]), InvalidColumnError, "96 channels"),
        (lambda s: s.select(["SBS99"]), MissingColumnError, "no signature 'SBS99'"),
        (lambda s: to_exome(s, pd.Series(1.0, index=CHANNELS)), InvalidSettingError, "exomes already"),
        (
            lambda s: to_exome(make_set("genome"), pd.Series(0.0, index=CHANNELS)),
            InvalidColumnError,
            "positive number",
        ),
        (lambda s: opportunity_ratio(s, s), InvalidSettingError, "genome set first"),
        (
            lambda s: opportunity_ratio(make_set("genome", names=["A"]), make_set(names=["B"])),
            NoRowsError,
            "share no signature",
        ),
    ],
)
def test_bad_references_get_one_sentence(signatures, make, error, words):
    with pytest.raises(error, match=words):
        make(signatures)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"assay": "WES"}, InvalidSettingError, "'WES' is unknown"),
        ({"assay": "exome", "max_cosine_loss": -1.0}, InvalidSettingError, "0.004 or None"),
        ({"assay": "exome", "candidates": {"lung": ["SBS1"]}}, InvalidSettingError, "pass group"),
    ],
)
def test_bad_settings_get_one_sentence(signatures, known, settings, error, words):
    with pytest.raises(error, match=words):
        refit_signatures(known[0], signatures, **settings)


def test_unknown_candidates_and_impossible_presence_rules_are_refused(signatures, known):
    spectra, _ = known
    group = pd.Series("lung", index=spectra.counts.index)
    with pytest.raises(MissingColumnError, match="lacks 'SBS99'"):
        refit_signatures(spectra, signatures, assay="exome", candidates={"lung": ["SBS99"]}, group=group)
    result = refit_signatures(spectra, signatures, assay="exome")
    with pytest.raises(InvalidSettingError, match="share below 1"):
        result.presence(min_fraction=5)
    with pytest.raises(InvalidSettingError, match="other signatures"):
        bootstrap_exposures(spectra, make_set(seed=5), result)
    with pytest.raises(InvalidSettingError, match="use 200"):
        bootstrap_exposures(spectra, signatures, result, n_bootstrap=10)
