"""Who has a mutation that is asked for, who has another, and of whom it cannot be said."""

from __future__ import annotations

import pytest
from written_inputs import WrittenInputs, call, rows

from analytics.biomarkers.assignment import Group
from analytics.biomarkers.evaluate import evaluate

HOTSPOT = ("gene", "residue", "ncbi_build", "chromosome", "start_position")
PANEL = "its panel does not list the gene"


def groups(text: str, inputs: WrittenInputs) -> dict[str, str]:
    """sample -> its group, or why it has none."""
    found = evaluate(text, inputs).rows
    return {
        row.sample_id: row.group if row.status == "known" else f"{row.status}: {row.status_reason}"
        for row in found.itertuples()
    }


def test_a_gene_has_the_groups_and_the_words_of_the_warehouse() -> None:
    inputs = WrittenInputs(
        ["mutated", "wild", "off_panel", "doubted"],
        call_rows=[call("mutated", "ALK"), call("mutated", "ALK")],
        statuses={("off_panel", "ALK"): ("not_profiled", PANEL)},
        doubtful=[("doubted", "ALK", None, "The row has no variant class.")],
    )
    found = evaluate("ALK", inputs)
    assert found.groups == (
        Group("wild_type", "ALK wild-type", is_reference=True), Group("mutated", "ALK mutated"),
    )  # fmt: skip
    assert groups("ALK", inputs) == {
        "mutated": "mutated",
        "wild": "wild_type",
        "off_panel": f"not_profiled: {PANEL}",
        "doubted": "undetermined: The row has no variant class.",
    }
    assert found.rows["n_own_mutations"].tolist() == [2, 0, 0, 0]
    assert found.genes == ("ALK",) and found.label == "ALK"


@pytest.mark.parametrize(
    ("what", "maf_class"),
    [
        ("truncating", "Nonsense_Mutation"), ("truncating", "Frame_Shift_Indel"), ("truncating", "Splice_Site"),
        ("missense", "Missense_Mutation"), ("inframe", "In_Frame_Indel"), ("splice", "Splice_Site"),
        ("splice", "Splice_Region"), ("nonsense", "Nonsense_Mutation"), ("frameshift", "Frame_Shift_Del"),
    ],
)  # fmt: skip
def test_a_class_is_asked_of_the_calls(what: str, maf_class: str) -> None:
    inputs = WrittenInputs(
        ["it", "other", "none", "unclear", "both"],
        call_rows=[
            call("it", "TP53", maf_class),
            call("other", "TP53", "Nonstop_Mutation"),
            call("unclear", "TP53", "Unknown"),
            call("both", "TP53", "Unknown"),
            call("both", "TP53", maf_class),
        ],
    )
    found = groups(f"TP53:{what}", inputs)
    assert found["it"] == found["both"] != found["other"]
    assert found["other"] == found["none"]
    assert found["unclear"] == "undetermined: a call of the gene whose class does not say its effect"


