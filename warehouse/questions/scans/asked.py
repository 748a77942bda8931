"""A scan that somebody asks of the published file, without a spec in the catalogue: checked, run, and written down."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args

import duckdb
from pydantic import ValidationError

from analytics.questions.specs import Endpoint, Response
from analytics.scan.spec import ScanSpec
from ingestion.errors import IngestionError
from warehouse.questions.names import known_gene, require_cohorts
from warehouse.questions.registry import counted, run_of, write_down
from warehouse.questions.scans.registered import ScanAnswer, answer_scan, definition_words
from warehouse.settings import Settings


class ScanQuestionError(IngestionError):
    """The scan cannot be asked of this warehouse: unknown cohort, endpoint, covariate, definition or gene."""


@dataclass(frozen=True)
class AskedScan:
    """What is asked, in the words of the command line; empty means the default of a spec."""

    cohorts: tuple[str, ...]
    cancer_types: tuple[str, ...] = ()
    endpoint: str = "OS"
    definition: str = "nonsynonymous"
    hotspot_people: int = 10
    genes: tuple[str, ...] = ()
    gene_set: str | None = None
    adjust: tuple[str, ...] = ()
    strata: tuple[str, ...] | None = None
    control: tuple[str, ...] = ()
    min_carriers: int = 5
    draws: int = 5000


def as_spec(con: duckdb.DuckDBPyConnection, asked: AskedScan) -> ScanSpec:
    """The question as a spec, checked against the warehouse.

    Raises
    ------
    ScanQuestionError
        One sentence: what is unknown, where, and what there is instead.
    """
    require_cohorts(con, (*asked.cohorts, *asked.control), ScanQuestionError)
    endpoint = _endpoint(asked.endpoint)
    question = question_of(asked)
    values: dict[str, Any] = {
        "scan_id": f"ad_hoc_{_digest(question)}",
        "title": _title(asked, endpoint),
        "question": "asked at the command line",
        "cohorts": asked.cohorts,
        "where": {"cancer_type": asked.cancer_types} if asked.cancer_types else {},
        "endpoint": endpoint,
        "definition": asked.definition,
        "hotspot_people": asked.hotspot_people,
        "genes": tuple(known_gene(con, gene, where="--genes") for gene in asked.genes),
        "gene_set": asked.gene_set,
        "covariates": asked.adjust,
        "min_carriers": asked.min_carriers,
        "null_draws": asked.draws,
        "registered_on": datetime.now(UTC).date().isoformat(),
    }
    if asked.strata is not None:
        values["strata"] = asked.strata
    else:
        values["strata"] = tuple(c for c in ("cohort_id", "cancer_type") if c not in asked.adjust)
    if asked.control:
        values["control"] = {"cohorts": asked.control, "where": values["where"]}
    try:
        return ScanSpec.model_validate(values)
    except ValidationError as exc:
        error = exc.errors()[0]
        option = {"covariates": "adjust", "null_draws": "draws"}.get(str(next(iter(error["loc"]), "")))
        name = option or str(next(iter(error["loc"]), "definition"))
        raise ScanQuestionError(
            error["msg"].removeprefix("Value error, "),
            where=f"--{name.replace('_', '-')}",
            remedy="see 'icb scan --help'",
        ) from exc


def ask_scan(
    con: duckdb.DuckDBPyConnection, asked: AskedScan, settings: Settings
) -> tuple[ScanAnswer, list[str]]:
    """Run the question, write it down in the registry, and say how far its answer may be believed.

    Raises
    ------
    ScanQuestionError, ScanInputError
        One sentence.
    """
    answer = answer_scan(con, as_spec(con, asked))
    result = answer.result
    tested = result.table[result.table["primary_p"].notna()].sort_values(["primary_p", "gene"], kind="stable")
    write_down(
        settings,
        kind="ad-hoc scan",
        question=question_of(asked),
        hypotheses=result.family_size,
        smallest_p=float(tested["primary_p"].iloc[0]) if len(tested) else None,
        leading=str(tested["gene"].iloc[0]) if len(tested) else None,
        run_id=run_of(con),
    )
    questions, hypotheses = counted(settings)
    so_far = f"{questions:,} question{'' if questions == 1 else 's'} with {hypotheses:,} hypotheses so far"
    notes = [
        f"Exploratory: asked at the command line, outside every registered family. Its own family has "
        f"{result.family_size:,} hypotheses, and q counts these alone; this data folder has been asked {so_far} "
        "(icb scan --registry).",
        f"Mutated: {definition_words(answer.spec)}. Burden: {answer.burden}.",
        *(note for note in result.notes if "the scan is exploratory" not in note),
        *answer.selection.warnings,
    ]
    return answer, notes


def question_of(asked: AskedScan) -> dict[str, Any]:
    """The question as the registry keeps it; two that mean the same are the same."""
    return {
        "cohorts": sorted(asked.cohorts),
        "cancer_types": sorted(asked.cancer_types),
        "endpoint": asked.endpoint,
        "definition": asked.definition,
        "hotspot_people": asked.hotspot_people if asked.definition == "hotspot" else None,
        "genes": sorted(asked.genes),
        "gene_set": asked.gene_set,
        "adjust": sorted(asked.adjust),
        "strata": sorted(asked.strata) if asked.strata is not None else None,
        "control": sorted(asked.control),
        "min_carriers": asked.min_carriers,
    }


def _digest(question: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()[:8]


def _title(asked: AskedScan, endpoint: str) -> str:
    among = f" ({', '.join(asked.cancer_types)})" if asked.cancer_types else ""
    return f"{'Listed genes' if asked.genes or asked.gene_set else 'Every gene'} and {endpoint} in " + (
        f"{', '.join(asked.cohorts)}{among}"
    )


def _endpoint(word: str) -> str:
    known = (*get_args(Endpoint), *get_args(Response))
    for name in known:
        if name.lower() == word.lower():
            return str(name)
    raise ScanQuestionError(
        f"there is no endpoint '{word}'", where="--endpoint", remedy=f"there are {', '.join(known)}"
    )
