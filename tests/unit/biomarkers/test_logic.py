"""Kleene's three-valued logic by brute force; 'not profiled' is one of its two kinds of unknown."""

from __future__ import annotations

import itertools
import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.biomarkers.logic import (
    FALSE,
    NOT_PROFILED,
    TRUE,
    UNDETERMINED,
    Truth,
    conjunction,
    count,
    disjunction,
    negation,
)

VALUES = (TRUE, FALSE, UNDETERMINED, NOT_PROFILED)
COMPARED = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt, "=": operator.eq}


def truth(*values: int) -> Truth:
    reasons = np.array([None if value >= FALSE else f"why {value}" for value in values], dtype=object)
    return Truth.of(np.array(values), reasons)


def worlds(values: tuple[int, ...]) -> list[tuple[bool, ...]]:
    """Every way in which the unknown values could turn out."""
    return list(itertools.product(*[(True, False) if v < FALSE else (bool(v),) for v in values]))


def known(answers: list[bool], values: tuple[int, ...]) -> int:
    """The answer when every world agrees, else which kind of unknown it is."""
    unknown = NOT_PROFILED if NOT_PROFILED in values else UNDETERMINED
    return TRUE if all(answers) else FALSE if not any(answers) else unknown


@pytest.mark.parametrize("values", list(itertools.product(VALUES, repeat=3)))
def test_the_answer_is_known_where_every_world_agrees(values: tuple[int, ...]) -> None:
    parts, names = [truth(value) for value in values], ("a", "b", "c")
    assert conjunction(parts, names).value[0] == known([all(world) for world in worlds(values)], values)
    assert disjunction(parts, names).value[0] == known([any(world) for world in worlds(values)], values)
    assert negation(parts[0]).value[0] == known([not world[0] for world in worlds(values)], values[:1])


@pytest.mark.parametrize("comparison", sorted(COMPARED))
@pytest.mark.parametrize("values", list(itertools.product(VALUES, repeat=3)))
def test_a_count_is_compared_in_every_world(values: tuple[int, ...], comparison: str) -> None:
    for number in range(5):
        found = count([truth(value) for value in values], ("a", "b", "c"), comparison, number)
        expected = known([COMPARED[comparison](sum(world), number) for world in worlds(values)], values)
        assert found.value[0] == expected, number


def test_wild_type_and_anything_is_not_both_and_mutated_or_anything_is_one_of_them() -> None:
    for unknown in (UNDETERMINED, NOT_PROFILED):
        parts = [truth(FALSE, TRUE), truth(unknown, unknown)]
        assert conjunction(parts, "ab").value.tolist() == [FALSE, unknown]
        assert disjunction(parts, "ab").value.tolist() == [unknown, TRUE]


def test_an_answer_that_is_known_says_which_part_was_not_looked_at() -> None:
    both = conjunction(
        [truth(FALSE, FALSE, TRUE), truth(NOT_PROFILED, UNDETERMINED, NOT_PROFILED)], ("a", "b")
    )
    assert both.reason.tolist() == [None, None, "b: why -2"]
    assert both.not_looked_at.tolist() == ["b: why -2", None, "b: why -2"]
    either = disjunction([negation(both), truth(TRUE, FALSE, TRUE)], ("not both", "c"))
    assert either.value.tolist() == [TRUE, TRUE, TRUE]
    assert either.not_looked_at.tolist() == ["not both: b: why -2", None, "not both: b: why -2"]


FOUR = st.lists(st.sampled_from([TRUE, FALSE, UNDETERMINED, NOT_PROFILED]), min_size=5, max_size=5)


@settings(deadline=None)
@given(FOUR, FOUR, FOUR)
def test_the_laws_of_kleenes_logic_hold(a: list[int], b: list[int], c: list[int]) -> None:
    x, y, z = truth(*a), truth(*b), truth(*c)

    def both(*parts: Truth) -> Truth:
        return conjunction(parts, "abc"[: len(parts)])

    def either(*parts: Truth) -> Truth:
        return disjunction(parts, "abc"[: len(parts)])

    def same(one: Truth, other: Truth) -> bool:
        return bool((one.value == other.value).all())

    assert same(negation(negation(x)), x)
    assert same(negation(both(x, y)), either(negation(x), negation(y)))
    assert same(both(x, y), both(y, x))
    assert same(either(x, either(y, z)), either(x, y, z))
    # which kind of unknown is said depends on the parts that are written, which are others on the two sides
    one, other = both(x, either(y, z)).value, either(both(x, y), both(x, z)).value
    assert (np.maximum(one, UNDETERMINED) == np.maximum(other, UNDETERMINED)).all()
    assert same(both(x, x), x)
    assert same(either(x, y), count([x, y], "ab", ">=", 1))
    assert same(both(x, y), count([x, y], "ab", "=", 2))


@given(FOUR, FOUR)
def test_whoever_is_in_no_group_has_a_reason_and_nobody_else(a: list[int], b: list[int]) -> None:
    for found in (conjunction([truth(*a), truth(*b)], "ab"), disjunction([truth(*a), truth(*b)], "ab")):
        for value, reason in zip(found.value, found.reason, strict=True):
            assert (reason is None) == (value >= FALSE)


def test_a_reason_names_the_part_and_says_how_many_more_there_are() -> None:
    parts = [truth(UNDETERMINED, TRUE), truth(UNDETERMINED, UNDETERMINED)]
    found = conjunction(parts, ("ALK", "KRAS"))
    assert list(found.reason) == ["ALK: why -1 (and 1 more of 2)", "KRAS: why -1"]