def test_a_gene_mutated_in_another_way_is_in_the_reference_and_the_label_says_so() -> None:
    inputs = WrittenInputs(
        ["g12c", "g12d", "none"],
        call_rows=[call("g12c", "KRAS", change="p.G12C"), call("g12d", "KRAS", change="p.G12D")],
    )
    found = evaluate("KRAS:G12C", inputs)
    assert [(g.key, g.label, g.is_reference) for g in found.groups] == [
        ("not_kras_g12c", "not KRAS G12C", True),
        ("kras_g12c", "KRAS G12C", False),
    ]
    assert found.rows["group"].tolist() == ["kras_g12c", "not_kras_g12c", "not_kras_g12c"]
    assert found.rows["n_own_mutations"].tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("asked", "change", "maf_class", "expected"),
    [
        ("G12C", "p.G12C", "Missense_Mutation", "yes"),
        ("G12C", "p.G12D", "Missense_Mutation", "no"),
        ("G12C", "p.G13C", "Missense_Mutation", "no"),
        ("G12C", None, "Missense_Mutation", "undetermined"),
        ("G12C", "c.34G>T", "Missense_Mutation", "undetermined"),
        ("G12C", None, "Nonsense_Mutation", "no"),
        ("G12C", None, "Unknown", "undetermined"),
        ("G12C", "p.A12C", "Missense_Mutation", "undetermined"),  # numbered on another transcript
        ("R213*", "p.Arg213Ter", "Nonsense_Mutation", "yes"),
        ("R213*", None, "Missense_Mutation", "no"),
        ("R213*", None, "Nonsense_Mutation", "undetermined"),
        ("R876fs", "p.R876Lfs*5", "Frame_Shift_Del", "yes"),
        ("V600", "p.V600E", "Missense_Mutation", "yes"),
        ("V600", "p.V600_K601delinsE", "In_Frame_Del", "yes"),
        ("V600", "p.T599_V600insV", "In_Frame_Ins", "yes"),
        ("V600", "p.K601E", "Missense_Mutation", "no"),
        ("V600", "p.X600_splice", "Splice_Site", "no"),
        ("V600", None, "Splice_Site", "no"),
        ("V600", None, "Frame_Shift_Del", "undetermined"),
        ("E746_A750", "p.L747_P753delinsS", "In_Frame_Del", "yes"),
        ("E746_A750", "p.P753S", "Missense_Mutation", "no"),
    ],
)  # fmt: skip
def test_a_protein_change_or_a_residue_is_asked_of_the_changes_that_can_be_read(
    asked: str, change: str | None, maf_class: str, expected: str
) -> None:
    inputs = WrittenInputs(["s"], call_rows=[call("s", "BRAF", maf_class, change)])
    row = evaluate(f"BRAF:{asked}", inputs).rows.iloc[0]
    answer = "undetermined" if row["status"] == "undetermined" else "no" if "not_" in row["group"] else "yes"
    assert answer == expected


def test_a_counted_call_of_the_asked_kind_makes_positive_beside_one_that_is_not_understood() -> None:
    inputs = WrittenInputs(
        ["s"],
        call_rows=[call("s", "KRAS", change="p.G12C"), call("s", "KRAS", change=None)],
        doubtful=[("s", "KRAS", None, "unclear")],
    )
    assert groups("KRAS:G12C", inputs) == {"s": "kras_g12c"}


@pytest.mark.parametrize(
    ("maf_class", "expected"),
    [("Nonsense_Mutation", "no"), ("Missense_Mutation", "undetermined"), (None, "undetermined")],
)
def test_a_doubtful_row_makes_undetermined_unless_its_class_rules_it_out(
    maf_class: str | None, expected: str
) -> None:
    inputs = WrittenInputs(["s"], doubtful=[("s", "KRAS", maf_class, "The row names several genes.")])
    found = groups("KRAS:G12C", inputs)["s"]
    assert found == ("not_kras_g12c" if expected == "no" else "undetermined: The row names several genes.")


def test_a_sample_that_cannot_be_judged_as_a_whole_is_undetermined_whatever_its_calls() -> None:
    inputs = WrittenInputs(
        ["s"],
        about={"s": {"is_undetermined": True, "undetermined_reason": "on no list"}},
        call_rows=[call("s", "KRAS", change="p.G12C")],
    )
    assert groups("KRAS:G12C", inputs) == {"s": "undetermined: on no list"}


def test_a_call_beside_a_panel_that_does_not_list_the_gene_decides_nothing() -> None:
    reason = "it has a call, but its panel does not list the gene"
    inputs = WrittenInputs(
        ["s"],
        call_rows=[call("s", "KRAS", change="p.G12C")],
        statuses={("s", "KRAS"): ("undetermined", reason)},
    )
    assert groups("KRAS:G12C", inputs) == {"s": f"undetermined: {reason}"}


