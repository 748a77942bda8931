"""Parts that every generated cBioPortal study has: commented clinical files, meta files, MAF, case lists.

Which patients a study shows, and its quirks, belong to the module of that study.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ingestion.generated.calls import Call, class_word
from ingestion.generated.formats import NOTICE, SYNTHETIC, tsv
from ingestion.generated.genes import old_symbol

MAF_COLUMNS = (
    "Hugo_Symbol", "Entrez_Gene_Id", "Center", "NCBI_Build", "Chromosome", "Start_Position", "End_Position", "Strand",
    "Consequence", "Variant_Classification", "Variant_Type", "Reference_Allele", "Tumor_Seq_Allele1",
    "Tumor_Seq_Allele2", "Tumor_Sample_Barcode", "t_ref_count", "t_alt_count", "HGVSc", "HGVSp_Short",
)  # fmt: skip

CANCER_DETAILS = {
    "Melanoma": ("Cutaneous Melanoma", "SKCM", "Skin"),
    "Non-Small Cell Lung Cancer": ("Lung Adenocarcinoma", "LUAD", "Lung"),
    "Bladder Cancer": ("Bladder Urothelial Carcinoma", "BLCA", "Bladder"),
    "Renal Cell Carcinoma": ("Renal Clear Cell Carcinoma", "CCRCC", "Kidney"),
    "Colorectal Cancer": ("Colon Adenocarcinoma", "COAD", "Colon"),
    "Leukemia": ("Acute Myeloid Leukemia", "AML", "Blood"),
}

LICENSE = f"{NOTICE}. Released under CC0 1.0: use it for anything.\n"


def clinical_file(
    columns: Sequence[tuple[str, str, str]], rows: Iterable[Sequence[str]], *, final_newline: bool = True
) -> str:
    """A clinical file with its four # lines. ``columns`` are (name, title, STRING or NUMBER)."""
    names, titles, types = zip(*columns, strict=True)
    descriptions = [f"{SYNTHETIC}. {title}" for title in titles]
    above = (titles, descriptions, types, ("1",) * len(columns))
    head = "".join("#" + "\t".join(line) + "\n" for line in above)
    return head + tsv(names, rows, final_newline=final_newline)


def meta_file(study_id: str, entries: Mapping[str, str]) -> str:
    """A meta file: the study's identifier, then one entry a line."""
    lines = [f"cancer_study_identifier: {study_id}", *(f"{key}: {value}" for key, value in entries.items())]
    return "\n".join(lines) + "\n"


def study_members(study_id: str, title: str, description: str) -> dict[str, str]:
    """LICENSE and the meta files that every study has."""
    return {
        "LICENSE": LICENSE,
        "meta_study.txt": meta_file(
            study_id,
            {
                "type_of_cancer": "mixed",
                "name": f"{SYNTHETIC} {title}",
                "short_name": f"{SYNTHETIC} {study_id}",
                "description": f"{NOTICE}. {description}",
                "citation": f"{SYNTHETIC}, no publication",
            },
        ),
        "meta_clinical_patient.txt": meta_file(
            study_id,
            {
                "genetic_alteration_type": "CLINICAL",
                "datatype": "PATIENT_ATTRIBUTES",
                "data_filename": "data_clinical_patient.txt",
                "profile_description": NOTICE,
            },
        ),
        "meta_clinical_sample.txt": meta_file(
            study_id,
            {
                "genetic_alteration_type": "CLINICAL",
                "datatype": "SAMPLE_ATTRIBUTES",
                "data_filename": "data_clinical_sample.txt",
                "profile_description": NOTICE,
            },
        ),
    }


def mutation_meta(study_id: str, file_name: str) -> str:
    """Meta file of a MAF."""
    return meta_file(
        study_id,
        {
            "stable_id": "mutations",
            "profile_name": "Mutations",
            "profile_description": NOTICE,
            "genetic_alteration_type": "MUTATION_EXTENDED",
            "datatype": "MAF",
            "data_filename": file_name,
        },
    )


def maf_row(sample_id: str, call: Call, build: str) -> dict[str, str]:
    """One call under MAF's column names, with the old symbol where the gene has one."""
    return {
        "Hugo_Symbol": old_symbol(call.gene.symbol),
        "Entrez_Gene_Id": str(call.gene.entrez),
        "Center": SYNTHETIC,
        "NCBI_Build": build,
        "Chromosome": call.gene.chromosome,
        "Start_Position": str(call.start),
        "End_Position": str(call.end),
        "Strand": "+",
        "Consequence": class_word(call, "vep"),
        "Variant_Classification": call.maf_class,
        "Variant_Type": call.variant_type,
        "Reference_Allele": call.ref,
        "Tumor_Seq_Allele1": call.ref,
        "Tumor_Seq_Allele2": call.alt,
        "Tumor_Sample_Barcode": sample_id,
        "t_ref_count": str(call.depth - call.alt_count),
        "t_alt_count": str(call.alt_count),
        "HGVSc": call.hgvsc,
        "HGVSp_Short": call.hgvsp,
    }


def maf(calls: Iterable[tuple[str, Call]], build: str, columns: Sequence[str] = MAF_COLUMNS) -> str:
    """A MAF of (sample, call) with its columns in the given order."""
    rows = (maf_row(sample_id, call, build) for sample_id, call in calls)
    return tsv(columns, ([row[column] for column in columns] for row in rows))


def case_list(study_id: str, kind: str, samples: Sequence[str]) -> str:
    """A case list; ``kind`` is all or sequenced."""
    category, name = {
        "all": ("all_cases_in_study", "All samples"),
        "sequenced": ("all_cases_with_mutation_data", "Samples with mutation data"),
    }[kind]
    return meta_file(
        study_id,
        {
            "stable_id": f"{study_id}_{kind}",
            "case_list_name": name,
            "case_list_description": f"{SYNTHETIC}. {name} ({len(samples)} samples)",
            "case_list_category": category,
            "case_list_ids": "\t".join(samples),
        },
    )
