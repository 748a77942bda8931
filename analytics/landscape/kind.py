"""How often, how and where one gene is mutated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.landscape.estimate import Landscape, member_calls
from analytics.landscape.figures import landscape_pictures
from analytics.landscape.positions import place
from analytics.landscape.source import LandscapeSource
from analytics.landscape.spec import LandscapeSpec
from analytics.questions.kind import Kind
from analytics.questions.selection import select_members
from analytics.results.gathered import AnalysisResult, Gathered, Provenance
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Scope

#: Words of a cohort's known gaps that bear on counts of mutations.
_ABOUT_CALLS = ("call", "mutation", "MAF", "MC3")
#: Residues of a protein that is not declared: no call lies beyond its end.
_NO_END = 10**9


def run(source: LandscapeSource, spec: LandscapeSpec, provenance: Provenance) -> AnalysisResult:
    """Every variant of a spec."""
    gathered = Gathered(spec, spec.variants, provenance)
    frame = source.analysis_frame(spec.gene, "OS", spec.cohorts)
    every_call = source.calls_of_gene(spec.gene, spec.cohorts)
    notes = _notes(source.known_missing(spec.cohorts))
    protein = source.protein(spec.gene)
    contrast = Contrast.of_gene(spec.gene)
    for name, variant in spec.variants.items():
        selection = select_members(
            frame, variant, spec.where, icb_only=spec.icb_only, requires_endpoint=False
        )
        scope, sets = Scope(spec.analysis_id, name, spec.endpoint), RowSets()
        calls = place(member_calls(selection.members, every_call), protein.length if protein else _NO_END)
        counted = Landscape(scope, sets, spec, selection.members, contrast, (*selection.warnings, *notes))
        frequency = counted.frequency() if len(selection.members) else pd.DataFrame()
        classes = counted.classes(calls)
        hotspots = pd.DataFrame(columns=["residue", "n_people", "p", "q"])
        if protein is not None:
            hotspots = counted.positions(calls, protein)
        gathered.figures |= landscape_pictures(spec, name, frequency, classes, calls, hotspots, protein)
        gathered.add_members(scope, selection, sets)
        gathered.add(counted.rows)
    return gathered.result()


def _notes(known_missing: Mapping[str, Sequence[str]]) -> list[str]:
    """What the cohort files say is missing of the calls, so that a count is read with it."""
    return [
        f"{cohort_id}: {entry.strip()}."
        for cohort_id, entries in known_missing.items()
        for entry in entries
        if any(word in entry for word in _ABOUT_CALLS)
    ]


KIND = Kind("landscape", LandscapeSpec, run, marts=("counted_mutations",))
