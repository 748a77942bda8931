"""A generated cohort as data: the models of the files in ``cohorts/``.

One file holds the groups of people that it draws, the cohorts that show them, the files that are written, and what
was planted in them. What a cell may hold is said in ``cells``. To add a cohort is to add a file here and its entry
in the catalogue.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PositiveInt, model_validator

from ingestion.catalog.columns import Strict
from ingestion.errors import CatalogError
from ingestion.generated.cells import Cell, compile_cell
from ingestion.generated.data_files import COHORTS, DATA, read_spec
from ingestion.generated.people import Group

Words = dict[str, tuple[str | bool | int, ...]]


class Selection(Strict):
    """Some of the patients, counted from 0.

    where, unless : field -> values that it must have, or must not have. Of those that are left:
    rows : these; ``every`` and ``offset``: each so-manieth; ``first``: the first so many; ``drawn``: so many by chance.
    """

    where: Words = Field(default_factory=dict)
    unless: Words = Field(default_factory=dict)
    rows: tuple[int, ...] | None = None
    every: PositiveInt = 1
    offset: int = 0
    first: PositiveInt | None = None
    drawn: PositiveInt | None = None


class Reused(Strict):
    """Patients of another cohort, shown again under other names.

    only : which of them; ``richest``: those with the most mutations, for a fingerprint needs some.
    patient_id, sample_id : may use the fields of the other cohort; ``row`` and ``place`` (from 1) count those shown.
    found_by : by what the two can be told to be one person.
    kept_share : of the calls, for the second calling lost some; genes of the truth are kept. Without it all are kept.
    other_status : whose vital status is another here. cut_follow_up: whose follow-up is shorter, by ``cut_to``.
    """

    cohort: str
    only: Selection = Selection()
    richest: PositiveInt | None = None
    patient_id: Cell
    sample_id: Cell = compile_cell("{patient_id}")
    found_by: str
    kept_share: float | None = None
    other_status: Selection | None = None
    cut_follow_up: Selection | None = None
    cut_to: float = 1.0


class ResistanceEvent(Strict):
    """A planted way of escaping; ``patient`` from 0, ``maf_class`` empty where there is no mutation."""

    patient: int
    gene: str
    maf_class: str = ""
    loss: Literal["deletion", "copy_neutral", "none"]
    present_at: Literal["baseline", "relapse"] = "relapse"
    note: str

    @property
    def is_biallelic(self) -> bool:
        return self.maf_class not in ("", "Missense_Mutation") and self.loss != "none"


class FalseFriends(Strict):
    """The first so many patients have the number of another cohort's patient, and are other people."""

    cohort: str
    first: PositiveInt
    note: str


class CohortSpec(Strict):
    """Who is in a cohort, under which numbers, and what is true of them.

    people : the group that is shown, if any; ``reused`` patients stand before them. shuffled: in random order.
    is_in_truth : false where the file only needs the people of a cohort that another file describes.
    numbers_drawn : the field ``number`` grows by a random step between the two; for the group's own people.
    marks : field -> who has it true; ``<field>_row`` counts them from 0.
    not_sequenced : whose sample has no calls. genes_unknown: nobody's gene status can be known from this cohort.
    fields : further fields, in order, each can use the ones before it.
    quirk : a function of ``quirks.samples`` that alters patients or makes several samples of one.
    truth : what is true of the patient where it is not what was drawn: because the file prints less, or other words.
    """

    cohort_id: str
    people: str | None = None
    reused: tuple[Reused, ...] = ()
    shuffled: bool = False
    is_in_truth: bool = True
    numbers_drawn: tuple[int, int] | None = None
    marks: dict[str, Selection] = Field(default_factory=dict)
    not_sequenced: Selection | None = None
    genes_unknown: bool = False
    fields: dict[str, Cell] = Field(default_factory=dict)
    patient_id: Cell
    sample_id: Cell = compile_cell("{patient_id}")
    quirk: Literal["on_treatment", "artefacts", "biopsies"] | None = None
    truth: dict[str, Cell] = Field(default_factory=dict)
    false_friends: FalseFriends | None = None
    resistance_events: tuple[ResistanceEvent, ...] = ()


def _column(raw: Any) -> Any:
    return raw if isinstance(raw, dict) and "show" in raw else {"show": raw}


class Column(Strict):
    """What a column shows; in a study's clinical file also its title and type."""

    show: Cell
    title: str | None = None
    type: Literal["STRING", "NUMBER"] = "STRING"


Columns = dict[str, Annotated[Column, BeforeValidator(_column)]]


class ExtraRow(Strict):
    """A row that is no patient's or repeats one's: after each patient's rows, or at one place of the table.

    cells : what it shows; the header once more where it is left out.
    """

    only: Selection = Selection()
    at: int | Literal["middle", "end"] = "end"
    cells: tuple[Cell, ...] | None = None


class RepeatedRows(Strict):
    """So many rows drawn by chance stand twice; never those with these words in a column."""

    drawn: PositiveInt
    unless: Words = Field(default_factory=dict)


