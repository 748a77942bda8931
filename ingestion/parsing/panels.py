"""Which genes a panel covers: the portal's own files, BED files, lists and tables, as rows of ``gene_panels``.

Also which panels nobody describes. What counts as covered for whom is dbt's (``int_panel_genes``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ingestion.catalog.cohorts import Catalog, Cohort
from ingestion.catalog.columns import Pick
from ingestion.catalog.panels import GenePanelTable, assay_of_word
from ingestion.catalog.source_files import SourceFile
from ingestion.errors import ParseError, UnknownPanelError
from ingestion.fetching.archives import check_kind, open_gzip
from ingestion.parsing.mutation_tables import is_gene_made_date
from ingestion.parsing.sample_lists import read_bytes, read_key_values
from ingestion.raw_rows import RawTables, SourceRef
from ingestion.reading.delimited import physical_lines
from ingestion.reading.table_model import Cell, RejectedRow, require_column, shorten
from ingestion.reading.tables import read_table

_GZIP = b"\x1f\x8b"
#: Letters and digits, parts joined by a hyphen, a point or a slash: HLA-A, NKX2-1, C10orf71, AC004.1.
_GENE = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-./][A-Za-z0-9]+)*@?")
_WITH_EXON = re.compile(r"[-.](?:e|ex|exon)\d+$", re.IGNORECASE)
_NOT_REGIONS = ("#", "track", "browser")
_LIST_HEADERS = ("gene", "genes", "symbol", "hugo_symbol", "gene_symbol", "gene_name")


@dataclass(frozen=True)
class _Entry:
    """What one row of a panel file says: the panel, and the text in which the gene stands."""

    row: int
    panel_id: str
    text: str


def parse_panel_file(content: Path | bytes, ref: SourceRef, file: SourceFile, out: RawTables) -> None:
    """Read a declared file of gene panels: one of the portal's two forms, or what key ``panel`` says.

    Raises
    ------
    ParseError : it is not of that form, or most of its names are no genes. Others : see
        `ingestion.reading.tables.read_table`.
    """
    how = file.panel
    if how is None:
        if read_bytes(content).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"[", b"{"):
            parse_gene_panels(content, ref, out)
        else:
            add_panel_file(content, ref, out)
        return
    if how.format == "table":
        entries = _table_entries(content, ref, file, how, out)
    else:
        lines, notes = physical_lines(_text(content, ref.where), file.format.encoding, ref.where)
        out.add_rejected(ref, notes)
        read = _bed_entries if how.format == "bed" else _list_entries
        entries = list(read(lines, how.panel_id or "", ref, out))
    _add_entries(entries, ref, file, how, out)


def _text(content: Path | bytes, where: str) -> bytes:
    data = read_bytes(content)
    if data.startswith(_GZIP):
        with open_gzip(content, source=where) as stream:
            return stream.read()
    check_kind(content, "text", source=where)
    return data


def _bed_entries(lines: list[str], panel_id: str, ref: SourceRef, out: RawTables) -> Iterator[_Entry]:
    """Regions of a BED file with their names (column 4). A line that is no region is rejected."""
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith(_NOT_REGIONS):
            continue
        cells = line.split("\t") if "\t" in line else line.split()
        if len(cells) < 4 or not (cells[1].strip().isdecimal() and cells[2].strip().isdecimal()):
            message = "the line is no region with a name: chromosome, start, end, name"
            out.add_rejected(ref, [RejectedRow(number, "unreadable_gene", shorten(line), message)])
            continue
        yield _Entry(number, panel_id, cells[3].strip())


def _list_entries(lines: list[str], panel_id: str, ref: SourceRef, out: RawTables) -> Iterator[_Entry]:
    """Genes of a plain list: one a line or several, set apart by blanks, commas or semicolons."""
    for number, line in enumerate(lines, start=1):
        words = [] if line.startswith("#") else [word for word in re.split(r"[\s,;]+", line) if word]
        if number == 1 and line.strip().lower().replace(" ", "_") in _LIST_HEADERS:
            continue
        for word in words:
            yield _Entry(number, panel_id, word)


def _table_entries(
    content: Path | bytes, ref: SourceRef, file: SourceFile, how: GenePanelTable, out: RawTables
) -> list[_Entry]:
    table = read_table(content, file.format, ref.where, missing_as_null=True)
    out.add_rejected(ref, table.rejected)
    genes = table.cells(
        require_column(table.columns, str(how.gene), ref.where, f"files.{file.id}.panel.gene")
    )
    panels: list[Cell] = [how.panel_id] * len(genes)
    if how.panel_column is not None:
        key = f"files.{file.id}.panel.panel_column"
        panels = table.cells(require_column(table.columns, how.panel_column, ref.where, key))
    named = zip(table.rows(), panels, genes, strict=True)
    return [_Entry(row, panel.strip(), gene.strip()) for row, panel, gene in named if panel and gene]


def _add_entries(
    entries: list[_Entry], ref: SourceRef, file: SourceFile, how: GenePanelTable, out: RawTables
) -> None:
    pick = Pick(columns=("name",), pattern=how.gene_pattern)
    first: dict[tuple[str, str], int] = {}
    unread: list[_Entry] = []
    for entry in entries:
        gene = (pick.read(entry.text) or "").strip()
        if _GENE.fullmatch(gene) and not _WITH_EXON.search(gene) and not is_gene_made_date(gene):
            first.setdefault((entry.panel_id, gene), entry.row)
        else:
            unread.append(entry)
    if not entries or len(unread) * 2 > len(entries):
        shown = f", such as '{shorten(unread[0].text)}'" if unread else ""
        raise ParseError(
            f"{len(unread)} of {len(entries)} names of the panel are no gene alone{shown}",
            file=ref.where,
            line=unread[0].row if unread else None,
            remedy=f"say under files.{file.id}.panel.gene_pattern which part is the gene, e.g. '^([^_]+)_', or correct "
            "panel.format",
        )
    message = "the name is no gene that can be read"
    out.add_rejected(ref, [RejectedRow(e.row, "unreadable_gene", shorten(e.text), message) for e in unread])
    _add_genes(out, ref, [(row, panel, gene, None) for (panel, gene), row in first.items()])


def _add_genes(out: RawTables, ref: SourceRef, genes: Iterable[tuple[int, str, str, str | None]]) -> None:
    rows = list(genes)
    out.add(
        "gene_panels",
        len(rows),
        {
            "source_file_id": ref.source_file_id,
            "source_row": [row for row, _, _, _ in rows],
            "panel_id": [panel for _, panel, _, _ in rows],
            "hugo_symbol": [gene for _, _, gene, _ in rows],
            "entrez_gene_id": [number for _, _, _, number in rows],
        },
    )


def add_panel_file(content: Path | bytes, ref: SourceRef, out: RawTables) -> None:
    """Read a study's ``data_gene_panel_*.txt``.

    Raises
    ------
    ParseError : it has no ``stable_id`` or no ``gene_list``.
    """
    found = read_key_values(content, ref.where)
    panel, genes = found.get("stable_id"), found.get("gene_list").replace(",", " ").split()
    if not panel or not genes:
        raise ParseError(
            "it is no gene panel, it needs 'stable_id:' and 'gene_list:'",
            file=ref.where,
            remedy="fetch the file again, or say with key 'panel' that it is a BED file, a list or a table",
        )
    line = found.lines["gene_list"]
    _add_genes(out, ref, [(line, panel, gene, None) for gene in genes])


def parse_gene_panels(content: Path | bytes, ref: SourceRef, out: RawTables) -> None:
    """Read the portal's ``gene-panels.json``: a list of ``{genePanelId, genes: [{hugoGeneSymbol, ...}]}``.

    ``source_row`` is the line on which the gene's symbol stands.

    Raises
    ------
    ParseError : it is no JSON, or not of that shape.
    """
    check_kind(content, "text", source=ref.where)
    text = read_bytes(content).decode("utf-8-sig", errors="replace")
    try:
        panels = json.loads(text)
        genes = [(str(p["genePanelId"]), gene) for p in panels for gene in p["genes"]]
        symbols = [str(gene["hugoGeneSymbol"]) for _, gene in genes]
    except json.JSONDecodeError as error:
        raise ParseError(
            f"it is not JSON ({error.msg})", file=ref.where, line=error.lineno, remedy="fetch the file again"
        ) from error
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ParseError(
            "it is not a list of gene panels with genePanelId and genes",
            file=ref.where,
            remedy="correct the address",
        ) from error
    numbers = [gene.get("entrezGeneId") for _, gene in genes]
    named = zip(_symbol_lines(text, len(genes)), genes, symbols, numbers, strict=True)
    _add_genes(
        out,
        ref,
        [
            (line, panel, symbol, None if number is None else str(number))
            for line, (panel, _), symbol, number in named
        ],
    )


def _symbol_lines(text: str, n_genes: int) -> list[int]:
    """Line of each gene, by the order of the key; line 1 when a value holds the key's text too."""
    lines, line, position = [], 1, 0
    for match in re.finditer(r'"hugoGeneSymbol"\s*:', text):
        line += text.count("\n", position, match.start())
        position = match.start()
        lines.append(line)
    return lines if len(lines) == n_genes else [1] * n_genes


