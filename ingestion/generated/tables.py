"""The bytes of a generated file: its spec, the cohorts that it shows, and a random stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ingestion.errors import CatalogError
from ingestion.generated import formats
from ingestion.generated.cells import Row, blame
from ingestion.generated.effects import effects
from ingestion.generated.genes import all_genes, panels_json
from ingestion.generated.quirks.matrices import TABLES
from ingestion.generated.rosters import (
    CONSTANTS,
    Patient,
    Roster,
    call_fields,
    cell_text,
    chosen,
    marked,
    meets,
)
from ingestion.generated.spec import (
    Column,
    ExtraRow,
    GeneSet,
    OutputFile,
    Planted,
    RepeatedRows,
    Source,
    Study,
    Table,
    Text,
    study_texts,
)
from ingestion.generated.truth import Built

Cells = list[Any]


def add_files(source: Source, rosters: Mapping[str, Roster], rng: np.random.Generator, built: Built) -> None:
    """Write a source's files, in their order, and count the doubtful rows in them.

    Raises
    ------
    CatalogError
        A cell asks for a field that its rows have not, or another source writes the same file.
    """
    writer = _Writer(source, rosters, rng)
    for file in source.files:
        if file.path in built.files:
            raise CatalogError("two sources write this file", where=file.path, remedy="rename one")
        with blame(file.path):
            built.files[file.path] = writer.content(file)
    for planted in source.planted:
        built.plant(planted.file, planted.rule, writer.n_planted(planted), planted.what)


class _Writer:
    """The files of one source; keeps header and rows of every plain table for those who count in them."""

    def __init__(self, source: Source, rosters: Mapping[str, Roster], rng: np.random.Generator) -> None:
        self.cohorts = tuple(cohort.cohort_id for cohort in source.cohorts)
        self.rosters, self.rng = rosters, rng
        self.written: dict[str, tuple[Cells, list[Cells]]] = {}

    def content(self, file: OutputFile) -> bytes:
        if file.gene_panels:
            return panels_json()
        if file.study is not None:
            return formats.tarball(file.study.id, self._members(file.study))
        if file.sheets is not None:
            return formats.workbook({name: self._sheet(table) for name, table in file.sheets.items()})
        if file.gene_sets is not None:
            text = _gene_sets(file.gene_sets)
        elif file.text is not None:
            text = self._text(file.text)
        else:
            assert file.table is not None  # the model asks for one content
            self.written[file.path] = self._header_and_rows(file.table)
            text = _delimited(file.table, *self.written[file.path])
        data = text.encode(file.encoding)
        for mark, character in file.raw.items():
            data = data.replace(mark.encode(), character.encode("latin-1"))
        return formats.gzipped(data) if file.path.endswith(".gz") else data

    def n_planted(self, planted: Planted) -> int:
        if planted.n is not None:
            return planted.n
        header, rows = self.written[planted.file]
        return sum(
            all(row[header.index(name)] in words for name, words in planted.count.items()) for row in rows
        )

    def _members(self, study: Study) -> dict[str, str]:
        fields = CONSTANTS | {"study": study.id, "name": study.name, "description": study.description}
        members = {name: text.format_map(fields) for name, text in study_texts().always.items()}
        for name, member in study.members.items():
            if isinstance(member, Text):
                members[name] = self._text(member, study.id)
            else:
                members[name] = _delimited(member, *self._header_and_rows(member))
        return members

    def _text(self, text: Text, study_id: str = "") -> str:
        rows = [patient.all_fields for patient in self._samples(text.cohorts)]
        ids = [str(text.ids(Row(rows[i], self.rng))) for i in chosen(text.only, rows, self.rng)]
        fields = {"study": text.study or study_id, "data": text.data, "ids": "\t".join(ids), "n": len(ids)}
        return study_texts().texts[text.text].format_map(CONSTANTS | fields)

    def _sheet(self, table: Table) -> list[Cells]:
        header, rows = self._header_and_rows(table)
        above = [[] if line is None else [line.format_map(CONSTANTS)] for line in table.above]
        return [*above, *([header] if header else []), *rows]

    def _samples(self, cohorts: tuple[str, ...]) -> list[Patient]:
        return [sample for name in cohorts or self.cohorts for sample in self.rosters[name].samples]

    def _header_and_rows(self, table: Table) -> tuple[Cells, list[Cells]]:
        if table.quirk is not None:
            samples = self._samples(table.cohorts)
            at = chosen(table.only, [sample.all_fields for sample in samples], self.rng)
            return TABLES[table.quirk]([samples[i] for i in at], self.rng)
        columns = _columns(table)
        header: Cells = [name.format_map(CONSTANTS) for name in columns] if table.header else []
        rows = [
            [column.show(row) for column in columns.values()] if cells is None else cells
            for row, cells in self._rows(table)
        ]
        if table.repeated is not None:
            self._repeat(table.repeated, list(columns), rows)
        for extra in table.extra:
            row = Row(CONSTANTS, self.rng)
            cells = header if extra.cells is None else [cell(row) for cell in extra.cells]
            places = {"middle": len(rows) // 2, "end": len(rows)}
            rows.insert(places[extra.at] if isinstance(extra.at, str) else extra.at, cells)
        return header, rows

    def _repeat(self, repeated: RepeatedRows, names: list[str], rows: list[Cells]) -> None:
        """Put some rows in twice, one below the other."""
        named = [dict(zip(names, cells, strict=True)) for cells in rows]
        free = [at for at, fields in enumerate(named) if meets({}, repeated.unless, fields)]
        for at in sorted(self.rng.choice(free, repeated.drawn, replace=False).tolist(), reverse=True):
            rows.insert(at, rows[at])

    def _rows(self, table: Table) -> Iterator[tuple[Row, Cells | None]]:
        """Each row's fields; cells too where they are no columns."""
        if table.rows == "none":
            return
        if table.rows == "genes":
            for gene in all_genes().values():
                number = gene.ensembl.partition(".")[0]
                yield Row({"gene": gene.symbol, "entrez": gene.entrez, "ensembl": number}, self.rng), None
            return
        samples = self._samples(table.cohorts)
        fields = [sample.all_fields for sample in samples]
        at = chosen(table.only, fields, self.rng)
        samples, fields = [samples[i] for i in at], marked(table.marks, [fields[i] for i in at], self.rng)
        for sample, known in zip(samples, fields, strict=True):
            row = Row(dict(known), self.rng)
            for name, cell in table.fields.items():
                row.fields[name] = cell(row)
            if table.rows == "samples":
                yield row, None
            else:
                for call in _call_rows(sample, silent=table.rows == "all_calls"):
                    yield Row(row.fields | call, self.rng), None
            yield from ((row, cells) for cells in self._after(table.after_each, row))

    def _after(self, extras: Sequence[ExtraRow], row: Row) -> Iterator[Cells]:
        for extra in extras:
            if extra.cells is not None and chosen(extra.only, [row.fields], self.rng):
                yield [cell(row) for cell in extra.cells]


