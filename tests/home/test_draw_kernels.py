"""Numbers that belong to somebody's n-th stay."""

import numpy as np
import pytest

from envirosense.core.rng import philox_key
from envirosense.home.behaviour.draw_kernels import uniforms

N = 4_000


def drawn(name: str, person: int = 0, n: int = N) -> np.ndarray:
    key = philox_key(1, "test", name).astype(np.uint64)
    return uniforms(key, np.full(n, person), np.arange(n))


def test_they_are_even_between_0_and_1() -> None:
    values = drawn("even")
    assert values.min() >= 0.0
    assert values.max() < 1.0
    assert values.mean() == pytest.approx(0.5, abs=5 * np.sqrt(1 / 12 / N))
    assert values.var() == pytest.approx(1 / 12, abs=5 * np.sqrt(1 / 180 / N))


def test_stays_people_and_names_are_independent() -> None:
    values, bound = drawn("one"), 5 / np.sqrt(N)
    assert abs(np.corrcoef(values[1:], values[:-1])[0, 1]) < bound
    assert abs(np.corrcoef(values, drawn("one", person=1))[0, 1]) < bound
    assert abs(np.corrcoef(values, drawn("other"))[0, 1]) < bound


def test_a_number_is_the_same_whichever_others_are_asked_for() -> None:
    key = philox_key(1, "test", "one").astype(np.uint64)
    alone = uniforms(key, np.array([0, 0]), np.array([700, 3]))
    assert np.array_equal(alone, drawn("one")[[700, 3]])
