"""Writes all generated cohorts as a mirror folder, and the truth beside it.

Only the order of the parts is here; what each cohort looks like is its own module.
"""

from __future__ import annotations

import hashlib
import math
from functools import cache
from pathlib import Path

import numpy as np

from ingestion.fetching.store import storage_errors
from ingestion.generated import (
    control,
    effects,
    immune,
    luad,
    melanoma_a,
    melanoma_b,
    melanoma_c,
    melanoma_d,
    msk,
    pairs,
    reuse,
    signatures,
    trial,
)
from ingestion.generated.built import HOST, Built
from ingestion.generated.genome import GENOME_FILE, genome_fasta
from ingestion.generated.groups import draw_groups
from ingestion.generated.truth import Truth

DEFAULT_SEED = 20260101
TRUTH_FILE = "truth.json"
#: Written last: a checksum of the code that made the folder.
MADE_BY_FILE = "generator.sha256"
_STREAMS = (
    "msk",
    "luad",
    "melanoma_a",
    "melanoma_b",
    "melanoma_c",
    "melanoma_d",
    "reuse",
    "trial",
    "control",
    "pairs",
    "signatures",
    "immune",
)


def generate(out_dir: Path, seed: int = DEFAULT_SEED) -> Truth:
    """Write the raw files of every demo cohort to ``<out_dir>/synthetic.invalid/`` and return what was planted.

    Reading with ``ICB_MIRROR=<out_dir>`` finds them at ``https://synthetic.invalid/<name>``. The same seed
    gives the same bytes; files of another seed are overwritten. Beside the host lie the truth and the genome of
    the calls, which no address reaches: a user's genome is no source either.

    Parameters
    ----------
    out_dir : the mirror folder; made when it does not exist.
    seed : any whole number from 0.

    Raises
    ------
    ValueError : a negative seed.
    DiskFullError, StorageError : the folder cannot be written.
    """
    if seed < 0:
        raise ValueError(f"the seed is {seed}; use a whole number from 0")
    with storage_errors(out_dir):
        (out_dir / HOST).mkdir(parents=True, exist_ok=True)
    built = _build(seed)
    digests = {
        f"https://{HOST}/{path}": hashlib.sha256(data).hexdigest() for path, data in built.files.items()
    }
    truth = _truth(seed, built, digests)
    with storage_errors(out_dir):
        for path, data in built.files.items():
            target = out_dir / HOST / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        (out_dir / TRUTH_FILE).write_text(truth.to_json(), encoding="utf-8")
        (out_dir / GENOME_FILE).write_bytes(genome_fasta())
        (out_dir / MADE_BY_FILE).write_text(_code_checksum() + "\n", encoding="utf-8")
    return truth


def is_current(out_dir: Path) -> bool:
    """Whether the folder is complete and was made by this version of the code."""
    made_by = out_dir / MADE_BY_FILE
    return made_by.is_file() and made_by.read_text(encoding="utf-8").strip() == _code_checksum()


@cache
def _code_checksum() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _build(seed: int) -> Built:
    people = draw_groups(seed)
    # A stream for each cohort's quirks, apart from those of the people.
    streams = np.random.SeedSequence([seed, 1]).spawn(len(_STREAMS))
    rng = {name: np.random.default_rng(stream) for name, stream in zip(_STREAMS, streams, strict=True)}
    untreated = control.build(people["control"], rng["control"])
    parts = (
        msk.build(people["msk"], people["nsclc"], rng["msk"]),
        luad.build(people["luad"], rng["luad"]),
        melanoma_a.build(people["melanoma_a"], rng["melanoma_a"]),
        melanoma_b.build(people["melanoma_b"], rng["melanoma_b"]),
        melanoma_c.build(people["melanoma_c"], rng["melanoma_c"]),
        melanoma_d.build(people["melanoma_d"], rng["melanoma_d"]),
        reuse.build(
            people["reuse"], people["melanoma_b"], people["luad"], people["melanoma_a"], rng["reuse"]
        ),
        trial.build(people["trial_alpha"], people["trial_beta"], rng["trial"]),
        untreated,
        signatures.build(untreated.patients, rng["signatures"]),
        pairs.build(people["pairs"], rng["pairs"]),
        immune.build(people["melanoma_c"], people["control"], rng["immune"]),
    )
    whole = Built()
    for part in parts:
        whole.join(part)
    return whole


def _truth(seed: int, built: Built, digests: dict[str, str]) -> Truth:
    if any(p.tmb_mut_per_mb is not None and math.isnan(p.tmb_mut_per_mb) for p in built.patients):
        raise ValueError("a sequenced patient has no burden: a cohort module lost one")
    return Truth(
        seed=seed,
        n_persons=len({patient.person_id for patient in built.patients}),
        hazard_ratios_icb=dict(effects.HAZARD_RATIOS_ICB),
        hazard_ratios_control=dict(effects.HAZARD_RATIOS_CONTROL),
        hazard_ratio_log2_tmb_icb=effects.HAZARD_RATIO_LOG2_TMB_ICB,
        hazard_ratio_log2_tmb_control=effects.HAZARD_RATIO_LOG2_TMB_CONTROL,
        hazard_ratio_icb_arm=effects.HAZARD_RATIO_ICB_ARM,
        reference_log2_tmb=effects.REFERENCE_LOG2_TMB,
        response_rate_mutated=round(sum(effects.RESPONSE_MUTATED[:2]), 6),
        response_rate_wild_type=round(sum(effects.RESPONSE_WILD_TYPE[:2]), 6),
        disease_control_rate_mutated=round(sum(effects.RESPONSE_MUTATED[:3]), 6),
        disease_control_rate_wild_type=round(sum(effects.RESPONSE_WILD_TYPE[:3]), 6),
        predictive_gene=effects.PREDICTIVE_GENE,
        prognostic_gene=effects.PROGNOSTIC_GENE,
        null_genes=effects.NULL_GENES,
        shadow_genes=effects.SHADOW_GENES,
        expression_shift_log2=dict.fromkeys(effects.EXPRESSION_SHIFT_GENES, effects.EXPRESSION_SHIFT_LOG2),
        expression_shift_set=effects.EXPRESSION_SHIFT_SET,
        expression_shift_set_log2=effects.EXPRESSION_SHIFT_SET_LOG2,
        leukocyte_shift=effects.LEUKOCYTE_SHIFT,
        patients=tuple(built.patients),
        overlaps=tuple(built.overlaps),
        false_friends=tuple(built.false_friends),
        resistance_events=tuple(built.resistance_events),
        pair_mutations=tuple(built.pair_mutations),
        exposures=tuple(built.exposures),
        planted_rows=tuple(built.planted_rows),
        files=digests,
    )