# ---- panels that nobody describes ------------------------------------------------------------------------


def unknown_panels(tables: Mapping[str, pa.Table], catalog: Catalog) -> dict[str, UnknownPanelError]:
    """Cohorts with sequenced samples on a panel that no list describes, each with its error.

    Parameters
    ----------
    tables : ``profiled_samples``, ``gene_panels`` and ``source_files`` of every file of the catalogue together, columns
        as in ``RAW_TABLES``.

    Returns
    -------
    cohort_id -> the error (its text is one sentence with cohort, panel, file and remedy); nothing for a cohort whose
    panels are all known. A word for the exome or genome is no panel; names are compared without regard to case.
    """
    known = {str(name).lower() for name in tables["gene_panels"].column("panel_id").unique().to_pylist()}
    known |= {panel.panel_id.lower() for cohort in catalog.cohorts for panel in cohort.panels}
    sources = tables["source_files"].select(["source_file_id", "address", "member"]).to_pylist()
    where = {
        s["source_file_id"]: f"{s['address']} ({s['member']})" if s["member"] else s["address"]
        for s in sources
    }
    of_cohort: dict[str, list[dict[str, str | None]]] = {}
    for row in tables["profiled_samples"].to_pylist():
        of_cohort.setdefault(row["cohort_id"], []).append(row)
    found: dict[str, UnknownPanelError] = {}
    for cohort in catalog.cohorts:
        unknown = _unknown_of(cohort, of_cohort.get(cohort.cohort_id, []), known)
        if unknown:
            panel, samples = max(unknown.items(), key=lambda item: (len(item[1]), item[0] or ""))
            found[cohort.cohort_id] = _error(cohort, panel, samples, len(unknown), where)
    return found


