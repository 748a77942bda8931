"""The MSK cohort of Samstein et al. (2019) as a scan reads it, straight from the public tarball.

python real_cohort.py <tmb_mskcc_2018.tar.gz> <folder> writes patients.csv and carriers.csv there (not into this
repository) for make_real_reference.R. A panel is taken to cover a gene when it has found a mutation in it: that is
enough to compare numbers, and not how the warehouse decides coverage.
"""

import io
import sys
import tarfile
from pathlib import Path

import pandas as pd

STUDY = "tmb_mskcc_2018"
SILENT = ("Silent", "Intron", "3'UTR", "5'UTR", "5'Flank", "IGR", "RNA")
PANEL_MEGABASES = {"IMPACT341": 0.98, "IMPACT410": 1.06, "IMPACT468": 1.22}
COVARIATES = ["sex", "age_group", "drug_type", "sample_type"]


def _table(archive: tarfile.TarFile, name: str) -> pd.DataFrame:
    member = archive.extractfile(f"{STUDY}/{name}")
    assert member is not None
    return pd.read_csv(io.BytesIO(member.read()), sep="\t", comment="#", low_memory=False)


def read_cohort(tarball: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Patients (patient_id, time_months, event, stratum, covariates, tmb, panel) and carriers (gene, patient_id,
    n_mutations)."""
    with tarfile.open(tarball) as archive:
        patients, samples = (_table(archive, f"data_clinical_{kind}.txt") for kind in ("patient", "sample"))
        mutations = _table(archive, "data_mutations_extended.txt")
    samples = samples.drop_duplicates("PATIENT_ID")
    both = patients.merge(samples, on="PATIENT_ID")
    table = pd.DataFrame(
        {
            "patient_id": both["PATIENT_ID"],
            "time_months": both["OS_MONTHS"],
            "event": both["OS_STATUS"].str.contains("DECEASED").astype(int),
            "stratum": both["CANCER_TYPE"],
            "sex": both["SEX"],
            "age_group": both["AGE_GROUP"],
            "drug_type": both["DRUG_TYPE"],
            "sample_type": both["SAMPLE_TYPE"],
            "tmb": both["TMB_SCORE"],
            "panel": both["GENE_PANEL"],
        }
    )
    found = mutations[~mutations["Variant_Classification"].isin(SILENT)]
    found = found.merge(
        samples[["SAMPLE_ID", "PATIENT_ID"]], left_on="Tumor_Sample_Barcode", right_on="SAMPLE_ID"
    )
    counts = found.groupby(["Hugo_Symbol", "PATIENT_ID"]).size()
    carriers = counts.reset_index(name="n_mutations")
    return table, carriers.rename(columns={"Hugo_Symbol": "gene", "PATIENT_ID": "patient_id"})


def coverage(patients: pd.DataFrame, carriers: pd.DataFrame) -> pd.DataFrame:
    """Panel and gene, where the panel has found a mutation in the gene."""
    panel = carriers.merge(patients[["patient_id", "panel"]], on="patient_id")
    return panel[["panel", "gene"]].drop_duplicates()


if __name__ == "__main__":
    table, carried = read_cohort(Path(sys.argv[1]))
    table.assign(megabases=table["panel"].map(PANEL_MEGABASES)).to_csv(
        f"{sys.argv[2]}/patients.csv", index=False
    )
    carried.to_csv(f"{sys.argv[2]}/carriers.csv", index=False)