def _call_rows(sample: Patient, *, silent: bool) -> Iterator[dict[str, Any]]:
    calls = [call for call in sample.calls if silent or call.is_nonsynonymous]
    for n, call in enumerate((*calls, *sample.extra_calls)):
        yield call_fields(call) | {"call_row": n, "is_extra": n >= len(calls)}


def _columns(table: Table) -> Mapping[str, Column]:
    columns = study_texts().columns[table.columns] if isinstance(table.columns, str) else table.columns
    return dict(reversed(columns.items())) if table.reversed else columns


def _delimited(table: Table, header: Cells, rows: list[Cells]) -> str:
    """The table as text: lines above, four lines of # over a study's clinical columns, header, rows, lines below."""
    above = [(line or "").format_map(CONSTANTS) for line in table.above]
    columns = _columns(table)
    titles = [column.title for column in columns.values()]
    if any(titles):
        descriptions = [f"{formats.SYNTHETIC}. {title}" for title in titles]
        kinds = [column.type for column in columns.values()]
        lines = (titles, descriptions, kinds, ["1"] * len(columns))
        above += ["#" + "\t".join(map(str, line)) for line in lines]
    texts = [[cell_text(cell) for cell in row] for row in ([header] if header else []) + rows]
    if table.is_quoted:
        body = formats.quoted(texts, delimiter=table.delimiter)
    else:
        body = formats.plain(texts, table.delimiter)
    text = "".join(f"{line}\n" for line in above) + body
    text += "".join(f"{line.format_map(CONSTANTS)}\n" for line in table.below)
    return (text if table.final_newline else text.removesuffix("\n")).replace("\n", table.newline)


def _gene_sets(sets: Mapping[str, GeneSet]) -> str:
    """GMT: name, description, genes."""
    lists = effects().gene_lists
    lines = [
        [
            name,
            line.description.format_map(CONSTANTS),
            *(g for word in line.genes for g in lists.get(word, (word,))),
        ]
        for name, line in sets.items()
    ]
    return formats.plain(lines)
