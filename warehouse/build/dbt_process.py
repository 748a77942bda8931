"""dbt on a project that was read before: ``python -P dbt_process.py <what it has read> build ...``. A file that is run
by its path and imports nothing of the project, so that it is the same in a checkout and in an installation.

Two things are otherwise than in the program ``dbt``. The project is not read again: dbt reads all of it anew wherever
the path in the profile is another, which is that of the build file: for every data folder and every check of a cohort
(8 s of a core). And Python looks for garbage 70 times less often: dbt holds millions of objects to its end, and looking
through them for the few that are not needed is a seventh of its time.
"""

from __future__ import annotations

import gc
import sys
from datetime import UTC, datetime
from pathlib import Path

#: Objects made between two looks at the youngest; Python's own is 700.
_LOOK_EVERY = 50_000


def main(parsed: Path, arguments: list[str]) -> int:
    """Run one command of dbt; gives dbt's exit code: 1 when a model or a test failed, 2 when dbt itself did.

    Parameters
    ----------
    parsed : dbt's ``partial_parse.msgpack`` of the project and the target that the command names.
    """
    gc.set_threshold(_LOOK_EVERY, 20, 100)
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder
    from dbt_common.invocation import get_invocation_id

    manifest = Manifest.from_msgpack(parsed.read_bytes(), decoder=extended_mashumuro_decoder)
    manifest.build_parent_and_child_maps()  # what dbt does with a project that it has not read again
    manifest.metadata.generated_at = datetime.now(UTC).replace(tzinfo=None)
    manifest.metadata.invocation_id = get_invocation_id()
    done = dbtRunner(manifest=manifest).invoke(arguments)
    if done.exception is not None:
        print(done.exception, file=sys.stderr)
        return 2
    return 0 if done.success else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
