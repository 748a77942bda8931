"""What a run of a site's own catalogue depends on."""

from __future__ import annotations

from pathlib import Path

from orchestration.inputs import input_fingerprint
from warehouse.settings import Settings


def test_data_that_lie_in_the_folder_of_the_catalogue_are_no_part_of_it(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "cohorts").mkdir(parents=True)
    (site / "cohorts" / "clinic.yaml").write_text("cohort_id: clinic")
    settings = Settings(data=site / "data", catalog=site, mirror=None, demo=False)
    before = input_fingerprint(settings)
    # dbt names a folder so
    (site / "data" / "build" / "dbt_target" / "dbt_project.yml").mkdir(parents=True)
    assert input_fingerprint(settings) == before
    (site / "cohorts" / "clinic.yaml").write_text("cohort_id: other")
    assert input_fingerprint(settings) != before
