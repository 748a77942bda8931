"""Which code a result comes from: every file of the project that importing a module can execute, read from the imports
themselves, and the packages that these import. Nobody keeps a list of it, so that none can be forgotten.

Imports inside functions count; those for type checkers do not. Two modules of the project import by looking into
folders; what they find is stated here, and a test fails when a third does so.
"""

from __future__ import annotations

import ast
import hashlib
import platform
import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path

from warehouse.settings import PROJECT

ROOMS = ("ingestion", "analytics", "warehouse", "interfaces", "orchestration")
#: Module that imports what it finds in folders -> the files, as a pattern below the project. Of the kinds of analyses
#: an analysis uses its own, which is a root of its closure.
FINDERS = {"analytics.results.tables": "analytics/*/tables.py", "analytics.questions.kind": None}
#: Module that reads files of the project which are no modules -> the files, as a pattern below the project.
FILES_READ = {
    "analytics.report.render": "analytics/report/templates/*",
    "ingestion.generated": "ingestion/generated/[cl]*/*",
    "ingestion.onboarding.columns": "ingestion/onboarding/*.yaml",
    "warehouse.reports.catalogue_docs": "warehouse/reports/*.yaml",
    "warehouse.catalog.protein_domains": "catalog/references/protein_domains.yaml",
    "warehouse.questions.export": "warehouse/questions/*.R",
    "interfaces.web.app": "interfaces/web/static/*",
    "interfaces.web.respond": "interfaces/web/templates/*",
    "warehouse.project_folder": "warehouse/new_project/*",
    "warehouse.self_description": "warehouse/self_description/*.yaml",
}


def import_closure(*roots: str) -> tuple[Path, ...]:
    """Files below the project, sorted, that importing the modules ``roots`` can execute or that they read beside.

    Raises
    ------
    ModuleNotFoundError
        A root is no module of the project.
    """
    return tuple(sorted(path for name in _modules(roots) for path in _files(name)))


@cache
def code_version(*roots: str) -> str:
    """12 hex digits over the import closure of modules and the versions of the packages that it uses."""
    digest = hashlib.sha256(platform.python_version().encode())
    for path in import_closure(*roots):
        digest.update(str(path.relative_to(PROJECT)).encode())
        digest.update(path.read_bytes())
    for package, its_version in package_versions(*roots).items():
        digest.update(f"{package} {its_version}".encode())
    return digest.hexdigest()[:12]


@cache
def package_versions(*roots: str) -> dict[str, str]:
    """Installed distribution -> version, of what the closure imports and what these require in turn."""
    tops = {name.split(".")[0] for module in _modules(roots) for name in _imports(module)} - {*ROOMS}
    waiting = [one.name for top in sorted(tops) for one in _distributions().get(top, ())]
    found: dict[str, str] = {}
    while waiting:
        name = _plain(waiting.pop())
        if name in found:
            continue
        installed = _installed(name)
        if installed is None:
            continue  # required on other platforms, or by an extra that is not installed
        found[name], required = installed
        waiting += required
    return dict(sorted(found.items()))


@cache
def _installed(name: str) -> tuple[str, tuple[str, ...]] | None:
    """Version of a distribution and what it requires whatever its extras; None where it is not installed."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return None
    metadata = found.metadata  # parsed at each look
    required = metadata.get_all("Requires-Dist") or ()
    return metadata["Version"], tuple(_plain(asked) for asked in required if "extra ==" not in asked)


@cache
def _distributions() -> dict[str, list[Distribution]]:
    """Name that is imported -> what is installed below it.

    As ``importlib.metadata.packages_distributions``, which makes a path of each of 28,000 installed files and reads
    the metadata of every package: more than a second at the start of every process.
    """
    found: dict[str, list[Distribution]] = {}
    for one in distributions():
        declared = (one.read_text("top_level.txt") or "").split()
        files = (one.read_text("RECORD") or "").splitlines()
        for top in dict.fromkeys(declared or (re.split("[/.,]", line, maxsplit=1)[0] for line in files)):
            found.setdefault(top, []).append(one)
    return found


def _plain(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement.strip(), maxsplit=1)[0].lower().replace("_", "-")


@cache
def _modules(roots: tuple[str, ...]) -> frozenset[str]:
    found: set[str] = set()
    for root in roots:
        if _path(root) is None:
            raise ModuleNotFoundError(
                f"{root}: there is no such module to take the version of; correct its name."
            )
    waiting = [*roots]
    while waiting:
        name = waiting.pop()
        if name in found or _path(name) is None:
            continue
        found.add(name)
        package = name.rpartition(".")[0]
        waiting += [package] if package else []
        waiting += _imports(name)
        pattern = FINDERS.get(name)
        if pattern is not None:
            waiting += [".".join(p.relative_to(PROJECT).with_suffix("").parts) for p in PROJECT.glob(pattern)]
    return frozenset(found)


@cache
def _path(module: str) -> Path | None:
    """File of a module of the project; None for what is none."""
    room, *_ = parts = module.split(".")
    if room not in ROOMS:
        return None
    for path in (PROJECT.joinpath(*parts).with_suffix(".py"), PROJECT.joinpath(*parts, "__init__.py")):
        if path.is_file():
            return path
    return None


def _files(module: str) -> Iterator[Path]:
    """The module's file, and what it reads of the project beside its imports."""
    path = _path(module)
    assert path is not None
    yield path
    if module in FILES_READ:
        yield from (found for found in PROJECT.glob(FILES_READ[module]) if found.is_file())


@cache
def _imports(module: str) -> tuple[str, ...]:
    """Names of modules that a module of the project imports, and of what may be a module (``from a import b``)."""
    path = _path(module)
    assert path is not None
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found: list[str] = []
    for node in _executed(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            found += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return tuple(dict.fromkeys(found))


#: Where a statement keeps those inside it. Imports are statements: of 540,000 nodes in all 42,000 are looked at.
_INSIDE = ("body", "orelse", "finalbody", "handlers", "cases")


def _executed(module: ast.Module) -> Iterator[ast.AST]:
    """Every statement that is not below ``if TYPE_CHECKING``, in the order of the file."""
    waiting: list[ast.AST] = [module]
    while waiting:
        node = waiting.pop()
        yield node
        is_for_types = isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        fields = _INSIDE[1:] if is_for_types else _INSIDE
        inside = [child for name in fields for child in getattr(node, name, ()) if isinstance(child, ast.AST)]
        waiting += reversed(inside)
