"""All of scikit-activeml's pool strategies by name, or the line that installs it."""

import sys

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, MissingExtraError
from envirosense.learning.active.skactiveml_adapter import adapted_names, adapted_query

from .conftest import planted_samples

QUICK = ("RandomSampling", "UncertaintySampling", "CoreSet", "QueryByCommittee", "ProbabilisticAL", "FourDs",
         "ExpectedModelVarianceReduction", "SubSamplingWrapper")  # fmt: skip


def test_without_the_extra_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "skactiveml", None)
    monkeypatch.setitem(sys.modules, "skactiveml.pool", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'envirosense\[active\]'"):
        adapted_names()


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.filterwarnings("ignore")
def test_a_strategy_of_each_kind_asks_for_as_many_as_wanted(name, rng):
    pytest.importorskip("skactiveml")
    samples, labelled = planted_samples(rng, n=30), planted_samples(rng, n=40)
    at, utilities = adapted_query(name, samples, labelled, 3, np.random.default_rng(1))
    assert len(set(at.tolist())) == 3
    assert utilities.shape == (3, 30)
    again, _ = adapted_query(name, samples, labelled, 3, np.random.default_rng(1))
    np.testing.assert_array_equal(at, again)


@pytest.mark.filterwarnings("ignore")
def test_all_names_are_there_and_an_unknown_one_is_refused(rng):
    pytest.importorskip("skactiveml")
    assert len(adapted_names()) >= 30
    samples = planted_samples(rng, n=10)
    with pytest.raises(ConfigError, match="did you mean 'CoreSet'"):
        adapted_query("Coreset", samples, samples, 1, rng)
    with pytest.raises(ConfigError, match="refused by scikit-activeml"):
        adapted_query("UncertaintySampling", samples, samples, 1, rng, settings={"method": "guess"})
