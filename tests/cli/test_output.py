from envirosense.cli.output import facts, table


def test_columns_are_aligned_and_numbers_stand_to_the_right() -> None:
    lines = table([{"name": "a", "n": 5}, {"name": "longer", "n": 1234}]).splitlines()
    assert lines == ["name       n", "a          5", "longer  1234"]


def test_nothing_to_list_is_an_empty_text() -> None:
    assert table([]) == ""


def test_what_is_not_known_is_a_dash() -> None:
    assert facts({"known": 1.5, "other": None}) == "known  1.5\nother  -"
