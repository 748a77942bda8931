"""dbt's own documentation of the models as one HTML file that needs no network: lineage of models, SQL, tests, columns.

``make docs`` writes it beside the data; types and row counts come from the last build, where there is one.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from ingestion.errors import IngestionError
from warehouse.build.dbt_results import DBT
from warehouse.settings import PROJECT, Settings


def write_dbt_docs(settings: Settings) -> Path:
    """Write the page and give its place.

    Raises
    ------
    IngestionError
        dbt could not make it.
    """
    page = settings.data / "dbt_docs" / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        build = settings.build_file if settings.build_file.exists() else Path(folder) / "empty.duckdb"
        catalogue = [] if settings.build_file.exists() else ["--empty-catalog"]
        done = subprocess.run(
            [str(DBT), "--quiet", "docs", "generate", "--static", *catalogue,
             "--profiles-dir", ".", "--target-path", folder, "--log-path", folder],
            cwd=PROJECT / "dbt_project",
            env=os.environ | {"ICB_BUILD_FILE": str(build), "DO_NOT_TRACK": "1"},
            capture_output=True,
            text=True,
        )  # fmt: skip
        if done.returncode:
            raise IngestionError(
                f"dbt did not write its documentation ({done.stdout.strip().splitlines()[-1:]})",
                where=str(page),
                remedy="close the build file where it is open, then run 'make docs' again",
            )
        page.write_text((Path(folder) / "static_index.html").read_text(encoding="utf-8"), encoding="utf-8")
    return page


def main() -> None:
    """Write the page of the build in force and say where it is."""
    print(f"dbt's documentation: {write_dbt_docs(Settings.from_environment())}")


if __name__ == "__main__":
    main()
