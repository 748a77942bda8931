"""Mutational signatures: reference sets with version and hash, refit of spectra, presence, guards.

What does NOT belong here: the solver (`nnls`), counting mutations (`spectra`), intervals
(`bootstrap`), association with outcome (the survival and comparison functions do that).

Sources: Alexandrov et al. 2020 (signatures, exome renormalisation); Manders et al. 2022 (sparse refit).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from analytics.engine.arrays import FloatArray, IntArray
from analytics.engine.nnls import solve_nnls
from analytics.errors import InvalidColumnError, InvalidSettingError, MissingColumnError, NoRowsError
from analytics.signatures.spectra import CHANNELS, Spectra

MIN_MUTATIONS: Final = 50
# MutationalPatterns' default: the loss of cosine similarity at which a signature is kept.
MAX_COSINE_LOSS: Final = 0.004
POLISH_ROUNDS: Final = 50
GENOME, EXOME, PANEL = "genome", "exome", "panel"


@dataclass(frozen=True, eq=False)
class SignatureSet:
    """Reference signatures: `profiles` [channel in the order of CHANNELS, signature], columns sum to 1.

    `target` says which opportunities the profiles hold: 'genome' or 'exome'. `sha256` is over the rounded
    numbers with their names, so that the same profiles have the same hash from any file.
    """

    name: str
    version: str
    target: str
    profiles: pd.DataFrame
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        if self.target not in (GENOME, EXOME):
            raise InvalidSettingError(
                f"Signature target '{self.target}' is unknown: use 'genome' or 'exome'."
            )
        values = self.profiles.to_numpy(dtype=np.float64)
        if list(self.profiles.index) != list(CHANNELS) or (values < 0).any():
            raise InvalidColumnError(
                f"The profiles of {self.name} are not non-negative numbers in 96 channels."
            )
        sums = values.sum(axis=0)
        # Published tables are rounded; a column far from 1 is not a signature.
        if len(sums) == 0 or (np.abs(sums - 1.0) > 0.02).any():
            raise InvalidColumnError(
                f"A profile of {self.name} does not sum to 1: give proportions per signature."
            )
        object.__setattr__(self, "profiles", pd.DataFrame(values / sums, CHANNELS, self.profiles.columns))
        lines = [
            f"{name} " + " ".join(f"{v:.8f}" for v in self.profiles[name]) for name in sorted(self.names)
        ]
        object.__setattr__(self, "sha256", hashlib.sha256("\n".join(lines).encode()).hexdigest())

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(str(name) for name in self.profiles.columns)

    def select(self, names: Sequence[str]) -> SignatureSet:
        """The same set with only the named signatures. Raises MissingColumnError for one that it lacks."""
        for name in names:
            if name not in self.profiles.columns:
                raise MissingColumnError(
                    f"{self.name} {self.version} has no signature '{name}': check the version."
                )
        return SignatureSet(self.name, self.version, self.target, self.profiles[list(names)])


@dataclass(frozen=True)
class ExposureResult:
    """Exposures [sample, signature] in mutations, NaN for refused samples.

    `samples` has one row per sample with n_mutations, n_signatures, cosine_similarity, is_refitted and
    reason. The reference's name, version, target and sha256 are kept for the results table.
    """

    exposures: pd.DataFrame
    samples: pd.DataFrame
    reference: str
    version: str
    target: str
    sha256: str
    max_cosine_loss: float | None
    min_mutations: int
    warnings: tuple[str, ...]

    @property
    def fractions(self) -> pd.DataFrame:
        """Exposures as shares of their sum."""
        return self.exposures.div(self.exposures.sum(axis=1), axis=0)

    def presence(self, *, min_fraction: float = 0.05, min_exposure: float = 10.0) -> pd.DataFrame:
        """Boolean [sample, signature]: present when its share and its mutations both reach the minimum.

        Samples that were not refitted are missing (None), not absent. Raises InvalidSettingError.
        """
        if not 0.0 <= min_fraction < 1.0 or min_exposure < 0.0:
            raise InvalidSettingError(
                f"Presence needs a share below 1 and mutations from 0, not {min_fraction} and {min_exposure}."
            )
        found = (self.fractions >= min_fraction) & (self.exposures >= min_exposure) & (self.exposures > 0)
        return found.astype(object).where(self.samples["is_refitted"], None)


def opportunity_ratio(genome_set: SignatureSet, exome_set: SignatureSet) -> pd.Series:
    """Exome over genome opportunity per channel [96], from the same signatures published for both.

    COSMIC's exome profile is the genome profile times this ratio, rescaled, so the log ratio of the two is
    channel + signature; the channel part is it up to a constant, which no refit depends on (mean 0 here).
    Raises NoRowsError without shared signatures, InvalidSettingError when the targets are not genome, exome.
    """
    if (genome_set.target, exome_set.target) != (GENOME, EXOME):
        raise InvalidSettingError("The opportunity ratio needs a genome set first and an exome set second.")
    shared = [name for name in genome_set.names if name in exome_set.names]
    if not shared:
        raise NoRowsError("The two sets share no signature, so their opportunities cannot be compared.")
    genome = genome_set.profiles[shared].to_numpy()
    exome = exome_set.profiles[shared].to_numpy()
    # Small entries are rounded in the published tables.
    usable = (genome > 1e-4) & (exome > 1e-4)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(usable, np.log(exome) - np.log(genome), np.nan)
    # Median polish: each profile has its own rescaling, and a revised profile must not move the ratio.
    ratio = np.zeros(len(CHANNELS))
    for _ in range(POLISH_ROUNDS):
        scale = np.nanmedian(logs - ratio[:, None], axis=0)
        ratio = np.nanmedian(logs - scale, axis=1)
    return pd.Series(np.exp(ratio - ratio.mean()), index=pd.Index(CHANNELS), name="exome_over_genome")


def to_exome(signatures: SignatureSet, ratio: pd.Series) -> SignatureSet:
    """A genome set on exome opportunities: each channel times `ratio`, columns rescaled to 1.

    Raises InvalidSettingError when the set is for exomes already, InvalidColumnError for a ratio that is not
    a positive number for each of the 96 channels.
    """
    if signatures.target == EXOME:
        raise InvalidSettingError(
            f"{signatures.name} {signatures.version} is for exomes already: use it as it is."
        )
    weights = ratio.reindex(list(CHANNELS)).to_numpy(dtype=np.float64)
    if not (np.isfinite(weights) & (weights > 0)).all():
        raise InvalidColumnError(
            "The opportunity ratio is not a positive number for each of the 96 channels."
        )
    scaled = signatures.profiles.mul(weights, axis=0)
    return SignatureSet(
        f"{signatures.name} (exome opportunities)", signatures.version, EXOME, scaled / scaled.sum(axis=0)
    )


def refit_signatures(
    spectra: Spectra,
    signatures: SignatureSet,
    *,
    assay: str | pd.Series,
    candidates: Mapping[str, Sequence[str]] | None = None,
    group: pd.Series | None = None,
    max_cosine_loss: float | None = MAX_COSINE_LOSS,
    min_mutations: int = MIN_MUTATIONS,
    threads: int | None = None,
) -> ExposureResult:
    """Exposures of every sample to given signatures, by non-negative least squares.

    `assay` is 'genome', 'exome' or 'panel', for all samples or per sample_id. `max_cosine_loss` sets the
    sparse rule (see `nnls.solve_nnls`); None keeps the plain solution, which spreads noise over about twenty
    signatures. A sample is refused, with a reason, on a panel, below `min_mutations`, or when the assay is
    not the target of the signatures.

    `candidates` lists the signatures known in each cancer type and `group` gives the type per sample_id.
    Flat signatures (SBS3, 5, 40) can stand in for each other, so this matters: over 6,373 TCGA exomes the
    median cosine with the published exposures is 0.44 with all signatures open to all and 0.98 with those
    published in over 5 % of the type.

    Raises NoRowsError without samples, InvalidSettingError for an unknown assay, a negative loss or
    candidates without group, MissingColumnError for a candidate that the reference lacks.
    """
    if spectra.counts.empty:
        raise NoRowsError("There is no spectrum to refit: count mutations first.")
    if max_cosine_loss is not None and not 0.0 <= max_cosine_loss < 1.0:
        raise InvalidSettingError(
            f"max_cosine_loss {max_cosine_loss} is not between 0 and 1: use 0.004 or None."
        )
    counts = spectra.counts
    n_mutations = counts.sum(axis=1)
    reason = _refusals(counts.index, n_mutations, assay, signatures, min_mutations)
    fit = reason.isna().to_numpy()
    exposures, similarity = (
        np.full((len(counts), len(signatures.names)), np.nan),
        np.full(len(counts), np.nan),
    )
    open_to = candidate_blocks(counts.index[fit], signatures, candidates, group)
    exposures[fit], similarity[fit] = _solve(
        counts.to_numpy(dtype=np.float64)[fit], signatures, open_to, max_cosine_loss, threads
    )
    samples = pd.DataFrame(
        {
            "n_mutations": n_mutations.astype(np.int64),
            "n_signatures": np.where(fit, (np.nan_to_num(exposures) > 0).sum(axis=1), 0),
            "cosine_similarity": similarity,
            "is_refitted": fit,
            "reason": reason,
        },
        index=counts.index,
    )
    return ExposureResult(
        exposures=pd.DataFrame(exposures, index=counts.index, columns=list(signatures.names)),
        samples=samples,
        reference=signatures.name,
        version=signatures.version,
        target=signatures.target,
        sha256=signatures.sha256,
        max_cosine_loss=max_cosine_loss,
        min_mutations=min_mutations,
        warnings=(*spectra.warnings, *_refused_words(reason)),
    )


def _solve(
    x: FloatArray,
    signatures: SignatureSet,
    open_to: list[tuple[IntArray, IntArray]],
    max_cosine_loss: float | None,
    threads: int | None,
) -> tuple[FloatArray, FloatArray]:
    """Exposures of the samples x [sample, channel], and the cosine similarity of each with what they make."""
    profiles = signatures.profiles.to_numpy(dtype=np.float64)
    solved = np.zeros((len(x), len(signatures.names)))
    for rows, columns in open_to:
        solved[np.ix_(rows, columns)] = solve_nnls(
            profiles[:, columns], x[rows], threads=threads, max_cosine_loss=max_cosine_loss
        )
    return solved, cosine_similarity(x, solved @ profiles.T)


def candidate_blocks(
    samples: pd.Index,
    signatures: SignatureSet,
    candidates: Mapping[str, Sequence[str]] | None,
    group: pd.Series | None,
) -> list[tuple[IntArray, IntArray]]:
    """Pairs of (sample places, signature places): which signatures are open to which samples.

    A type that `candidates` does not list gets all signatures.
    """
    everything = np.arange(len(signatures.names))
    if candidates is None:
        return [(np.arange(len(samples)), everything)] if len(samples) else []
    if group is None:
        raise InvalidSettingError(
            "Candidates per cancer type need the type of each sample: pass group as well."
        )
    for kind, names in candidates.items():
        missing = [name for name in names if name not in signatures.names]
        if missing or not names:
            found = f"the reference lacks '{missing[0]}'" if missing else "the list is empty"
            raise MissingColumnError(
                f"Candidate signatures of '{kind}': {found}; use names of {signatures.name}."
            )
    kinds = group.reindex(samples).astype(object)
    kinds = kinds.where(kinds.isin(list(candidates)), None)
    places = {kind: np.flatnonzero(np.isin(signatures.names, names)) for kind, names in candidates.items()}
    blocks = [(np.flatnonzero(kinds == kind), columns) for kind, columns in places.items()]
    blocks.append((np.flatnonzero(kinds.isna()), everything))
    return [(rows, columns) for rows, columns in blocks if len(rows)]


def cosine_similarity(a: FloatArray, b: FloatArray) -> FloatArray:
    """Cosine similarity of each row of `a` with the same row of `b`; 0 where either is all zero."""
    lengths = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    dots = (a * b).sum(axis=1)
    result: FloatArray = np.divide(dots, lengths, out=np.zeros(len(a)), where=lengths > 0)
    return result


def _refusals(
    index: pd.Index, n_mutations: pd.Series, assay: str | pd.Series, signatures: SignatureSet, minimum: int
) -> pd.Series:
    assays = pd.Series(assay, index=index) if isinstance(assay, str) else assay.reindex(index)
    unknown = sorted(set(assays.dropna()) - {GENOME, EXOME, PANEL})
    if unknown:
        raise InvalidSettingError(f"Assay '{unknown[0]}' is unknown: use 'genome', 'exome' or 'panel'.")
    reason = pd.Series([None] * len(index), index=index, dtype=object)
    few = n_mutations < minimum
    reason[few] = [f"{n} substitutions, fewer than {minimum}" for n in n_mutations[few]]
    wrong = assays.notna() & (assays != signatures.target) & (assays != PANEL)
    reason[wrong] = f"the assay is not the {signatures.target} that the signatures are normalised for"
    reason[assays == PANEL] = "a gene panel has too few and too selected mutations"
    reason[assays.isna()] = "the assay is unknown"
    return reason


def _refused_words(reason: pd.Series) -> list[str]:
    """A sentence a reason; samples with few substitutions are one, however many each has."""
    words = reason.dropna().str.replace(
        r"^\d+ substitutions, fewer than (\d+)$", r"fewer than \1 substitutions", regex=True
    )
    return [f"{n} samples not refitted: {why}." for why, n in words.value_counts().items()]
