"""``icb``, or ``python -m icb_warehouse``."""

from __future__ import annotations

import icb_warehouse  # noqa: F401  # the rooms are found from here on
from interfaces.cli.main import process

if __name__ == "__main__":
    process()
