"""Compiling ahead: every file with a kernel is reached by a part, and a part runs on its few generated people."""

import ast
import json
import subprocess
import sys
from pathlib import Path

from analytics import warm_up

ANALYTICS = Path(warm_up.__file__).parent


def files_with_kernels() -> set[str]:
    """Modules whose functions are compiled and kept on disk: decorated with njit or the scan's own decorator."""
    found = set()
    for path in ANALYTICS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
            if any("njit" in ast.unparse(one) or "compiled" in ast.unparse(one) for one in decorators):
                found.add(".".join(path.relative_to(ANALYTICS.parent).with_suffix("").parts))
    return found


def test_the_parts_run_and_load_every_file_that_has_a_kernel():
    script = (
        "import json, sys\n"
        "from analytics import warm_up\n"
        "for name in warm_up.PARTS: warm_up.compile_part(name)\n"
        "print(json.dumps([name for name in sys.modules if name.startswith('analytics.')]))"
    )
    # a process of its own: other tests of this one have loaded what no part may reach
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    kernels = files_with_kernels()
    assert len(kernels) > 15
    assert kernels - set(json.loads(done.stdout)) == set()
