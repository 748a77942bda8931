"""Real check: 9,493 TCGA exomes of Alexandrov 2020 against their published exposures."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.signatures.signatures import (
    SignatureSet,
    cosine_similarity,
    opportunity_ratio,
    refit_signatures,
    to_exome,
)
from analytics.signatures.spectra import CHANNELS, Spectra

RAW = "raw.githubusercontent.com"
PCAWG7 = f"{RAW}/steverozen/PCAWG7/9f3f811417328a22fe7b7fe595378cbd2a48cedc/data-raw"
COSMIC = (
    f"{RAW}/AlexandrovLab/SigProfilerAssignment/26a966cf51c0ac340e53a6c3c497486228ae6117"
    "/SigProfilerAssignment/data/Reference_Signatures/GRCh37"
)
FILES = {
    "spectra": f"{PCAWG7}/spectra/WES_TCGA.96.csv",
    "exposures": f"{PCAWG7}/sig.profiler.exposures/TCGA_WES_sigProfiler_SBS_signatures_in_samples.csv",
    "exome": f"{COSMIC}/COSMIC_v3.3_SBS_GRCh37_exome.txt",
    "genome": f"{COSMIC}/COSMIC_v3.4_SBS_GRCh37.txt",
}

pytestmark = pytest.mark.mirror


@pytest.fixture(scope="module")
def files():
    root = os.environ.get("ICB_MIRROR")
    if not root:
        pytest.skip("ICB_MIRROR is not set: the real check of signatures needs the mirror of public files")
    paths = {name: Path(root) / path for name, path in FILES.items()}
    missing = [str(path) for path in paths.values() if not path.is_file()]
    if missing:
        pytest.skip(f"the mirror lacks {missing[0]}")
    return paths


def read_cosmic(path):
    """Proportions [channel, signature] of a table of COSMIC."""
    return pd.read_csv(path, sep="\t").set_index("Type").loc[list(CHANNELS)]


@pytest.fixture(scope="module")
def exome_set(files):
    return SignatureSet("COSMIC SBS", "3.3", "exome", read_cosmic(files["exome"]))


@pytest.fixture(scope="module")
def tcga(files):
    """Spectra, published exposures and published accuracy of the same 9,493 samples."""
    table = pd.read_csv(files["spectra"])
    change, three = table.pop("Mutation type"), table.pop("Trinucleotide")
    table.index = pd.Index(three.str[0] + "[" + change + "]" + three.str[2])
    spectra = Spectra(
        table.loc[list(CHANNELS)].T.astype(int), pd.DataFrame({"reason": [], "n": []}), None, ()
    )
    published = pd.read_csv(files["exposures"])
    published.index = pd.Index(published["Cancer Types"] + "::" + published["Sample Names"])
    published = published.loc[spectra.counts.index]
    exposures = published.filter(regex=r"^SBS")
    assert spectra.counts.shape == (9493, 96)
    return spectra, exposures, published["Accuracy"]


def test_published_exposures_times_the_exome_reference_give_the_published_accuracy(exome_set, tcga):
    # Channel order, strand and exome normalisation are right, or this would be far off.
    spectra, published, accuracy = tcga
    profiles = exome_set.profiles[list(published.columns)].to_numpy()
    ours = cosine_similarity(published.to_numpy(float) @ profiles.T, spectra.counts.to_numpy(float))
    enough = (spectra.n_mutations >= 50).to_numpy()
    assert enough.sum() == 6373
    assert np.median(ours[enough]) == pytest.approx(accuracy[enough].median(), abs=0.005)
    assert np.corrcoef(ours[enough], accuracy[enough])[0, 1] > 0.95


def test_the_exome_ratio_found_from_two_cosmic_releases_turns_one_into_the_other(files, exome_set):
    genome_set = SignatureSet("COSMIC SBS", "3.4", "genome", read_cosmic(files["genome"]))
    rebuilt = to_exome(genome_set, opportunity_ratio(genome_set, exome_set))
    shared = [name for name in genome_set.names if name in exome_set.names]
    similarity = cosine_similarity(
        rebuilt.profiles[shared].to_numpy().T, exome_set.profiles[shared].to_numpy().T
    )
    assert len(shared) > 70
    assert similarity.min() > 0.9999


def test_refitted_exposures_agree_with_the_published_ones_when_the_types_candidates_are_the_same(
    exome_set, tcga
):
    spectra, published, _ = tcga
    kind = pd.Series([name.split("::")[0] for name in spectra.counts.index], index=spectra.counts.index)
    shares = (published > 0).groupby(kind).mean()
    candidates = {str(name): list(row.index[row > 0.05]) for name, row in shares.iterrows()}
    reference = exome_set.select(list(published.columns))
    result = refit_signatures(spectra, reference, assay="exome", candidates=candidates, group=kind)
    fitted = result.samples["is_refitted"]
    assert fitted.sum() == 6373
    ours, theirs = result.exposures[fitted], published.loc[fitted]
    similarity = cosine_similarity(ours.to_numpy(), theirs.to_numpy(float))
    assert np.median(similarity) > 0.97
    assert np.corrcoef(ours.sum(), theirs.sum())[0, 1] > 0.97
    # Signatures with a shape of their own agree person by person.
    for name, least in {"SBS2": 0.85, "SBS7a": 0.85, "SBS13": 0.85, "SBS1": 0.75}.items():
        assert ours[name].corr(theirs[name], method="spearman") > least, name


def test_without_a_list_per_type_flat_signatures_take_each_others_place(exome_set, tcga):
    # The reason why candidates exist: the fit is closer to the data and further from the published answer.
    spectra, published, accuracy = tcga
    reference = exome_set.select(list(published.columns))
    result = refit_signatures(spectra, reference, assay="exome")
    fitted = result.samples["is_refitted"]
    similarity = cosine_similarity(result.exposures[fitted].to_numpy(), published.loc[fitted].to_numpy(float))
    assert result.samples.loc[fitted, "cosine_similarity"].median() > accuracy[fitted].median()
    assert 0.3 < np.median(similarity) < 0.6


def test_presence_by_the_default_rule_is_the_published_one_for_nearly_every_sample_and_signature(
    exome_set, tcga
):
    spectra, published, _ = tcga
    some = np.arange(0, len(spectra.counts), 4)
    counts, exposures = spectra.counts.iloc[some], published.iloc[some]
    kind = pd.Series([name.split("::")[0] for name in counts.index], index=counts.index)
    shares = (exposures > 0).groupby(kind).mean()
    candidates = {str(name): list(row.index[row > 0.05]) for name, row in shares.iterrows()}
    part = type(spectra)(counts, spectra.left_out, None, ())
    reference = exome_set.select(list(published.columns))
    result = refit_signatures(part, reference, assay="exome", candidates=candidates, group=kind)
    fitted = result.samples["is_refitted"]
    ours = result.presence()[fitted].astype(bool)
    theirs = exposures[fitted]
    theirs = (theirs.div(theirs.sum(axis=1), axis=0) >= 0.05) & (theirs >= 10)
    same = ours == theirs
    # Measured over all 6,373: 98.5 % of sample x signature agree, SBS5 least with 82 %.
    assert same.to_numpy().mean() > 0.975
    assert same.mean().min() > 0.75
    sensitivity = ours.to_numpy()[theirs.to_numpy()].mean()
    false = ours.to_numpy()[~theirs.to_numpy()].mean()
    assert sensitivity > 0.80 and false < 0.02
    assert result.samples.loc[fitted, "cosine_similarity"].median() > 0.90
