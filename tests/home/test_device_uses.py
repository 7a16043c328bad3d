"""The table of what people use devices for."""

import pytest

from envirosense.home.behaviour.device_uses import device_uses, read_uses

LINE = "{name: a, role: fan, activities: [cook], place: home, share: 0.5, delay_s: 10%s}"


def table(*lines: str) -> str:
    return "uses:\n" + "".join(f"  - {line}\n" for line in lines)


def test_the_table_of_the_library_is_whole() -> None:
    uses = device_uses()
    washing = next(use for use in uses if use.name == "washing_machine")
    assert washing.minutes == (50, 120)
    assert washing.stops_itself
    assert {use.role for use in uses} == {"media", "appliance", "fan", "switch", "vacuum"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (table(LINE % ", colour: red"), "unknown columns colour"),
        (table("{name: a, role: fan}"), "missing"),
        (table(LINE % "", LINE % ""), "same name"),
        (table(LINE % ", minutes: [5, 1]"), "rising"),
        (table(LINE % ", per_day: 0"), "out of its range"),
        (table((LINE % "").replace("home", "moon")), "not 'moon'"),
        (table((LINE % "").replace("0.5", "1.5")), "out of its range"),
    ],
)
def test_a_broken_line_is_named(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_uses(text)
