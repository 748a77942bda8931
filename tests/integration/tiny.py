"""Sources small enough to break: one cBioPortal study of twelve patients and one supplement table, generated here, with
a catalogue and a mirror of their own. Nothing in them is real.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path

from warehouse.settings import PROJECT, Settings

STUDY, TABLE = "tiny_2020", "tiny_table"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
STUDY_ADDRESS = f"https://datahub.assets.cbioportal.org/{STUDY}.tar.gz"
TABLE_ADDRESS = f"https://raw.githubusercontent.com/synthetic/data/{COMMIT}/clinical.csv"

_STUDY_YAML = f"""\
cohort_id: {STUDY}
title: SYNTHETIC study of twelve
citation: SYNTHETIC
licence: CC0-1.0
is_icb: true
is_synthetic: true
precedence: 10
assay: {{name: exome, kind: exome, zero_calls: {{kind: real, evidence: planted}}}}
endpoints:
  OS: {{origin: icb_start, evidence: planted}}
files:
  - {{id: study, address: "{STUDY_ADDRESS}", kind: cbioportal_study}}
"""
_TABLE_YAML = f"""\
cohort_id: {TABLE}
title: SYNTHETIC table of four
citation: SYNTHETIC
licence: CC0-1.0
is_icb: true
is_synthetic: true
precedence: 20
assay: {{name: none, kind: none}}
endpoints:
  OS: {{origin: icb_start, evidence: planted}}
files:
  - id: clinical
    address: {TABLE_ADDRESS}
    kind: clinical
    format: {{delimiter: ","}}
    patient_id: patient
    columns:
      months: {{attribute: OS_TIME, unit: months}}
      dead: {{attribute: OS_STATUS, words: {{"1": event, "0": censored}}}}
"""
_ANALYSIS_YAML = f"""\
analysis_id: tiny_alk
title: SYNTHETIC. ALK among twelve
question: Can a warehouse of twelve be built?
biomarker: ALK
cohorts: [{STUDY}]
registered_on: "2026-01-01"
variants:
  default:
    description: One way.
    estimators: [kaplan_meier, log_rank, cox_univariable]
