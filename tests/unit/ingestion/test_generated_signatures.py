"""The generated spectra, signatures and genome: read as planted, and in step with the calls."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
from generated_help import made, parsed

from ingestion.demo_files import GENOME_FILE
from ingestion.generated.generate import MADE_BY_FILE, is_current
from ingestion.generated.spec import planted_signatures

CONTROL = "demo_control_2018"


def exposures() -> pd.DataFrame:
    rows = [(t.sample_id, t.signature, t.n_mutations) for t in made().truth.exposures]
    return pd.DataFrame(rows, columns=["sample_id", "signature", "n"]).pivot(
        index="sample_id", columns="signature", values="n"
    )


def genome() -> dict[str, tuple[int, str]]:
    """chromosome:first-last -> first base's position and the bases."""
    text = (made().folder / GENOME_FILE).read_text()
    found = {}
    for contig in text[1:].split(">"):
        header, *lines = contig.splitlines()
        found[header.split()[0]] = (int(re.split("[:-]", header)[1]), "".join(lines))
    return found


def test_counts_follow_the_planted_exposures_and_the_published_ones_are_their_whole_numbers() -> None:
    truth = exposures().fillna(0.0)
    cells = parsed(CONTROL, "mutation_spectra")["mutation_spectra"]
    totals = cells.assign(n=cells["n_mutations"].astype(int)).groupby("sample_id")["n"].sum()
    totals = totals.reindex(truth.index).fillna(0)
    spread = (totals - truth.sum(axis=1)) / np.sqrt(truth.sum(axis=1))
    assert abs(spread.mean()) < 0.2 and 0.8 < spread.std() < 1.2  # Poisson
    published = parsed(CONTROL, "published_exposures")["published_exposures"]
    wide = published.pivot(index="sample_id", columns="signature", values="n_mutations").astype(float)
    wide = wide.reindex(index=truth.index, columns=truth.columns).fillna(0.0)
    pd.testing.assert_frame_equal(wide, truth.round(), check_names=False, atol=0.51)


def test_one_signature_goes_with_the_gene_and_two_are_in_nobody() -> None:
    has = exposures()
    assert not set(planted_signatures().nowhere) & set(has.columns)
    carriers = {p.sample_id for p in made().truth.cohort(CONTROL) if planted_signatures().gene in p.mutated}
    mutated = has.index.isin(list(carriers))
    assert mutated.sum() >= 20
    assert (
        abs(
            has.loc[mutated, planted_signatures().of_the_gene].notna().mean()
            - planted_signatures().share_mutated
        )
        < 0.25
    )
    assert (
        abs(
            has.loc[~mutated, planted_signatures().of_the_gene].notna().mean()
            - planted_signatures().share_wild_type
        )
        < 0.06
    )


def test_every_substitution_of_every_call_set_has_the_base_of_the_generated_genome() -> None:
    slices = genome()
    n_checked = 0
    for cohort, file in ((CONTROL, "mutations"), ("demo_melanoma_b", "mutations")):
        calls = parsed(cohort, file)["mutations"]
        # planted outside the exome's genes: an antibody locus, a contig without a chromosome, the mitochondrion
        calls = calls[~calls["hugo_symbol"].isin(["abParts", "Unknown", "MT-ND1"])]
        ref, alt = calls["reference_allele"], calls["tumor_seq_allele2"]
        calls = calls[ref.str.fullmatch("[ACGT]").eq(True) & alt.str.fullmatch("[ACGT]").eq(True)]
        for row in calls.head(2000).itertuples():
            chromosome, position = str(row.chromosome).removeprefix("chr"), int(row.start_position)
            first, bases = next(
                (start, text)
                for name, (start, text) in slices.items()
                if name.split(":")[0] == chromosome and start < position < start + len(text) - 1
            )
            assert bases[position - first] == row.reference_allele
            n_checked += 1
    assert n_checked > 2000


def test_a_folder_that_other_code_made_or_that_is_not_complete_is_not_current(tmp_path: Path) -> None:
    assert is_current(made().folder)
    assert not is_current(tmp_path)
    (tmp_path / MADE_BY_FILE).write_text("0" * 64)
    assert not is_current(tmp_path)
