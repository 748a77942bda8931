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
#: Stands between two commands.
THEN = "--then"


def main(parsed: Path, arguments: list[str]) -> int:
    """Run dbt's commands one after the other, as long as they succeed; gives dbt's exit code: 1 when a model or a test
    failed, 2 when dbt itself did.

    Parameters
    ----------
    arguments : of one command, or of several with `THEN` between them: to start dbt takes 3 s of a core.
    parsed : dbt's ``partial_parse.msgpack`` of the project and the target that the command names.
    """
    gc.set_threshold(_LOOK_EVERY, 20, 100)
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder
    from dbt_common.invocation import get_invocation_id

    while arguments:
        command, arguments = _first(arguments)
        # each has its own: dbt notes in it what it has made of the models
        manifest = Manifest.from_msgpack(parsed.read_bytes(), decoder=extended_mashumuro_decoder)
        manifest.build_parent_and_child_maps()  # what dbt does with a project that it has not read again,
        manifest.build_flat_graph()  # and what macros see of it: Spark's raw tables are its sources
        manifest.metadata.generated_at = datetime.now(UTC).replace(tzinfo=None)
        manifest.metadata.invocation_id = get_invocation_id()
        done = dbtRunner(manifest=manifest).invoke(command)
        if done.exception is not None:
            print(done.exception, file=sys.stderr)
            return 2
        if not done.success:
            return 1
    return 0


def _first(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The first command, and what comes after it."""
    end = arguments.index(THEN) if THEN in arguments else len(arguments)
    return arguments[:end], arguments[end + 1 :]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
