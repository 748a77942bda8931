"""The one name that an installation adds to Python: importing it makes the rooms importable by theirs.

A wheel holds the rooms (``analytics``, ``warehouse``, ...) in this folder, a checkout beside it. Their names are plain,
and somebody else's package may be called the same; so they are no top-level packages of an environment, but are found,
first, by a program that imports this one: the command ``icb``, Dagster's code location ``icb_warehouse.definitions``,
and a notebook that begins with ``import icb_warehouse``.
"""

from __future__ import annotations

import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
#: The folder that holds the rooms, the catalogue and the dbt project.
ROOT = _HERE if (_HERE / "warehouse").is_dir() else _HERE.parent

if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
