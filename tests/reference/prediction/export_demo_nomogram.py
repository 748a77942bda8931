"""The people of the demo's nomogram as a CSV for R: python export_demo_nomogram.py <published icb.duckdb of the demo>

Run in this folder after the generated cohorts change, then make_demo_nomogram.R.
"""

import sys
from pathlib import Path

import duckdb
import pandas as pd

from analytics.prediction.people import add_burden_percentile, complete_people
from analytics.questions.selection import select_members
from warehouse.catalog.analyses import load_analysis
from warehouse.frames.patients import analysis_frame

SPEC = Path(__file__).parents[3] / "catalog" / "demo" / "analyses" / "demo_nomogram.yaml"


def main() -> None:
    spec = load_analysis(SPEC)
    variant = spec.variants["default"]
    parts = []
    with duckdb.connect(sys.argv[1], read_only=True) as con:
        for population, cohorts in (("discovery", spec.cohorts), ("validation", spec.validation_cohorts)):
            frame = analysis_frame(con, spec.gene, spec.endpoint, cohorts, spec.genes())
            members, _ = add_burden_percentile(select_members(frame, variant, {}).members)
            people = complete_people(members, variant.covariates, spec.axes).people
            parts.append(people.assign(population=population, event=people["event"].astype(int)))
    columns = [
        "population",
        "cohort_id",
        "patient_id",
        "cancer_type",
        "time_months",
        "event",
        *variant.covariates,
    ]
    pd.concat(parts)[columns].to_csv("demo_nomogram.csv", index=False)


if __name__ == "__main__":
    main()
