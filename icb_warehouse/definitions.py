"""Dagster's code location of an installation: ``dagster dev -w workspace.yaml`` in a folder that ``icb init`` has made.

A checkout has its own, ``orchestration.definitions``, in its ``workspace.yaml``.
"""

from __future__ import annotations

import icb_warehouse  # noqa: F401  # the rooms are found from here on
from warehouse.project_folder import take_settings

take_settings()  # before the graph is made of the catalogue

from orchestration.definitions import defs  # noqa: E402

__all__ = ["defs"]
