"""Running score, bubble plot, heat map and box plots: legible, and they say what the tables say."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from analytics.errors import InvalidColumnError, InvalidSettingError, NoRowsError
from analytics.figures import style
from analytics.figures.box_plots import box_plot_figure
from analytics.figures.heat_map import heat_map_figure
from analytics.immune.comparisons import compare_two_groups
from analytics.immune.figures import enrichment_bubble_figure, running_score_figure
from analytics.immune.gene_sets import GeneSet
from analytics.immune.gsea import preranked_gsea

GENES = [f"G{i}" for i in range(600)]
SETS = [
    GeneSet(name, tuple(GENES[40 * k : 40 * k + 40]), "generated", "1")
    for k, name in enumerate(
        [
            "HALLMARK_DNA_REPAIR",
            "HALLMARK_OXIDATIVE_PHOSPHORYLATION",
            "HALLMARK_EPITHELIAL_MESENCHYMAL_TRANSITION",
        ]
    )
]


def words(figure):
    return [text.get_text().replace("\u00a0", " ") for text in figure.findobj(Text) if text.get_text()]


@pytest.fixture(scope="module")
def results():
    rng = np.random.default_rng(3)
    found = {}
    for cohort in ("Liu", "Riaz", "Van Allen"):
        ranking = pd.Series(rng.normal(size=600), index=GENES)
        ranking[GENES[:40]] += 1.0
        ranking[GENES[40:80]] -= 1.0
        tiny = GeneSet("TINY", ("G500",), "generated", "1")
        found[cohort] = preranked_gsea(ranking, [*SETS, tiny], permutations=200)
    return found


def test_the_running_score_picture_is_legible_and_prints_nes_p_and_q(results, assert_legible):
    figure = running_score_figure(results["Liu"], "HALLMARK_DNA_REPAIR", ends=("mutated", "wild-type"))
    assert_legible(figure)
    running = results["Liu"].running["HALLMARK_DNA_REPAIR"]
    assert any(f"NES {running.nes:.2f}, p < 0.005" in text for text in words(figure))
    curve = figure.axes[1].lines[0]
    np.testing.assert_allclose(curve.get_ydata(), running.score)


def test_a_set_that_was_not_tested_has_no_picture(results):
    with pytest.raises(InvalidSettingError, match="'TINY' was not tested"):
        running_score_figure(results["Liu"], "TINY")


def test_the_bubble_plot_is_legible_and_shows_tested_sets_only(results, assert_legible):
    tables = {name: result.table for name, result in results.items()}
    figure = enrichment_bubble_figure(tables, title="Hallmark sets, mutated against wild-type")
    assert_legible(figure)
    shown = words(figure)
    assert "DNA repair" in shown
    assert "TINY" not in shown
    with pytest.raises(NoRowsError, match="No gene set was tested"):
        enrichment_bubble_figure({name: table[table["nes"].isna()] for name, table in tables.items()})


@pytest.fixture(scope="module")
def cohort():
    rng = np.random.default_rng(5)
    features = pd.DataFrame(
        rng.lognormal(size=(90, 4)),
        columns=["tmb", "leukocyte_fraction", "tcr_shannon_diversity_of_the_whole_repertoire", "constant"],
    )
    features["constant"] = 1.0
    features.loc[:3, "tmb"] = 0.0
    return features, pd.Series(rng.random(90) < 0.3)


def test_box_plots_are_legible_also_with_zeros_on_a_log_axis_and_an_untested_feature(cohort, assert_legible):
    features, is_case = cohort
    table = compare_two_groups(features, is_case)
    figure = box_plot_figure(
        features, is_case, table, labels={"tmb": "TMB (mut/Mb)"}, title="Features by status", is_log=True
    )
    assert_legible(figure)
    shown = words(figure)
    assert "TMB (mut/Mb)" in shown
    assert "not tested" in shown
    assert any(text.startswith("q ") and "δ" in text for text in shown)
    with pytest.raises(InvalidColumnError, match="compare it first"):
        box_plot_figure(features, is_case, table, names=["cd8"])


@pytest.mark.parametrize("cohorts", [3, 33])
def test_the_heat_map_is_legible_with_few_and_with_all_tumour_types(cohorts, assert_legible):
    rng = np.random.default_rng(1)
    genes = ["HLA-A", "HLA-B", "B2M", "HLA-DRA", "HLA-DRB1", "CD80", "TNFRSF9"]
    matrix = pd.DataFrame(
        rng.normal(size=(7, cohorts)), index=genes, columns=[f"TCGA-T{i:02d}" for i in range(cohorts)]
    )
    matrix.iloc[0, 0] = np.nan
    q = pd.DataFrame(0.2, index=matrix.index, columns=matrix.columns)
    q.iloc[2, 1] = 0.0005
    groups = pd.Series(["MHC class I"] * 3 + ["MHC class II"] * 2 + ["Co-stimulators"] * 2, index=genes)
    figure = heat_map_figure(matrix, q=q, groups=groups, title="Median differences")
    assert_legible(figure)
    assert words(figure).count("***") == 1
    assert {"MHC class I", "MHC class II", "Co-stimulators"} <= set(words(figure))


def test_the_heat_map_takes_what_the_comparisons_give(cohort, assert_legible):
    features, is_case = cohort
    differences = compare_two_groups(features, is_case).set_index("feature")["median_difference"]
    figure = heat_map_figure(pd.DataFrame({"Liu": differences, "Riaz": differences}))
    assert_legible(figure)
    with pytest.raises(NoRowsError, match="holds no number"):
        heat_map_figure(pd.DataFrame({"Liu": [np.nan]}, index=["CD8A"]))


def test_figures_are_the_same_bytes_on_every_run(cohort):
    features, is_case = cohort
    table = compare_two_groups(features, is_case)
    first, second = (style.svg_bytes(box_plot_figure(features, is_case, table)) for _ in range(2))
    assert first == second
