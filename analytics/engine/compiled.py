"""The one way in which this package compiles: cached on disk, without Python's lock, and never stale.

Numba looks at a function's own file when it decides whether the code cached on disk still holds, not at the files of
the functions it calls. The kernels call each other across files, so the name under which each is cached carries a
digest of all of them: after any change all are compiled anew.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

# Every file with a compiled function, or with the layout of what one reads; tests hold this against the folder.
KERNEL_FILES = (
    "compiled.py",
    "cox/kernels.py",
    "cox/risk_table.py",
    "curves.py",
    "fisher.py",
    "lanes/carriers.py",
    "lanes/curvature.py",
    "lanes/firth.py",
    "lanes/firth_penalty.py",
    "lanes/likelihood.py",
    "lanes/log_rank.py",
    "lanes/logistic.py",
    "lanes/memory.py",
    "lanes/newton.py",
    "lanes/null_model.py",
    "lanes/proportional_hazards.py",
    "lanes/scores.py",
    "lanes/vectors.py",
    "lanes/weighted_draws.py",
    "nnls.py",
    "permutation.py",
)


def _digest() -> str:
    digest = hashlib.blake2b(digest_size=6)
    for name in KERNEL_FILES:
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()


KERNELS = _digest()


def compiled(function: Callable[..., Any]) -> Any:
    """A kernel: compiled at its first call, cached on disk, callable from several threads at once."""
    return _compile(function, {})


def compiled_inner(function: Callable[..., Any]) -> Any:
    """A kernel that only other kernels call: without the code that unpacks Python's arguments, which for a dozen
    arrays takes longer to compile than the kernel."""
    return _compile(function, {"no_cpython_wrapper": True})


def compiled_inline(function: Callable[..., Any]) -> Any:
    """A piece of a kernel's inner loop, merged into its caller (a call with arrays costs 300 ns, a step 20 ns)."""
    return _compile(function, {"inline": "always"})


def compiled_reordered(function: Callable[..., Any]) -> Any:
    """A kernel whose sums may be taken in vector order: the same on every run, not the order that is written."""
    return _compile(function, {"fastmath": {"reassoc", "contract", "nsz", "arcp"}})


def _compile(function: Callable[..., Any], options: dict[str, Any]) -> Any:
    function.__qualname__ = f"{function.__qualname__}_{KERNELS}"
    # numpy's error model: a division needs no check, and 1 / 0 is inf; no wrapper for C callers, there are none
    common: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
    return numba.njit(**(common | options))(function)
