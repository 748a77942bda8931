"""Which signatures the samples of an analysis have: refit or published exposures, presence, and why not.

Takes tables under one key a sample and gives one object that presence and survival are read off. Queries, result
rows and figures do not belong here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics.errors import MissingColumnError, NoRowsError
from analytics.signatures.bootstrap import bootstrap_exposures
from analytics.signatures.signatures import (
    ExposureResult,
    SignatureSet,
    opportunity_ratio,
    refit_signatures,
    to_exome,
)
from analytics.signatures.spec import SignatureVariant
from analytics.signatures.spectra import CHANNELS, Spectra


@dataclass(frozen=True)
class SampleSignatures:
    """Signatures of samples.

    Attributes
    ----------
    presence : [sample, signature] True, False, or None for a sample that was refused.
    exposures : [sample, signature] substitutions; NaN for a refused sample.
    samples : one row a sample: ``n_snvs``, ``reconstruction_cosine``, ``reason`` (null where fitted).
    intervals : rows of sample, signature and bootstrap intervals; empty where none was drawn.
    about : reference_id, reference_sha256, cosmic_version, target, n_resamples, seed; the same for every row.
    warnings : plain sentences.
    unavailable : why nothing could be fitted at all (no genome, no such reference), else null.
    """

    presence: pd.DataFrame
    exposures: pd.DataFrame
    samples: pd.DataFrame
    intervals: pd.DataFrame
    about: dict[str, str | int | None]
    warnings: tuple[str, ...]
    unavailable: str | None = None

    @property
    def is_fitted(self) -> pd.Series:
        return self.samples["reason"].isna()


def nothing_fitted(sample_keys: Sequence[str], reason: str, reference_id: str | None) -> SampleSignatures:
    """No sample has signatures, for one reason: it goes to every row that would have been a number."""
    index = pd.Index(sample_keys)
    samples = pd.DataFrame({"n_snvs": None, "reconstruction_cosine": np.nan, "reason": reason}, index=index)
    empty = pd.DataFrame(index=index)
    about: dict[str, str | int | None] = {"reference_id": reference_id}
    return SampleSignatures(empty, empty, samples, pd.DataFrame(), about, (reason,), reason)


def with_refused(found: SampleSignatures, reasons: pd.Series) -> SampleSignatures:
    """The same with further samples that could not be fitted: ``reasons`` by sample."""
    more = reasons[~reasons.index.isin(found.samples.index)]
    if more.empty:
        return found
    index = found.samples.index.append(more.index)
    samples = found.samples.reindex(index)
    samples.loc[more.index, "reason"] = more
    counted = more.groupby(more).size()
    return replace(
        found,
        presence=found.presence.reindex(index)
        .astype(object)
        .where(found.presence.reindex(index).notna(), None),
        exposures=found.exposures.reindex(index),
        samples=samples,
        warnings=(
            *found.warnings,
            *(f"{n} samples without signatures: {why}." for why, n in counted.items()),
        ),
    )


def reference_set(profiles: pd.DataFrame, variant: SignatureVariant) -> SignatureSet:
    """The reference signatures of a variant.

    ``profiles`` : rows of marts.signature_profiles of every reference. Raises MissingColumnError when a reference or
    an excluded signature is not among them.
    """
    assert variant.reference is not None
    chosen = _one_reference(profiles, variant.reference)
    if variant.exome_like is not None:
        ratio = opportunity_ratio(chosen, _one_reference(profiles, variant.exome_like))
        chosen = to_exome(chosen, ratio)
    unknown = [name for name in variant.excluded if name not in chosen.names]
    if unknown:
        raise MissingColumnError(
            f"Reference '{variant.reference}' has no signature '{unknown[0]}' to exclude: correct the list."
        )
    return chosen.select([name for name in chosen.names if name not in variant.excluded])


def _one_reference(profiles: pd.DataFrame, reference_id: str) -> SignatureSet:
    rows = profiles[profiles["reference_id"] == reference_id]
    if rows.empty:
        known = ", ".join(sorted(profiles["reference_id"].unique())) or "none"
        raise MissingColumnError(f"There is no signature reference '{reference_id}'; known: {known}.")
    wide = rows.pivot(index="channel", columns="signature", values="probability").reindex(list(CHANNELS))
    first = rows.iloc[0]
    return SignatureSet(
        reference_id, str(first["cosmic_version"]), str(first["target"]), wide[in_order(wide.columns)]
    )


def in_order(signatures: Sequence[str] | pd.Index) -> list[str]:
    """SBS1, SBS2, ... SBS7a, SBS7b, ... SBS10a."""

    def number(name: str) -> tuple[int, str]:
        digits = "".join(c for c in name if c.isdigit())
        return (int(digits or 0), name)

    return sorted((str(name) for name in signatures), key=number)


def refit_samples(
    spectra: Spectra,
    signatures: SignatureSet,
    variant: SignatureVariant,
    *,
    assay: pd.Series,
    kinds: pd.Series,
    published: pd.DataFrame | None,
    drawn: Sequence[str],
) -> SampleSignatures:
    """Refit every sample by the rules of a variant.

    Parameters
    ----------
    assay, kinds : assay and cancer type of each sample of ``spectra``.
    published : published exposures [sample, signature], from which candidates of a type are taken; None if there are
        none.
    drawn : samples for which intervals are drawn.

    Raises NoRowsError when candidates are asked for and nothing was published; the errors of `refit_signatures`.
    """
    candidates = None
    if variant.candidates == "published_in_type":
        candidates = _published_in_type(published, kinds, signatures, variant.min_share_of_type)
    result = refit_signatures(
        spectra,
        signatures,
        assay=assay,
        candidates=candidates,
        group=kinds,
        max_cosine_loss=variant.max_cosine_loss,
        min_mutations=variant.min_mutations,
    )
    presence = result.presence(min_fraction=variant.min_fraction, min_exposure=variant.min_exposure)
    samples = pd.DataFrame(
        {
            "n_snvs": result.samples["n_mutations"],
            "reconstruction_cosine": result.samples["cosine_similarity"],
            "reason": result.samples["reason"],
        }
    )
    about: dict[str, str | int | None] = {
        "reference_id": variant.reference,
        "reference_sha256": result.sha256,
        "cosmic_version": result.version,
        "target": result.target,
    }
    intervals = pd.DataFrame()
    wanted = [sample for sample in drawn if bool(result.samples["is_refitted"].get(sample, False))]
    if variant.bootstrap is not None and wanted:
        intervals = _draw(spectra, signatures, result, variant, candidates, kinds, wanted)
        about |= {"n_resamples": variant.bootstrap.resamples, "seed": variant.bootstrap.seed}
    return SampleSignatures(presence, result.exposures, samples, intervals, about, result.warnings)


def _published_in_type(
    published: pd.DataFrame | None, kinds: pd.Series, signatures: SignatureSet, least: float
) -> Mapping[str, Sequence[str]]:
    if published is None or published.empty:
        raise NoRowsError(
            "Candidates by cancer type come from published exposures, and these samples have none."
        )
    shares = (published > 0).groupby(kinds.reindex(published.index)).mean()
    found = {
        str(kind): [name for name in shares.columns if row[name] > least and name in signatures.names]
        for kind, row in shares.iterrows()
    }
    return {kind: names for kind, names in found.items() if names}


def _draw(
    spectra: Spectra,
    signatures: SignatureSet,
    result: ExposureResult,
    variant: SignatureVariant,
    candidates: Mapping[str, Sequence[str]] | None,
    kinds: pd.Series,
    wanted: Sequence[str],
) -> pd.DataFrame:
    assert variant.bootstrap is not None
    part = ExposureResult(
        **{
            **{name: getattr(result, name) for name in result.__dataclass_fields__},
            "exposures": result.exposures.loc[list(wanted)],
            "samples": result.samples.loc[list(wanted)],
        }
    )
    return bootstrap_exposures(
        spectra,
        signatures,
        part,
        candidates=candidates,
        group=kinds,
        n_bootstrap=variant.bootstrap.resamples,
        seed=variant.bootstrap.seed,
        max_cosine_loss=variant.max_cosine_loss,
    )


def published_samples(
    published: pd.DataFrame, listed: pd.DataFrame, variant: SignatureVariant
) -> SampleSignatures:
    """Published exposures by the same rule of presence.

    ``published`` : [sample, signature], zeros filled in. ``listed`` : ``n_mutations`` and ``cosine_similarity`` of each
    of its samples.
    """
    totals = published.sum(axis=1)
    shares = published.div(totals.where(totals > 0), axis=0)
    n_snvs = listed["n_mutations"].round().astype(np.int64)
    few = n_snvs < variant.min_mutations
    reason = pd.Series([None] * len(published), index=published.index, dtype=object)
    reason[few] = [f"{n} substitutions, fewer than {variant.min_mutations}" for n in n_snvs[few]]
    found = (shares >= variant.min_fraction) & (published >= variant.min_exposure) & (published > 0)
    samples = pd.DataFrame(
        {"n_snvs": n_snvs, "reconstruction_cosine": listed["cosine_similarity"], "reason": reason}
    )
    return SampleSignatures(
        presence=found.astype(object).where(~few, None),
        exposures=published.where(~few, np.nan),
        samples=samples,
        intervals=pd.DataFrame(),
        about={"reference_id": "published exposures"},
        warnings=(),
    )


def exposure_rows(found: SampleSignatures, members: pd.DataFrame) -> pd.DataFrame:
    """Rows of stats.signature_exposures for the members' samples (column ``sample_key``): one an exposure above 0, one
    a refused sample."""
    keyed = members.drop_duplicates("sample_key").set_index("sample_key")
    names = ["cohort_id", "patient_id", "person_id", "sample_id"]
    exposures = found.exposures.loc[found.exposures.index.isin(keyed.index)]
    totals = exposures.sum(axis=1)
    row, column = np.nonzero(exposures.fillna(0.0).to_numpy() > 0)
    keys, signatures = exposures.index[row], exposures.columns[column]
    values = exposures.to_numpy()[row, column]
    present = found.presence.loc[exposures.index, exposures.columns].to_numpy()[row, column]
    rows = pd.DataFrame(
        {"sample_key": keys, "signature": signatures, "exposure": values, "is_present": present}
    )
    rows["share"] = values / totals.loc[keys].to_numpy()
    if len(found.intervals):
        drawn = found.intervals.rename(
            columns={
                "sample_id": "sample_key", "fraction_ci_low": "share_ci_low", "fraction_ci_high": "share_ci_high",
                "share_present": "share_of_resamples",
            }
        ).drop(columns=["exposure", "fraction"])  # fmt: skip
        rows = rows.merge(drawn, on=["sample_key", "signature"], how="left")
    refused = found.samples.loc[exposures.index, "reason"].dropna()
    rows = pd.concat(
        [rows, pd.DataFrame({"sample_key": refused.index, "warnings": refused.to_numpy()})], ignore_index=True
    )
    of_sample = found.samples.loc[rows["sample_key"], ["n_snvs", "reconstruction_cosine"]].reset_index(
        drop=True
    )
    of_member = keyed.loc[rows["sample_key"], names].reset_index(drop=True)
    table = pd.concat([of_member, rows.drop(columns="sample_key"), of_sample], axis=1)
    about = dict(found.about)
    if "share_of_resamples" not in table:
        return table.assign(**about)
    was_drawn = table["share_of_resamples"].notna()
    resampling = {name: about.pop(name) for name in ("n_resamples", "seed") if name in about}
    table = table.assign(**about)
    for name, value in resampling.items():
        table[name] = pd.Series(value, index=table.index).where(was_drawn)
    return table