#: sample -> source_file_id of the statement that names its panel
_Samples = dict[str, str | None]


def _unknown_of(
    cohort: Cohort, rows: list[dict[str, str | None]], known: set[str]
) -> dict[str | None, _Samples]:
    """Panel name (None: nobody names one) -> samples, of sequenced samples whose panel is not known."""
    best: dict[str, tuple[int, str | None, str | None]] = {}
    sequenced = set()
    has_matrix = any(row["stated_by"] == "matrix" for row in rows)
    for row in rows:
        sample, stated_by, panel = str(row["sample_id"]), row["stated_by"], row["panel_id"]
        if stated_by in ("sequenced_list", "maf_head", "declared") or (stated_by == "matrix" and panel):
            sequenced.add(sample)
        rank = _rank(stated_by, panel)
        if rank is not None and (sample not in best or rank < best[sample][0]):
            best[sample] = (rank, panel or "WES", row["source_file_id"])
    by_cohort = "WES" if cohort.assay.kind == "exome" else cohort.assay.panel_id
    if by_cohort is None and has_matrix:
        by_cohort = "WES"
    unknown: dict[str | None, _Samples] = {}
    for sample in sorted(sequenced):
        _, panel, source = best.get(sample, (0, by_cohort, None))
        if panel is None or not (assay_of_word(panel) or panel.strip().lower() in known):
            unknown.setdefault(panel, {})[sample] = source
    # Some samples without a panel among others with one are rows of rejected_rows, not the cohort's end.
    if len(unknown.get(None, {})) < len(sequenced):
        unknown.pop(None, None)
    return unknown


def _rank(stated_by: str | None, panel: str | None) -> int | None:
    """Which statement about a sample's panel counts first; as in ``int_profiling``, lowest first."""
    if stated_by == "matrix":
        return 1 if panel else 3
    if not panel:
        return None
    return 2 if stated_by == "meta" else 4


def _error(
    cohort: Cohort, panel: str | None, samples: _Samples, n_panels: int, where: Mapping[str | None, str]
) -> UnknownPanelError:
    n = len(samples)
    place = where.get(next(iter(samples.values())), f"cohort {cohort.cohort_id}")
    if panel is None:
        return UnknownPanelError(
            f"nobody says on which panel the sequenced samples of cohort '{cohort.cohort_id}' are ({n}): no gene panel "
            "matrix, no gene_panel in a meta file, no column GENE_PANEL, no assay.panel_id",
            where=place,
            remedy="say assay.panel_id in the cohort file, or assay.kind: exome if it is one",
        )
    others = f" (and {n_panels - 1} more)" if n_panels > 1 else ""
    return UnknownPanelError(
        f"no list describes panel '{panel}'{others}, on which samples of '{cohort.cohort_id}' were sequenced ({n})",
        where=place,
        remedy="add its genes to the cohort file as a file of kind gene_panels (the portal's JSON; a BED file, list or "
        f"table under key 'panel'), or declare there 'panels: [{{panel_id: {panel}, genes: observed_in_calls, "
        "evidence: ...}]'",
    )
