import numpy as np
import pytest

from envirosense.pole.fields.memory import Answers, kept


def test_an_answer_is_asked_for_once():
    asked, answers = [], Answers()

    def ask():
        asked.append(1)
        return np.arange(3.0)

    assert answers.get("a", ask) is answers.get("a", ask)
    assert len(asked) == 1
    assert answers.n_bytes == 24


def test_the_oldest_answer_gives_way_and_comes_back_when_asked_again():
    answers = Answers(limit_bytes=100)
    for name in "abcde":
        answers.get(name, lambda: np.zeros(4))
        assert answers.n_bytes <= 100
    asked = []
    answers.get("e", lambda: asked.append("e"))
    answers.get("a", lambda: asked.append("a") or np.ones(4))
    assert asked == ["a"]


def test_one_answer_is_kept_however_large():
    answers = Answers(limit_bytes=1)
    large = answers.get("large", lambda: np.zeros(1000))
    assert answers.get("large", lambda: np.ones(1)) is large


def test_an_answer_cannot_be_written_into():
    answer = Answers().get("a", lambda: np.zeros(3))
    with pytest.raises(ValueError, match="read-only"):
        answer[0] = 1.0


def test_values_are_kept_up_to_a_number():
    found: dict[int, int] = {}
    for key in range(10):
        assert kept(found, key, lambda key=key: key * key, most=4) == key * key
    assert list(found) == [6, 7, 8, 9]
