"""Generated signatures and samples for the tests of sample_signatures and signature_estimates."""

import numpy as np
import pandas as pd

from analytics.signatures.spec import SignatureVariant
from analytics.signatures.spectra import CHANNELS, Spectra

NAMES = ["SBS1", "SBS2", "SBS7a", "SBS10b", "SBS13", "SBS27"]


def profiles(seed=0, reference_id="generated_exome", target="exome", evenness=0.25):
    """Rows as marts.signature_profiles has them."""
    values = np.random.default_rng(seed).dirichlet(np.full(96, evenness), len(NAMES))
    rows = [
        (reference_id, "1.0", target, "GRCh37", name, channel, values[i, j])
        for i, name in enumerate(NAMES)
        for j, channel in enumerate(CHANNELS)
    ]
    columns = [
        "reference_id", "cosmic_version", "target", "ncbi_build", "signature", "channel", "probability",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def wide(table):
    return table.pivot(index="channel", columns="signature", values="probability").loc[list(CHANNELS), NAMES]


def people(n=400, seed=1):
    """Members with a gene, a cancer type that both gene and SBS7a go with, and survival that SBS2 shortens.

    SBS13 is twice as likely in the mutated of either type; nobody has SBS27.
    """
    rng = np.random.default_rng(seed)
    skin = rng.random(n) < 0.4
    mutated = rng.random(n) < np.where(skin, 0.4, 0.1)
    truth = np.zeros((n, len(NAMES)))
    truth[:, 0] = 120.0
    truth[:, 1] = 90.0 * (rng.random(n) < 0.3)
    truth[:, 2] = 150.0 * (rng.random(n) < np.where(skin, 0.9, 0.05))
    truth[:, 4] = 100.0 * (rng.random(n) < np.where(mutated, 0.6, 0.3))
    time = rng.exponential(np.where(truth[:, 1] > 0, 12.0, 30.0))
    members = pd.DataFrame(
        {
            "cohort_id": "c",
            "patient_id": [f"P{i}" for i in range(n)],
            "person_id": [f"c:P{i}" for i in range(n)],
            "sample_id": [f"P{i}-01" for i in range(n)],
            "sample_key": [f"c/P{i}-01" for i in range(n)],
            "in_group": mutated,
            "cancer_type": np.where(skin, "skin", "other"),
            "time_months": np.minimum(time, 36.0),
            "event": time <= 36.0,
            "entry_months": 0.0,
        }
    )
    counts = rng.poisson(truth @ wide(profiles()).to_numpy().T)
    spectra = Spectra(
        pd.DataFrame(counts, index=members["sample_key"].to_numpy(), columns=list(CHANNELS)),
        pd.DataFrame(columns=["reason", "n"]),
        None,
        (),
    )
    return members, spectra, pd.DataFrame(truth, index=members["sample_key"].to_numpy(), columns=NAMES)


def variant(**settings):
    given = {"description": "test", "reference": "generated_exome", "strata": ("cancer_type",)}
    return SignatureVariant.model_validate(given | settings)
