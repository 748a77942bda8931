"""Mutational signatures of the people's index samples: refit, presence by the status of a gene, survival beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.errors import AnalysisError
from analytics.questions.kind import Kind
from analytics.questions.selection import Selection, select_members
from analytics.results.gathered import AnalysisResult, Gathered, Provenance
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Scope
from analytics.signatures.estimate import (
    SignedMembers,
    agreement_statistics,
    coverage_statistics,
    presence_statistics,
)
from analytics.signatures.figures import signature_figures, spectrum_picture
from analytics.signatures.reference_genome import MissingGenomeError, open_genome
from analytics.signatures.samples import (
    SampleSignatures,
    exposure_rows,
    nothing_fitted,
    published_samples,
    reference_set,
    refit_samples,
    with_refused,
)
from analytics.signatures.source import SignatureSource
from analytics.signatures.spec import SignatureSpec, SignatureVariant
from analytics.signatures.spectra import Spectra
from analytics.signatures.survival import presence_survival
from analytics.signatures.tables import SignatureSurvivalStatistic

#: Members of the presence statistics; no clock is asked of them.
PRESENCE = "presence"
_NO_SPECTRUM = "no spectrum of the sample"
_NO_EXPOSURES = "no published exposures of the sample"
_SET_GENOME = "set ICB_REFERENCE_GENOME to a FASTA or 2bit file of {build} and run again"


@dataclass(frozen=True)
class _Samples:
    """What is known of the samples before any fit. ``failed`` : why there is no spectrum of anybody."""

    spectra: Spectra | None
    missing: pd.Series
    failed: str | None
    published: pd.DataFrame
    listed: pd.DataFrame
    profiles: pd.DataFrame
    genome: str | None


@dataclass(frozen=True)
class _Asked:
    """One question on an open warehouse: frames of people by endpoint, and their samples."""

    spec: SignatureSpec
    gathered: Gathered
    frames: dict[str, pd.DataFrame]
    samples: _Samples


def run(source: SignatureSource, spec: SignatureSpec, provenance: Provenance) -> AnalysisResult:
    """Every variant of a spec."""
    cohorts = (*spec.cohorts, *spec.awaited_cohorts)
    frames: dict[str, pd.DataFrame] = {
        endpoint: _keyed(source.analysis_frame(spec.gene, endpoint, cohorts)) for endpoint in spec.endpoints
    }
    samples = _samples(source, spec, cohorts, frames[spec.endpoints[0]], provenance)
    asked = _Asked(spec, Gathered(spec, spec.variants, provenance), frames, samples)
    for name in spec.variants:
        _one_variant(asked, name)
    return asked.gathered.result()


def _one_variant(asked: _Asked, name: str) -> None:
    spec, gathered, samples = asked.spec, asked.gathered, asked.samples
    variant, scope, contrast = (
        spec.variants[name],
        Scope(spec.analysis_id, name, PRESENCE),
        Contrast.of_gene(spec.gene),
    )
    people = asked.frames[spec.endpoints[0]]
    selection = select_members(people, variant, spec.where, icb_only=spec.icb_only, requires_endpoint=False)
    members = selection.members
    with_endpoint = {
        endpoint: select_members(frame, variant, spec.where, icb_only=spec.icb_only, origin=spec.origin)
        for endpoint, frame in (asked.frames.items() if variant.estimators else ())
    }
    # A person in two cohorts may count in one for presence, and in the other, which has follow-up, for survival.
    everyone = pd.concat([members, *(selected.members for selected in with_endpoint.values())])
    found = _fitted(spec, variant, samples, everyone)
    signed = SignedMembers(scope, RowSets(), members, found, contrast)
    frequency, comparison = presence_statistics(signed, variant, spec.highlighted)
    if variant.source == "refit" and len(samples.published.columns) and found.unavailable is None:
        published = published_samples(samples.published, samples.listed, variant)
        more = agreement_statistics(signed, published)
        frequency, comparison = frequency + more[0], comparison + more[1]
    frequency = [*coverage_statistics(signed), *frequency]
    gathered.add_members(scope, selection, signed.sets)
    gathered.add(frequency)
    gathered.add(comparison)
    exposures = exposure_rows(found, everyone)
    gathered.add_frame("signature_exposures", exposures.assign(**_labels(spec, name, variant, samples)))
    survival = _survival(asked, signed, variant, with_endpoint)
    gathered.figures |= signature_figures(spec, name, frequency, comparison, survival)
    if samples.spectra is not None and name == next(iter(spec.variants)):
        gathered.figures |= spectrum_picture(spec, members, samples.spectra)


def _survival(
    asked: _Asked, signed: SignedMembers, variant: SignatureVariant, with_endpoint: dict[str, Selection]
) -> list[SignatureSurvivalStatistic]:
    """Survival at every endpoint, with its members."""
    found: list[SignatureSurvivalStatistic] = []
    for endpoint, selected in with_endpoint.items():
        scope = replace(signed.scope, endpoint=endpoint)
        people = replace(signed, scope=scope, sets=RowSets(), members=selected.members)
        rows = presence_survival(people, variant, endpoint.lower(), asked.spec.highlighted)
        asked.gathered.add_members(scope, selected, people.sets)
        asked.gathered.add(rows)
        found += rows
    return found


def _keyed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(sample_key=frame["cohort_id"] + "/" + frame["sample_id"])


def _samples(
    source: SignatureSource,
    spec: SignatureSpec,
    cohorts: Sequence[str],
    people: pd.DataFrame,
    provenance: Provenance,
) -> _Samples:
    published, listed = source.published_exposures(cohorts)
    nobody = pd.Series(dtype=object)
    known = _Samples(None, nobody, None, published, listed, source.signature_profiles(), None)
    if spec.spectra == "table":
        spectra = source.spectra_of_tables(cohorts)
        failed = None if spectra is not None else "The cohorts have no published table of spectra."
        return replace(known, spectra=spectra, failed=failed)
    is_doubtful = people["is_undetermined"].astype(bool)
    sequenced = people.loc[
        people["is_profiled"].astype(bool) & ~is_doubtful & people["sample_key"].notna(), "sample_key"
    ]
    doubts = people[is_doubtful & people["sample_key"].notna()].set_index("sample_key")["undetermined_reason"]
    try:
        genome = open_genome(provenance.reference_genome)
        spectra, missing = source.spectra_of_calls(
            cohorts, sequenced.unique().tolist(), genome, spec.ncbi_build
        )
    except MissingGenomeError as exc:
        found = "" if provenance.reference_genome is None else f" {exc}"
        sentence = f"Calls need a reference genome to have trinucleotides: {_SET_GENOME.format(build=spec.ncbi_build)}."
        return replace(known, failed=f"{sentence}{found}")
    except AnalysisError as exc:
        return replace(known, failed=str(exc))
    missing = pd.concat([missing, doubts])  # no call of theirs is believed: they have no spectrum of zeros
    return replace(known, spectra=spectra, missing=missing, genome=genome.description)


def _fitted(
    spec: SignatureSpec, variant: SignatureVariant, samples: _Samples, members: pd.DataFrame
) -> SampleSignatures:
    """Signatures of the members' samples by the rules of a variant; with the reason where there can be none."""
    keyed = members[members["sample_key"].notna()].drop_duplicates("sample_key").set_index("sample_key")
    if variant.source == "published":
        inside = samples.published.index.isin(keyed.index)
        found = published_samples(samples.published[inside], samples.listed[inside], variant)
        return with_refused(found, pd.Series(_NO_EXPOSURES, index=keyed.index))
    if samples.spectra is None:
        return nothing_fitted(keyed.index.tolist(), str(samples.failed), variant.reference)
    counts = samples.spectra.counts
    spectra = replace(samples.spectra, counts=counts[counts.index.isin(keyed.index)])
    assay = keyed["assay_kind"].reindex(spectra.counts.index)
    drawn = (
        keyed.index[keyed["in_group"]]
        if variant.bootstrap and variant.bootstrap.samples == "mutated"
        else keyed.index
    )
    try:
        found = refit_samples(
            spectra,
            reference_set(samples.profiles, variant),
            variant,
            assay=assay.where(assay.isin(["exome", "genome", "panel"])),
            kinds=keyed[spec.type_column].reindex(spectra.counts.index),
            published=samples.published if len(samples.published.columns) else None,
            drawn=drawn.tolist(),
        )
    except AnalysisError as exc:
        return nothing_fitted(keyed.index.tolist(), str(exc), variant.reference)
    missing = samples.missing.reindex(keyed.index).fillna(_NO_SPECTRUM)
    return with_refused(found, missing)


def _labels(
    spec: SignatureSpec, name: str, variant: SignatureVariant, samples: _Samples
) -> dict[str, str | None]:
    source = "published" if variant.source == "published" else spec.spectra
    return {
        "analysis_id": spec.analysis_id,
        "variant": name,
        "spectrum_source": source,
        "reference_genome": samples.genome,
        "ncbi_build": spec.ncbi_build if samples.genome else None,
    }


KIND = Kind(
    "signatures",
    SignatureSpec,
    run,
    marts=(
        "call_sets", "counted_mutations", "mutation_spectra", "published_exposures", "signature_profiles",
        "signature_samples",
    ),
    reads_genome=True,
)  # fmt: skip