class Table(Strict):
    """A table: what a row is, which of them, and the columns.

    rows : one a sample, a non-synonymous call, a call (silent ones too), a gene of the demo exome, or none (``extra``).
    cohorts : those of the file where it is left out. columns: or the name of a preset, which ``reversed`` turns round.
    quirk : a function of ``quirks.matrices`` that gives header and rows, where they are no columns of words.
    above, below : lines outside the table, in a workbook rows of one cell (null: an empty row).
    """

    rows: Literal["samples", "calls", "all_calls", "genes", "none"] = "samples"
    cohorts: tuple[str, ...] = ()
    only: Selection = Selection()
    marks: dict[str, Selection] = Field(default_factory=dict)
    fields: dict[str, Cell] = Field(default_factory=dict)
    columns: Columns | Literal["maf", "eml4_alk"] = Field(default_factory=dict)
    reversed: bool = False
    header: bool = True
    quirk: Literal["copy_number", "expression_counts", "expression_fpkm", "segments"] | None = None
    above: tuple[str | None, ...] = ()
    below: tuple[str, ...] = ()
    after_each: tuple[ExtraRow, ...] = ()
    repeated: RepeatedRows | None = None
    extra: tuple[ExtraRow, ...] = ()
    delimiter: str = "\t"
    is_quoted: bool = False
    newline: str = "\n"
    final_newline: bool = True


class Text(Strict):
    """A text of ``data/study.yaml`` with its fields filled in; case lists name the ids of ``only``."""

    text: Literal[
        "meta_mutations",
        "meta_copy_number",
        "meta_gene_matrix",
        "meta_timeline",
        "meta_structural_variants",
        "meta_study_hg38",
        "cases_all",
        "cases_sequenced",
        "cases_structural_variants",
    ]
    study: str = ""
    data: str = ""
    cohorts: tuple[str, ...] = ()
    only: Selection = Selection()
    ids: Cell = compile_cell("{sample_id}")


class GeneSet(Strict):
    """A line of a GMT file; among ``genes`` the name of a list of ``effects`` stands for its genes."""

    description: str
    genes: tuple[str, ...]


class Study(Strict):
    """A tarball: the texts that every study has, then its members in this order."""

    id: str
    name: str
    description: str
    members: dict[str, Table | Text]


class OutputFile(Strict):
    """One file under the demo's host; how it is packed follows from its name (.gz, .tar.gz, .xlsx).

    raw : marks in the text -> characters that take their place, unquoted and in Latin-1, after it was written.
    """

    path: str
    table: Table | None = None
    sheets: dict[str, Table] | None = None
    study: Study | None = None
    text: Text | None = None
    gene_sets: dict[str, GeneSet] | None = None
    gene_panels: Literal[True] | None = None
    encoding: str = "utf-8"
    raw: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_content(self) -> OutputFile:
        kinds = ("table", "sheets", "study", "text", "gene_sets", "gene_panels")
        found = [kind for kind in kinds if getattr(self, kind) is not None]
        if len(found) != 1:
            raise ValueError(f"'{self.path}' must have one of {', '.join(kinds)}; it has {found or 'none'}")
        return self


class Planted(Strict):
    """Doubtful rows on purpose: the rule that finds them and how many there are; or count the rows of the table whose
    column has one of these words."""

    file: str
    rule: str
    n: int | None = None
    count: Words = Field(default_factory=dict)
    what: str


class SignatureSpec(Strict):
    """Which signature is in whose tumour; the numbers above 900 say that none is real.

    everywhere : in every tumour; takes what the others leave. nowhere: whoever finds it is wrong.
    by_type : signature -> tumour type -> share of tumours that have it; ``else`` for other types.
    of_the_gene : beside the mutation of ``gene`` in any type, in this share of carriers and of the others.
    median, sigma : substitutions of an exome and the spread of their logarithm.
    unknown_samples : in the spectra and in no other file.
    """

    cohort: str
    everywhere: str
    by_type: dict[str, dict[str, float]]
    of_the_gene: str
    gene: str
    share_mutated: float
    share_wild_type: float
    nowhere: tuple[str, ...]
    median: float
    sigma: float
    unknown_samples: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted((self.everywhere, *self.by_type, self.of_the_gene, *self.nowhere)))


class Source(Strict):
    """One file of ``cohorts/``. ``stream`` is the number of its random stream: no two files share one, and the files
    are written in its order."""

    stream: int
    groups: tuple[Group, ...] = ()
    cohorts: tuple[CohortSpec, ...] = ()
    files: tuple[OutputFile, ...] = ()
    planted: tuple[Planted, ...] = ()
    signatures: SignatureSpec | None = None


class StudyTexts(Strict):
    """Texts and columns that the studies share."""

    always: dict[str, str]
    texts: dict[str, str]
    columns: dict[str, Columns]


@cache
def sources(folder: Path = COHORTS) -> tuple[Source, ...]:
    """Every generated source of a folder, in the order of their streams.

    Raises
    ------
    CatalogError : a file is wrong, or two share a stream.
    """
    read = {path: read_spec(path, Source) for path in sorted(folder.glob("*.yaml"))}
    for what, numbers in (
        ("file", [(source.stream, path.name) for path, source in read.items()]),
        ("group", [(g.stream, g.name) for source in read.values() for g in source.groups]),
    ):
        names: dict[int, str] = {}
        for stream, name in numbers:
            if stream in names:
                raise CatalogError(
                    f"{what} '{name}' has stream {stream}, and so has '{names[stream]}'",
                    where=str(folder),
                    remedy="give it the next free number",
                )
            names[stream] = name
    return tuple(sorted(read.values(), key=lambda source: source.stream))


def planted_signatures() -> SignatureSpec:
    """Which mutational signatures were planted, and where."""
    return next(source.signatures for source in sources() if source.signatures is not None)


@cache
def study_texts() -> StudyTexts:
    """Texts and columns that the studies share."""
    return read_spec(DATA / "study.yaml", StudyTexts)
