"""Calls on GRCh38 get their place on GRCh37 by a chain file that the user names; here one of a few lines."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from ingestion.errors import ParseError
from ingestion.parsing.liftover import lifted
from ingestion.raw_rows import arrow_schema

#: 200 bases of chromosome 1 lie 50 bases further on in GRCh38, a gap of 10 is only there; chromosome 2 turned round.
CHAIN = """\
chain 1000 chr1 1000 + 100 310 chr1 1000 + 50 250 1
100 10 0
100

chain 900 chr2 500 + 0 100 chr2 600 - 0 100 2
100

"""


def calls(*rows: tuple[str | None, str | None, str | None]) -> pa.Table:
    """Raw mutations of chromosome, position and build."""
    schema = arrow_schema("mutations")
    columns = {
        "chromosome": [r[0] for r in rows],
        "start_position": [r[1] for r in rows],
        "ncbi_build": [r[2] for r in rows],
    }
    return pa.table(
        [pa.array(columns.get(f.name, [None] * len(rows)), f.type) for f in schema], schema=schema
    )


def places(table: pa.Table) -> list[tuple[str | None, str | None]]:
    return list(
        zip(
            table.column("grch37_chromosome").to_pylist(),
            table.column("grch37_position").to_pylist(),
            strict=True,
        )
    )


@pytest.fixture
def chain(tmp_path: Path) -> Path:
    path = tmp_path / "hg38ToHg19.over.chain"
    path.write_text(CHAIN)
    return path


def test_a_call_on_grch38_gets_its_place_by_the_chain_and_keeps_its_own(chain: Path) -> None:
    found = lifted(
        calls(
            ("1", "151", "GRCh38"),  # 51st base of the block: 50 + 50, counted from 0
            ("chr1", "251", "hg38"),  # beyond the gap: 251 - 50 - 10
            ("1", "205", "GRCh38"),  # in the gap, which GRCh37 has not
            ("2", "1", "GRCh38"),  # the other strand: the last base of 600
            ("3", "151", "GRCh38"),  # a chromosome that the chain has not
            ("1", None, "GRCh38"),
        ),
        chain,
    )
    assert places(found) == [
        ("1", "101"),
        ("1", "191"),
        (None, None),
        ("2", "600"),
        (None, None),
        (None, None),
    ]
    assert found.column("start_position").to_pylist() == ["151", "251", "205", "1", "151", None]


def test_calls_on_grch37_or_on_no_named_genome_are_left_alone(chain: Path) -> None:
    before = calls(("1", "151", "GRCh37"), ("1", "151", "37"), ("1", "151", None))
    assert lifted(before, chain) is before


def test_a_file_that_is_no_chain_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "not_a_chain.txt"
    path.write_text("chain of what\n1 2\n")
    with pytest.raises(ParseError, match="cannot be read as a chain file"):
        lifted(calls(("1", "151", "GRCh38")), path)