"""


def study_members() -> dict[str, str]:
    """Member name -> text of the study."""
    patients = [f"T-{i:03d}" for i in range(1, 13)]
    samples = [f"{patient}-S1" for patient in patients]
    clinical = [
        "#Patient\tMonths\tStatus\tSex",
        "#Patient\tMonths\tStatus\tSex",
        "#STRING\tNUMBER\tSTRING\tSTRING",
    ]
    clinical += ["#1\t1\t1\t1", "PATIENT_ID\tOS_MONTHS\tOS_STATUS\tSEX\tFAVOURITE_COLOUR"]
    clinical += [
        f"{p}\t{3 * i + 2}\t{'1:DECEASED' if i % 3 else '0:LIVING'}\t{'Male' if i % 2 else 'Female'}\tblue"
        for i, p in enumerate(patients)
    ]
    sample = [
        "#a\tb\tc",
        "#a\tb\tc",
        "#STRING\tSTRING\tSTRING",
        "#1\t1\t1",
        "PATIENT_ID\tSAMPLE_ID\tCANCER_TYPE",
    ]
    sample += [f"{p}\t{s}\tMelanoma" for p, s in zip(patients, samples, strict=True)]
    maf = ["Hugo_Symbol\tTumor_Sample_Barcode\tVariant_Classification\tChromosome\tStart_Position\tEnd_Position\t"
           "Reference_Allele\tTumor_Seq_Allele2\tNCBI_Build"]  # fmt: skip
    maf += [f"ALK\t{s}\tMissense_Mutation\t2\t{29415640 + i}\t{29415640 + i}\tA\tT\tGRCh37"
            for i, s in enumerate(samples[:4])]  # fmt: skip
    return {
        "meta_study.txt": f"cancer_study_identifier: {STUDY}\nname: SYNTHETIC\ncitation: SYNTHETIC\n",
        "meta_clinical_patient.txt": _meta("CLINICAL", "PATIENT_ATTRIBUTES", "data_clinical_patient.txt"),
        "data_clinical_patient.txt": "\n".join(clinical) + "\n",
        "meta_clinical_sample.txt": _meta("CLINICAL", "SAMPLE_ATTRIBUTES", "data_clinical_sample.txt"),
        "data_clinical_sample.txt": "\n".join(sample) + "\n",
        "meta_mutations.txt": _meta("MUTATION_EXTENDED", "MAF", "data_mutations.txt"),
        "data_mutations.txt": "\n".join(maf) + "\n",
        "case_lists/cases_sequenced.txt": f"stable_id: {STUDY}_sequenced\ncase_list_ids: "
        + "\t".join(samples)
        + "\n",
    }


def _meta(kind: str, datatype: str, name: str) -> str:
    lines = (f"cancer_study_identifier: {STUDY}", f"genetic_alteration_type: {kind}", f"datatype: {datatype}")
    return "\n".join((*lines, f"data_filename: {name}")) + "\n"


def tarball(members: dict[str, str]) -> bytes:
    """The members below the study's folder, compressed; the same members give the same bytes."""
    unpacked = io.BytesIO()
    with tarfile.open(fileobj=unpacked, mode="w") as archive:
        for name, text in members.items():
            entry = tarfile.TarInfo(f"{STUDY}/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(unpacked.getvalue(), mtime=0)


@dataclass(frozen=True)
class Tiny:
    """Folders of one tiny warehouse: what it writes, what it reads, and what a user edits."""

    data: Path
    mirror: Path
    catalog: Path

    @property
    def settings(self) -> Settings:
        files = (
            self.catalog / "files"
        )  # as a site's own catalogue has them; else they would be the checkout's
        return Settings(data=self.data, catalog=self.catalog, mirror=self.mirror, files=files, demo=False)

    @property
    def study_file(self) -> Path:
        return self.mirror / STUDY_ADDRESS.removeprefix("https://")

    @property
    def table_file(self) -> Path:
        return self.mirror / TABLE_ADDRESS.removeprefix("https://")

    @property
    def cohort_yaml(self) -> Path:
        return self.catalog / "cohorts" / f"{TABLE}.yaml"

    @property
    def analysis_yaml(self) -> Path:
        return self.catalog / "analyses" / "tiny_alk.yaml"

    def write_sources(self) -> None:
        """The mirror and the catalogue as they should be; whatever was there is gone."""
        for folder in (self.mirror, self.catalog):
            shutil.rmtree(folder, ignore_errors=True)
        for path, content in (
            (self.study_file, tarball(study_members())),
            (self.table_file, b"patient,months,dead\nA,1,1\nB,2,0\nC,3,1\nD,4,0\n"),
            (self.catalog / "cohorts" / f"{STUDY}.yaml", _STUDY_YAML.encode()),
            (self.cohort_yaml, _TABLE_YAML.encode()),
            (self.analysis_yaml, _ANALYSIS_YAML.encode()),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        shutil.copyfile(PROJECT / "catalog" / "attributes.yaml", self.catalog / "attributes.yaml")

    def kept(self) -> dict[str, str]:
        """sha256 of what must survive any fault: the published file and figures, and the raw store."""
        paths = [self.settings.published_file]
        for folder in (self.settings.figures, self.data / "raw" / "sha256"):
            paths += [path for path in sorted(folder.rglob("*")) if path.is_file()]
        return {str(p.relative_to(self.data)): hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}

    def unfinished(self) -> list[str]:
        """Half-written files that a fault left behind, by name."""
        beside = [
            path.name for path in self.settings.published_file.parent.iterdir() if path.name.startswith(".")
        ]
        return beside + [path.name for path in (self.data / "raw" / "partial").glob("*")]
