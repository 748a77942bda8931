"""Real check: Hugo 2016 expression, the 29 immune signatures of He 2018, against GSVA 1.46.0."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.immune.gene_sets import GeneSet
from analytics.immune.ssgsea import ssgsea

RAW = "raw.githubusercontent.com"
EXPRESSION = f"{RAW}/BHKLAB-Pachyderm/ICB_Hugo-data/46b20b78eec927eda7d602ee6f8974867cc60e66/EXPR.txt.gz"
SIGNATURES = f"{RAW}/LuZDPUMC/LUAD-paper-code/81ded07f98ba9c326d03aad3aed1e78dce46fbc8/immune.gmt"
REFERENCE = Path(__file__).parents[3] / "reference" / "immune" / "ssgsea_hugo.json"

pytestmark = pytest.mark.mirror


@pytest.fixture(scope="module")
def hugo():
    """Samples x genes (a quarter of the values is 0), the signatures, and GSVA's scores."""
    root = os.environ.get("ICB_MIRROR")
    if not root:
        pytest.skip("ICB_MIRROR is not set: the real check of ssGSEA needs the mirror of public files")
    paths = [Path(root) / name for name in (EXPRESSION, SIGNATURES)]
    for path in paths:
        if not path.is_file():
            pytest.skip(f"the mirror lacks {path}")
    table = pd.read_csv(paths[0], sep="\t", decimal=",", quoting=3).drop_duplicates("Gene").set_index("Gene")
    rows = [line.split("\t") for line in paths[1].read_text().splitlines() if line.strip()]
    sets = tuple(GeneSet(name, tuple(genes), "He 2018", "2018") for name, _, *genes in rows)
    return table.T.astype(float), sets, json.loads(REFERENCE.read_text())


@pytest.mark.parametrize(("normalise", "key"), [(False, "raw"), (True, "normalised")])
def test_scores_of_28_melanomas_equal_gsva(hugo, normalise, key):
    expression, sets, expected = hugo
    result = ssgsea(expression, sets, normalise=normalise)
    assert result.scores.columns.tolist() == expected["sets"]
    assert result.scores.index.tolist() == expected["samples"]
    np.testing.assert_allclose(result.scores, expected[key], rtol=1e-10, atol=1e-9)


def test_every_signature_reports_how_much_of_it_was_measured(hugo):
    expression, sets, expected = hugo
    coverage = ssgsea(expression, sets).coverage
    assert coverage["gene_set"].tolist() == expected["all_sets"]
    assert coverage["is_scored"].all()
    assert coverage["coverage"].min() < 1.0
