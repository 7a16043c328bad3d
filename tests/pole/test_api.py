"""A pole dataset in one call refuses what it cannot mean."""

import pytest

import envirosense as es
from envirosense.core.errors import ConfigError


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"duration": 300}, "duration=300: write it as text with a unit, for example duration='300s'"),
        ({"dt": 0.5}, "dt=0.5: write it as text with a unit"),
        ({"duration": "soon"}, "duration='soon': write a number with a unit"),
    ],
)
def test_a_duration_without_a_unit_is_refused_with_the_fix(asked, words, tmp_path):
    with pytest.raises(ConfigError, match=words):
        es.generate(episodes=1, out=tmp_path / "out", **asked)