def test_a_hotspot_is_a_missense_or_in_frame_change_at_a_recurrent_residue() -> None:
    inputs = WrittenInputs(
        ["at", "beside", "stop", "placed", "placed_beside", "unplaced", "none"],
        call_rows=[
            call("at", "TP53", change="p.R175H"),
            call("beside", "TP53", change="p.P190L"),
            call("stop", "TP53", "Nonsense_Mutation", "p.R175*"),
            call("placed", "TP53", position=7578406),
            call("placed_beside", "TP53", position=7579999),
            call("unplaced", "TP53"),
        ],
        hotspot_rows=rows(HOTSPOT, ("TP53", 175, "GRCh37", "1", 7578406)),
    )
    found = groups("TP53:hotspot", inputs)
    assert found.pop("unplaced").startswith("undetermined: a call of the gene without a residue")
    assert found == {
        "at": "tp53_hotspot", "beside": "not_tp53_hotspot", "stop": "not_tp53_hotspot", "placed": "tp53_hotspot",
        "placed_beside": "not_tp53_hotspot", "none": "not_tp53_hotspot",
    }  # fmt: skip


# --- several genes


def test_any_of_several_genes_is_known_by_one_of_them_and_compared_where_all_were_looked_at() -> None:
    inputs = WrittenInputs(
        ["one", "none", "off_panel", "off_panel_mutated", "doubted", "doubted_mutated"],
        call_rows=[call(s, "ARID1A") for s in ("one", "one", "off_panel_mutated", "doubted_mutated")]
        + [call("one", "PBRM1")],
        statuses={(s, "PBRM1"): ("not_profiled", PANEL) for s in ("off_panel", "off_panel_mutated")},
        doubtful=[("doubted", "PBRM1", None, "unclear"), ("doubted_mutated", "PBRM1", None, "unclear")],
    )
    found = evaluate("any(ARID1A, PBRM1)", inputs)
    assert groups("any(ARID1A, PBRM1)", inputs) == {
        "one": "any_of_arid1a_pbrm1_mutated",
        "none": "none_of_arid1a_pbrm1_mutated",
        "off_panel": f"not_profiled: PBRM1: {PANEL}",
        "off_panel_mutated": "any_of_arid1a_pbrm1_mutated",
        "doubted": "undetermined: PBRM1: unclear",
        "doubted_mutated": "any_of_arid1a_pbrm1_mutated",
    }
    assert found.rows["n_own_mutations"].tolist() == [3, 0, 0, 1, 0, 1]
    compared = found.member_status().set_index("sample_id")
    # a panel without PBRM1 would give carriers only
    assert set(compared.loc[["off_panel", "off_panel_mutated"], "status"]) == {"not_profiled"}
    assert compared.loc["off_panel_mutated", "status_reason"] == f"PBRM1: {PANEL}"
    assert compared.loc["doubted_mutated", "status"] == "any_of_arid1a_pbrm1_mutated"
    assert found.genes == ("ARID1A", "PBRM1")


def test_who_is_wild_type_for_one_gene_does_not_have_both_whatever_the_other_is() -> None:
    inputs = WrittenInputs(
        ["wild_type", "mutated", "both"],
        call_rows=[call("mutated", "STK11"), call("both", "STK11"), call("both", "KRAS")],
        statuses={(s, "KRAS"): ("not_profiled", PANEL) for s in ("wild_type", "mutated")},
    )
    found = evaluate("STK11 & KRAS", inputs)
    rows = found.rows.set_index("sample_id")
    assert rows["status"].tolist() == ["known", "not_profiled", "known"]
    assert rows["group"].tolist() == [
        "not_kras_mutated_and_stk11_mutated",
        None,
        "kras_mutated_and_stk11_mutated",
    ]
    assert found.counts() == {
        "not_kras_mutated_and_stk11_mutated": 1, "kras_mutated_and_stk11_mutated": 1,
        "undetermined": 0, "not_profiled": 1,
    }  # fmt: skip
    assert found.member_status()["status"].tolist() == [
        "not_profiled", "not_profiled", "kras_mutated_and_stk11_mutated",
    ]  # fmt: skip


def test_any_of_a_list_is_the_same_as_or() -> None:
    inputs = WrittenInputs(["a", "b"], call_rows=[call("a", "ARID1A")])
    listed, written = (evaluate(t, inputs).rows for t in ("any(ARID1A, PBRM1)", "ARID1A | PBRM1"))
    assert (listed["group"].str.startswith("any") == ~written["group"].str.startswith("not")).all()


