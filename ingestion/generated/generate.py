"""Writes all generated cohorts as a mirror folder, and the truth beside it.

Only the order of the parts is here; what each cohort looks like is its file in ``cohorts/``.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from ingestion.fetching.store import storage_errors
from ingestion.generated.cells import blame
from ingestion.generated.data_files import COHORTS, HERE
from ingestion.generated.effects import effects
from ingestion.generated.genome import GENOME_FILE, genome_fasta
from ingestion.generated.people import draw_people
from ingestion.generated.quirks.biopsies import add_events
from ingestion.generated.quirks.samples import SAMPLES
from ingestion.generated.rosters import Roster, add_truth, build_roster
from ingestion.generated.signatures import add_signatures
from ingestion.generated.spec import Source, sources
from ingestion.generated.tables import add_files
from ingestion.generated.truth import HOST, Built, Truth

DEFAULT_SEED = 20260101
TRUTH_FILE = "truth.json"
#: Written last: a checksum of the code and data that made the folder.
MADE_BY_FILE = "generator.sha256"


def generate(out_dir: Path, seed: int = DEFAULT_SEED, cohorts: Path = COHORTS) -> Truth:
    """Write the raw files of every demo cohort to ``<out_dir>/synthetic.invalid/`` and return what was planted.

    Reading with ``ICB_MIRROR=<out_dir>`` finds them at ``https://synthetic.invalid/<name>``. The same seed
    gives the same bytes; files of another seed are overwritten. Beside the host lie the truth and the genome of
    the calls, which no address reaches: a user's genome is no source either.

    Parameters
    ----------
    out_dir : the mirror folder; made when it does not exist.
    seed : any whole number from 0.
    cohorts : the folder whose files say what is generated.

    Raises
    ------
    ValueError : a negative seed.
    CatalogError : a file of ``cohorts`` is wrong.
    DiskFullError, StorageError : the folder cannot be written.
    """
    if seed < 0:
        raise ValueError(f"the seed is {seed}; use a whole number from 0")
    with storage_errors(out_dir):
        (out_dir / HOST).mkdir(parents=True, exist_ok=True)
    built = _build(seed, sources(cohorts))
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
    for path in sorted(path for kind in ("py", "yaml", "tsv") for path in HERE.rglob(f"*.{kind}")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _build(seed: int, specs: Sequence[Source]) -> Built:
    people = {
        group.name: draw_people(_stream([seed], group.stream), group)
        for source in specs
        for group in source.groups
    }
    built = Built()
    rosters: dict[str, Roster] = {}
    for source in specs:
        # A stream for each file's quirks, apart from those of the people.
        rng = _stream([seed, 1], source.stream)
        shown: dict[str, Roster] = {}
        for spec in source.cohorts:
            with blame(spec.cohort_id):
                roster = build_roster(spec, people, rosters | shown, rng)
                roster = SAMPLES[spec.quirk](roster, rng) if spec.quirk else roster
                add_truth(roster, built, rng)
            shown[spec.cohort_id] = roster
            add_events(roster, built)
        rosters = shown | rosters
        add_files(source, shown, rng, built)
        if source.signatures is not None:
            patients = [p for p in built.patients if p.cohort_id == source.signatures.cohort]
            add_signatures(source.signatures, patients, rng, built)
    return built


def _stream(entropy: list[int], number: int) -> np.random.Generator:
    """The random stream of this number, whatever other streams there are."""
    return np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=(number,)))


def _truth(seed: int, built: Built, digests: dict[str, str]) -> Truth:
    if any(p.tmb_mut_per_mb is not None and math.isnan(p.tmb_mut_per_mb) for p in built.patients):
        raise ValueError("a sequenced patient has no burden: a cohort module lost one")
    planted = effects()
    mutated, wild_type = planted.response_mutated, planted.response_wild_type
    same = (
        "hazard_ratios_icb", "hazard_ratios_control", "hazard_ratio_log2_tmb_icb", "hazard_ratio_log2_tmb_control",
        "hazard_ratio_icb_arm", "reference_log2_tmb", "predictive_gene", "prognostic_gene", "null_genes",
        "shadow_genes", "masked_gene", "sparse_gene", "expression_shift_log2", "expression_shift_set_log2",
        "leukocyte_shift",
    )  # fmt: skip
    return Truth(
        seed=seed,
        n_persons=len({patient.person_id for patient in built.patients}),
        **{name: getattr(planted, name) for name in same},
        response_rate_mutated=round(mutated["CR"] + mutated["PR"], 6),
        response_rate_wild_type=round(wild_type["CR"] + wild_type["PR"], 6),
        disease_control_rate_mutated=round(1 - mutated["PD"], 6),
        disease_control_rate_wild_type=round(1 - wild_type["PD"], 6),
        expression_shift_set=planted.gene_lists["repair"],
        patients=tuple(built.patients),
        overlaps=tuple(built.overlaps),
        false_friends=tuple(built.false_friends),
        resistance_events=tuple(built.resistance_events),
        pair_mutations=tuple(built.pair_mutations),
        exposures=tuple(built.exposures),
        planted_rows=tuple(built.planted_rows),
        files=digests,
    )
