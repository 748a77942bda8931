"""``python -m analytics.warm_up``: every compiled kernel, once, on a few generated people, before anybody waits for it.

Numba compiles at the first call and keeps the code on disk beside its source. Left to the first run that is 70 s on one
core; here two processes share it. Each part calls what users call, so that kernels have the types they are used with.
What does not belong here: results (the people are noise), and imports at the top (a part loads what it compiles).
"""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from analytics.scan.frame import PatientFrame
    from analytics.scan.genes import GeneData

_SEED: Final = 7
_N_PEOPLE, _N_GENES = 240, 24


def _people() -> pd.DataFrame:
    rng = np.random.default_rng(_SEED)
    z = rng.normal(size=(_N_PEOPLE, 2))
    death = rng.exponential(18.0 / np.exp(0.3 * z[:, 0]))
    censoring = rng.uniform(2.0, 40.0, _N_PEOPLE)
    return pd.DataFrame(
        {
            "time_months": np.ceil(np.minimum(death, censoring)),
            "event": death <= censoring,
            "entry_months": 0.0,
            "stratum": rng.integers(0, 3, _N_PEOPLE),
            "burden": rng.lognormal(2.0, 1.0, _N_PEOPLE) + 0.1,
            "z0": z[:, 0],
            "z1": z[:, 1],
            "arm": rng.choice(["a", "b"], _N_PEOPLE),
        }
    )


def survival_scan() -> None:
    """The scan of survival with every block, and its control."""
    from analytics.scan.control import ControlData
    from analytics.scan.settings import ScanSettings
    from analytics.scan.survival_scan import scan_survival

    frame, genes = _scan_input()
    settings = ScanSettings(null_draws=200, length_matched_genes=5)
    scan_survival(frame, genes, settings, ControlData(frame, genes, is_randomised=False))


def response_scan() -> None:
    """The scan of a response with every block."""
    from analytics.scan.response_scan import scan_response
    from analytics.scan.settings import ScanSettings

    frame, genes = _scan_input()
    response = np.random.default_rng(_SEED).random(_N_PEOPLE) < 0.3
    settings = ScanSettings(null_draws=200, length_matched_genes=5)
    scan_response(frame, genes, response.astype(float), settings)


def prediction() -> None:
    """A nomogram with optimism, calibration, cut-off and validation."""
    from analytics.prediction.spec import Axis
    from analytics.prediction.study import StudySettings, run_study

    people = _people()
    axes = {
        "z0": Axis(label="z0"),
        "z1": Axis(label="z1"),
        "arm": Axis(label="arm", levels={"a": ("a",), "b": ("b",)}),
    }
    settings = StudySettings(n_bootstrap=500, n_permutations=1000, n_refits=500)
    run_study(people.iloc[:160], people.iloc[160:], ["z0", "z1", "arm"], axes, settings)


def signatures_and_enrichment() -> None:
    """The refit, plain and sparse, and single-sample scores in both precisions."""
    from analytics.immune.gene_sets import GeneSet
    from analytics.immune.ssgsea import ssgsea
    from analytics.signatures.nnls import solve_nnls

    rng = np.random.default_rng(_SEED)
    profiles = rng.dirichlet(np.full(96, 0.3), 8).T
    spectra = rng.poisson(rng.exponential(40.0, (6, 8)) @ profiles.T).astype(float)
    solve_nnls(profiles, spectra)
    solve_nnls(profiles, spectra, max_cosine_loss=0.01)
    names = [f"G{i}" for i in range(60)]
    values = pd.DataFrame(rng.normal(size=(4, 60)).clip(-0.5), columns=names)
    gene_set = GeneSet("warm up", tuple(names[:10]), "generated", "1")
    for precision in (np.float64, np.float32):
        ssgsea(values.astype(precision), [gene_set])


#: Name -> what it compiles; the longest first, so that two processes end together.
PARTS: Final[Mapping[str, Callable[[], None]]] = {
    "survival scan": survival_scan,
    "prediction": prediction,
    "response scan": response_scan,
    "signatures and enrichment": signatures_and_enrichment,
}


def _scan_input() -> tuple[PatientFrame, GeneData]:
    from analytics.scan.frame import PatientFrame
    from analytics.scan.genes import GeneData

    people = _people()
    frame = PatientFrame.from_table(
        people, strata=["stratum"], covariates=["z0", "z1"], burden="burden", cohort="stratum", person=None
    )
    rng = np.random.default_rng(_SEED)
    carriers = [np.flatnonzero(rng.random(_N_PEOPLE) < rate) for rate in np.geomspace(0.02, 0.5, _N_GENES)]
    patient = np.concatenate(carriers).astype(np.int64)
    genes = GeneData(
        names=tuple(f"GENE{k}" for k in range(_N_GENES)),
        start=np.cumsum([0, *map(len, carriers)]).astype(np.int64),
        patient=patient,
        own_burden=np.full(len(patient), 0.05),
        covered=np.ones((1, _N_GENES), dtype=np.bool_),
        coding_length_bp=np.linspace(500.0, 5000.0, _N_GENES),
    )
    return frame, genes


def compile_part(name: str) -> str:
    """Compile one of PARTS; gives its name back."""
    PARTS[name]()
    return name


def main() -> None:
    """Compile everything, two parts at a time."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as pool:
        waiting = [pool.submit(compile_part, name) for name in PARTS]
        for done in as_completed(waiting):
            print(f"  compiled: {done.result()}", file=sys.stderr)


if __name__ == "__main__":
    main()