def test_a_gene_set_is_asked_gene_by_gene_and_counted() -> None:
    inputs = WrittenInputs(
        ["two", "one", "none"],
        call_rows=[call("two", "ARID1A"), call("two", "PBRM1"), call("one", "PBRM1"), call("one", "PBRM1")],
        sets={"swi": ("ARID1A", "PBRM1", "SMARCA4")},
    )
    assert list(groups("count(set:swi) >= 2", inputs).values()) == [
        "ge_2_of_swi_mutated", "lt_2_of_swi_mutated", "lt_2_of_swi_mutated",
    ]  # fmt: skip
    assert list(groups("any(set:swi)", inputs).values()) == [
        "any_of_swi_mutated", "any_of_swi_mutated", "none_of_swi_mutated",
    ]  # fmt: skip


def test_a_few_genes_of_a_set_that_no_assay_lists_are_left_out_and_named() -> None:
    genes = tuple(f"G{k}" for k in range(10))
    inputs = WrittenInputs(
        ["a", "b"],
        call_rows=[call("a", "G1")],
        sets={"ten": genes},
        genes=genes,
        statuses={(s, "G9"): ("not_profiled", PANEL) for s in ("a", "b")},
    )
    found = evaluate("any(set:ten)", inputs)
    assert found.counts() == {
        "none_of_ten_mutated": 1, "any_of_ten_mutated": 1, "undetermined": 0, "not_profiled": 0,
    }  # fmt: skip
    assert found.notes == ("G9 of ten: covered by no assay of these cohorts, left out.",)


def test_a_set_that_the_assays_do_not_cover_is_asked_of_nobody() -> None:
    genes = tuple(f"G{k}" for k in range(10))
    inputs = WrittenInputs(
        ["a"],
        call_rows=[call("a", "G1")],
        sets={"ten": genes},
        genes=genes,
        statuses={("a", gene): ("not_profiled", PANEL) for gene in genes[7:]},
    )
    found = evaluate("any(set:ten)", inputs)
    assert found.counts()["not_profiled"] == 1
    assert found.member_status()["status"].tolist() == ["not_profiled"]


def test_a_call_that_two_parts_ask_for_is_taken_out_of_the_burden_once() -> None:
    inputs = WrittenInputs(["s"], call_rows=[call("s", "KRAS", change="p.G12C"), call("s", "STK11")])
    assert evaluate("KRAS & KRAS:G12C & STK11", inputs).rows["n_own_mutations"].tolist() == [2]


def test_joint_groups_are_neither_one_the_other_and_both() -> None:
    inputs = WrittenInputs(
        ["neither", "stk11", "kras", "both", "doubted"],
        call_rows=[
            call("stk11", "STK11"), call("both", "STK11"), call("kras", "KRAS", change="p.G12C"),
            call("both", "KRAS", change="p.G12C"), call("doubted", "STK11"),
        ],
        doubtful=[("doubted", "KRAS", None, "unclear")],
    )  # fmt: skip
    found = evaluate("STK11 x KRAS:G12C", inputs)
    assert [(g.key, g.label) for g in found.groups] == [
        ("neither", "neither"), ("stk11_only", "STK11 only"), ("kras_g12c_only", "KRAS G12C only"), ("both", "both"),
    ]  # fmt: skip
    assert found.reference == found.groups[0]
    assert groups("STK11 x KRAS:G12C", inputs) == {
        "neither": "neither", "stk11": "stk11_only", "kras": "kras_g12c_only", "both": "both",
        "doubted": "undetermined: KRAS G12C: unclear",
    }  # fmt: skip


def test_what_select_members_reads_holds_the_group_or_why_there_is_none() -> None:
    inputs = WrittenInputs(
        ["a", "b", "c"], call_rows=[call("a", "ALK")], statuses={("c", "ALK"): ("not_profiled", PANEL)}
    )
    found = evaluate("ALK", inputs).member_status()
    assert found["status"].tolist() == ["mutated", "wild_type", "not_profiled"]
    assert found["status_reason"].tolist() == [None, None, PANEL]
    assert found["n_mutations"].tolist() == [1, 0, 0]
