"""Every quirk of the field notes that can stand in a raw file stands in one of the generated files."""

from __future__ import annotations

import io
import re

import numpy as np
import pandas as pd
import pytest
from generated_help import attributes, entries, made, members, parsed, raw

from ingestion.generated.genes import PANELS


def test_a_clinical_study_file_has_four_comment_lines_and_no_newline_at_its_end() -> None:
    text = members("demo_msk_2018")["data_clinical_patient.txt"].decode()
    assert [line.startswith("#") for line in text.splitlines()[:5]] == [True] * 4 + [False]
    assert not text.endswith("\n")


def test_whole_months_have_heavy_ties_and_some_zeros() -> None:
    months = attributes("demo_msk_2018")["OS_TIME"].astype(float)
    assert (months == months.round()).all()
    assert (months == 0).sum() >= 5
    assert months.value_counts().max() >= 15


def test_sample_suffixes_disagree_with_the_panel_for_twelve_samples() -> None:
    suffix = {"DEMO_IMPACT341": "IM3", "DEMO_IMPACT410": "IM5", "DEMO_IMPACT468": "IM6"}
    patients = made().truth.cohort("demo_msk_2018")
    assert sum(not p.sample_id.endswith(suffix[p.panel_id]) for p in patients) == 12


def test_panels_differ_in_coverage_use_old_symbols_and_one_miscounts_itself() -> None:
    panels = parsed("demo_msk_2018", "gene_panels")["gene_panels"]
    covered = {panel: set(group) for panel, group in panels["hugo_symbol"].groupby(panels["panel_id"])}
    assert set(covered) == set(PANELS)
    assert covered["DEMO_IMPACT341"] < covered["DEMO_IMPACT410"] < covered["DEMO_IMPACT468"]
    assert all(
        {"ALK", "IGF1R", "TP53", "PAK7", "PARK2", "MRE11A", "WHSC1"} <= genes for genes in covered.values()
    )
    assert all("TTN" not in genes for genes in covered.values())
    assert "B2M" not in covered["DEMO_IMPACT341"]
    stated = re.search(r'\((\d+) genes\)\.",\s*"genes": \[[^\]]*\],\s*"genePanelId": "DEMO_IMPACT468"',
                       raw("demo_gene_panels_SYNTHETIC.json").decode())  # fmt: skip
    assert stated is not None
    assert int(stated.group(1)) == len(covered["DEMO_IMPACT468"]) - 1


def test_one_study_has_a_gene_matrix_and_the_others_have_case_lists() -> None:
    assert "data_gene_matrix_SYNTHETIC.txt" in members("demo_nsclc_2018")
    assert "case_lists/cases_sequenced.txt" not in members("demo_nsclc_2018")
    assert "case_lists/cases_sequenced.txt" in members("demo_msk_2018")
    assert "data_CNA.txt" not in members("demo_msk_2018")


def test_line_ends_marks_and_encodings_of_the_field_notes_all_occur() -> None:
    assert raw("demo_melanoma_a_clinical_SYNTHETIC.csv").startswith(b"\xef\xbb\xbf")
    assert b'"Response\nduration (weeks)"' in raw("demo_melanoma_a_clinical_SYNTHETIC.csv")
    assert b'scalp 2" margin' in raw("demo_melanoma_a_clinical_SYNTHETIC.csv")
    b_lines = raw("demo_melanoma_b_clinical_SYNTHETIC.txt")
    assert b_lines.count(b"\r\n") == b_lines.count(b"\n") > 100
    c_calls = raw("demo_melanoma_c_mutations_SYNTHETIC.txt")
    assert b"\n" not in c_calls
    assert c_calls.count(b"\r") > 100
    with pytest.raises(UnicodeDecodeError):
        raw("demo_melanoma_d_clinical_SYNTHETIC.txt.gz").decode("utf-8")
    assert members("demo_luad_2015")["data_mutations_extended.txt"].startswith(b"#version 2.4\n")


def test_builds_chromosomes_and_class_words_come_in_every_dialect() -> None:
    calls = {
        c.cohort_id: parsed(c.cohort_id, f.id)["mutations"] for c, f in entries() if f.kind == "mutations"
    }
    calls |= {s: parsed(s, "study")["mutations"] for s in ("demo_msk_2018", "demo_luad_2015")}
    builds = {build for table in calls.values() for build in table["ncbi_build"].dropna().unique()}
    assert builds == {"GRCh37", "37", "hg19"}
    chromosomes = {name for table in calls.values() for name in table["chromosome"].unique()}
    assert {"1", "chr1", "MT", "chrM", "GL000192.1"} <= chromosomes
    words = {word for table in calls.values() for word in table["variant_classification"].dropna().unique()}
    assert {"Missense_Mutation", "missense_variant", "nonsynonymous SNV"} <= words
    assert {"missense_variant,splice_region_variant", "missense_variant&splice_region_variant"} <= words
    assert {"Silent", "Intron", "IGR"} <= set(calls["demo_melanoma_b"]["variant_classification"])
    assert calls["demo_melanoma_c"]["reference_allele"].isna().all()
    assert calls["demo_positions_2017"]["hugo_symbol"].isna().all()
    assert {"14-sept", "01-mars", "6-Sep"} <= set(calls["demo_melanoma_d"]["hugo_symbol"])
    assert calls["demo_melanoma_d"].drop(columns="source_row").duplicated().sum() == 25


