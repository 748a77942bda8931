"""The groups of people behind the cohorts: how many, which tumours, which assay, how long they were followed.

A group is drawn once; several cohorts may show the same people (``shared patients``), which is the point.
"""

from __future__ import annotations

import numpy as np

from ingestion.generated import effects
from ingestion.generated.genes import PANEL_341, PANEL_410, PANEL_468, PANEL_BLOOD
from ingestion.generated.people import Group, Person, draw_people

LUNG = "Non-Small Cell Lung Cancer"
_MSK_PANELS = {PANEL_341: 0.25, PANEL_410: 0.45, PANEL_468: 0.30}
# With the usual share, 360 trial patients would show the treatment x IGF1R interaction in 4 of 10 seeds only.
_ENRICHED = {effects.PREDICTIVE_GENE: 0.22}

GROUPS = (
    Group(
        "msk",
        540,
        {"Melanoma": 0.28, LUNG: 0.34, "Bladder Cancer": 0.14, "Renal Cell Carcinoma": 0.12, "Colorectal Cancer": 0.12},
        panels=_MSK_PANELS,
        mean_depth=600,
        follow_up_months=(6.0, 60.0),
    ),
    Group("nsclc", 20, {LUNG: 1.0}, panels=_MSK_PANELS, mean_depth=600),
    Group("luad", 50, {LUNG: 1.0}, follow_up_months=(6.0, 40.0)),
    Group("melanoma_a", 90, {"Melanoma": 1.0}, follow_up_months=(18.0, 80.0)),
    Group("melanoma_b", 130, {"Melanoma": 1.0}),
    Group("melanoma_c", 90, {"Melanoma": 1.0}),
    Group("melanoma_d", 80, {"Melanoma": 1.0}),
    Group("reuse", 40, {"Bladder Cancer": 0.5, LUNG: 0.5}),
    Group(
        "trial_alpha",
        240,
        {LUNG: 1.0},
        panels={PANEL_BLOOD: 1.0},
        arms={"icb": 0.5, "chemotherapy": 0.5},
        mean_depth=800,
        follow_up_months=(18.0, 30.0),
        extra_drivers=_ENRICHED,
    ),
    Group(
        "trial_beta",
        120,
        {LUNG: 1.0},
        panels={PANEL_BLOOD: 1.0},
        arms={"icb": 0.5, "chemotherapy": 0.5},
        mean_depth=800,
        follow_up_months=(20.0, 36.0),
        extra_drivers=_ENRICHED,
    ),
    Group(
        "control",
        400,
        {
            "Melanoma": 0.30, LUNG: 0.22, "Bladder Cancer": 0.14, "Renal Cell Carcinoma": 0.14,
            "Colorectal Cancer": 0.12, "Leukemia": 0.08,
        },
        arms={"none": 1.0},
        median_os_months=effects.MEDIAN_OS_DIAGNOSIS,
        follow_up_months=(24.0, 150.0),
        late_sample_share=0.35,
    ),
    Group("pairs", 18, {"Melanoma": 1.0}, mean_depth=130),
)  # fmt: skip


def draw_groups(seed: int) -> dict[str, list[Person]]:
    """All people, by group. Each group has a random stream of its own, so that editing one leaves the rest."""
    streams = np.random.SeedSequence(seed).spawn(len(GROUPS))
    return {
        group.name: draw_people(np.random.default_rng(stream), group)
        for group, stream in zip(GROUPS, streams, strict=True)
    }
