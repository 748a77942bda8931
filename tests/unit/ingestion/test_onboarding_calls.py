"""Which of some tables holds calls, and by which names its samples are those of the clinical table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from parsing_help import ATTRIBUTES

from ingestion.catalog.cohorts import Catalog
from ingestion.onboarding.proposal import Proposal, propose

CLINIC = "Patient,Age,OS months\nP-1,61,3\nP-2,70,8\nP-3,55,9\n"


def proposed(folder: Path, **texts: str) -> Proposal:
    paths = {folder / f"{name}.csv": f"file:{name}.csv" for name in texts}
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_text(text)
    return propose("site", paths, Catalog(attributes=ATTRIBUTES, cohorts=()), is_icb=True)


def entries(found: Proposal) -> dict[str, dict[str, Any]]:
    return {file["id"]: file for file in yaml.safe_load(found.text)["files"]}


@pytest.mark.parametrize(
    "header",
    [
        "Gene;Pat;Variant_Classification;HGVSp",
        "Gene;Pat;Protein change;VAF",
        "Hugo_Symbol;Pat;HGVSp_Short;note",
        "Gene-Symbol;Pat;Consequence;note",
        "Symbol;Pat;Amino Acid Change;note",
        "Gene;Pat;Chr;Pos",
    ],
)
def test_a_gene_and_what_or_where_it_changed_is_a_table_of_calls(header: str, tmp_path: Path) -> None:
    found = entries(proposed(tmp_path, clinic=CLINIC, calls=f"{header}\nTP53;P-1;x;y\nKRAS;P-2;x;z\n"))
    assert (found["clinic"]["kind"], found["calls"]["kind"]) == ("clinical", "mutations")
    assert found["calls"]["sample_id"] == "Pat"


@pytest.mark.parametrize("header", ["Pat;Gene;Start;Age", "Pat;Gene;Effect;Age", "Pat;Consequence;HGVSp;Age"])
def test_a_gene_alone_or_a_change_without_one_is_no_call(header: str, tmp_path: Path) -> None:
    found = entries(proposed(tmp_path, table=f"{header}\nP-1;TP53;x;61\nP-2;KRAS;y;70\n"))
    assert found["table"]["kind"] == "clinical"


def test_a_column_that_is_read_under_its_own_name_is_not_named_again(tmp_path: Path) -> None:
    calls = "Gene;Pat;Variant_Classification;Protein_Change\nTP53;P-1;Missense_Mutation;p.R175H\n"
    found = entries(proposed(tmp_path, clinic=CLINIC, calls=calls))
    assert found["calls"]["mutation_columns"] == {"hugo_symbol": "Gene"}