def test_the_control_maf_needs_its_filters_and_its_case_lists() -> None:
    calls = parsed("demo_control_2018", "mutations")["mutations"]
    filters = calls["filter"].fillna("")
    failing = calls[filters.str.contains("oxog|exac|Strand")]
    assert set(failing["hugo_symbol"]) == {"IGF1R"}
    assert len(failing) == 20
    leukaemia = calls["sample_id"].str.contains("-LA-")
    assert leukaemia.sum() > 20
    assert not (filters[leukaemia] == "PASS").any()
    assert (filters == "").sum() > 50
    barcodes = raw("demo_control_2018_SYNTHETIC.maf.gz").decode().split("\n")[1:-1]
    assert {len(line.split("\t")[8]) for line in barcodes} == {12, 28}


def test_on_treatment_biopsies_stand_among_the_samples_and_some_patients_have_two() -> None:
    cells = parsed("demo_melanoma_d", "clinical")["clinical_values"]
    times = cells[cells["column_name"] == "Timepoint"].set_index("sample_id")["value"]
    assert (times == "on-treatment").sum() == 31
    assert cells.groupby("patient_id")["sample_id"].nunique().eq(2).sum() == 25


def test_expression_that_is_called_fpkm_holds_whole_numbers_under_versioned_gene_ids() -> None:
    lines = raw("demo_melanoma_b_expression_FPKM_SYNTHETIC.txt.gz").decode().splitlines()
    table = pd.read_csv(io.StringIO("\n".join(lines[1:])), sep="\t", index_col=0)
    assert table.index.str.fullmatch(r"ENSG\d{11}\.\d+").all()
    assert np.issubdtype(table.to_numpy().dtype, np.integer)
    assert table.shape[1] == 40


# pairs


def test_planted_loss_can_be_seen_in_read_counts_and_segments() -> None:
    calls = (
        parsed("demo_pairs_2016", "mutations")["mutations"]
        .set_index(["sample_id", "hugo_symbol"])
        .sort_index()
    )
    cells = parsed("demo_pairs_2016", "samples")["clinical_values"]
    purity = (
        cells[cells["column_name"] == "tumor_purity"].set_index("sample_id")["value"].str.replace(",", ".")
    )
    segments = parsed("demo_pairs_2016", "segments")["copy_number_segments"]
    means = segments["segment_mean"].str.replace(",", ".").astype(float)
    assert len(made().truth.resistance_events) == 9
    for event in made().truth.resistance_events:
        sample = f"{event.patient_id}E"
        p = float(purity[sample])
        lowest = means[segments["sample_id"] == sample].min()
        assert (lowest < -0.3) == (event.loss == "deletion"), event
        assert ((f"{event.patient_id}A", event.gene) in calls.index) == (event.present_at == "baseline")
        if event.variant_classification:
            row = calls.loc[(sample, event.gene)].iloc[0]
            depth = int(row["t_ref_count"]) + int(row["t_alt_count"])
            expected = {"none": p / 2, "deletion": p / (2 - p), "copy_neutral": p}[event.loss]
            fraction = int(row["t_alt_count"]) / depth
            assert abs(fraction - expected) < 4 * np.sqrt(expected * (1 - expected) / depth), event


def test_relapses_share_most_mutations_with_their_baseline_and_one_baseline_is_shallow() -> None:
    calls = parsed("demo_pairs_2016", "mutations")["mutations"]
    by_sample = {s: set(g) for s, g in calls["start_position"].groupby(calls["sample_id"])}
    relapses = [s for s in by_sample if s.endswith("E")]
    private = sum(len(by_sample[s] - by_sample[s[:-1] + "A"]) for s in relapses)
    assert len(relapses) == 18
    assert 0 < private / sum(len(by_sample[s]) for s in relapses) < 0.12
    depth = calls["t_ref_count"].astype(int) + calls["t_alt_count"].astype(int)
    assert depth[calls["sample_id"] == "9A"].median() < 15 < 100 < depth[calls["sample_id"] == "9E"].median()
