"""From calls and a genome to exposures, end to end, with known truth: how well the refit recovers what was planted."""

import numpy as np
import pandas as pd
import pytest

from analytics.signatures.reference_genome import open_genome
from analytics.signatures.signatures import SignatureSet, refit_signatures
from analytics.signatures.spectra import CHANNELS, count_spectra

BASES = "ACGT"
PAIR = {"A": "T", "C": "G", "G": "C", "T": "A"}
NAMES = [f"SBS{i}" for i in range(901, 911)]


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """120 samples of two to three of ten signatures, their mutations placed on a genome of 200,000 bases."""
    rng = np.random.default_rng(11)
    bases = "".join(rng.choice(list(BASES), 200_000))
    path = tmp_path_factory.mktemp("genome") / "random.fa"
    path.write_text(f">7\n{bases}\n")
    places = {}
    for i in range(1, len(bases) - 1):
        places.setdefault(bases[i - 1 : i + 2], []).append(i)
    profiles = rng.dirichlet(np.full(96, 0.25), len(NAMES)).T
    signatures = SignatureSet("generated", "1", "exome", pd.DataFrame(profiles, CHANNELS, NAMES))
    truth = np.zeros((120, len(NAMES)))
    for row in truth:
        chosen = rng.choice(len(NAMES), rng.integers(2, 4), replace=False)
        row[chosen] = rng.lognormal(np.log(250), 0.6) * rng.dirichlet(np.full(len(chosen), 4.0))
    rows = []
    for i, row in enumerate(rng.poisson(truth @ signatures.profiles.to_numpy().T)):
        for channel, n in zip(CHANNELS, row, strict=True):
            three, new = channel[0] + channel[2] + channel[6], channel[4]
            for k in rng.choice(len(places[three]), n, replace=False):
                position = places[three][k] + 1
                rows.append((f"P{i}", "chr7", position, three[1], new))
    calls = pd.DataFrame(rows, columns=["sample_id", "chromosome", "position", "ref", "alt"])
    index = pd.Index([f"P{i}" for i in range(120)])
    return open_genome(path), calls, signatures, pd.DataFrame(truth, index, NAMES), bases


def test_planted_exposures_come_back_from_the_calls(planted):
    genome, calls, signatures, truth, _ = planted
    spectra = count_spectra(calls, genome)
    assert spectra.counts.to_numpy().sum() == len(calls) and spectra.left_out.empty
    result = refit_signatures(spectra, signatures, assay="exome")
    truth = truth.loc[result.samples.index[result.samples["is_refitted"]]]
    assert len(truth) > 110
    shares = truth.div(truth.sum(axis=1), axis=0)
    error = (result.fractions.loc[truth.index] - shares).abs()
    present = result.presence().astype(bool).loc[truth.index]
    large = shares >= 0.10
    # Measured: mean error of a share 0.011, 99.7 % of planted shares from 10 % found, false presence 1.5 %.
    assert error.to_numpy().mean() < 0.015
    assert present.to_numpy()[large.to_numpy()].mean() > 0.97
    assert present.to_numpy()[(truth == 0).to_numpy()].mean() < 0.02


def test_calls_on_the_other_strand_and_in_any_order_give_the_same_exposures(planted):
    genome, calls, _, _, bases = planted
    complement = "".join(PAIR[base] for base in reversed(bases))
    assert len(complement) == len(bases)
    turned = calls.assign(
        position=len(bases) + 1 - calls["position"],
        ref=calls["ref"].map(PAIR),
        alt=calls["alt"].map(PAIR),
    ).sample(frac=1.0, random_state=3)

    class Turned:
        description = "the other strand"

        def name(self, chromosome):
            return "7"

        def length(self, contig):
            return len(complement)

        def fetch(self, contig, start, end):
            return complement[start:end]

    there = count_spectra(turned, Turned()).counts
    here = count_spectra(calls, genome).counts
    pd.testing.assert_frame_equal(there.loc[here.index], here, check_names=False)
