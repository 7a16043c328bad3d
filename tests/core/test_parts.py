import re
from importlib.metadata import EntryPoint

import numpy as np
import pytest

from envirosense.core import parts
from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.parts import Quantity, load_part, part_from_text, part_ids

HEAD = 'name = "n"\nkind = "k"\nsummary = "s"\n'
GOOD = (
    HEAD
    + """
rate_hz = { value = 2.0, unit = "Hz", source = "[Sheet2020]" }
[noise]
white = { value = 0.1, unit = "K", source = "assumed", note = "a guess" }
[noise.slow.deep]
drift = { value = [1, 2], unit = "K/h", source = "stand-in: another part" }
"""
)


def test_values_with_units_and_sources():
    part = part_from_text(GOOD, "parts/k/n.toml")
    assert (part.name, part.kind, part.summary) == ("n", "k", "s")
    assert part["rate_hz"] == 2.0
    assert part["noise.slow.deep.drift"] == [1, 2]
    assert part.group("noise") == {"white": 0.1, "slow.deep.drift": [1, 2]}
    assert part.quantities["noise.white"] == Quantity("noise.white", 0.1, "K", "assumed", "a guess")
    assert "rate_hz" in part
    assert "noise" not in part


def test_assumed_and_stand_in_numbers_can_be_counted():
    quantities = part_from_text(GOOD, "x").quantities.values()
    assert [q.origin for q in quantities] == ["published", "assumed", "stand-in"]


def test_an_unknown_value_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match=r"did you mean 'noise\.white'"):
        _ = part_from_text(GOOD, "x")["noise.wite"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('a = { value = 1, unit = "K" }', r"x:a=\['source'\]: needs exactly value, unit, source, note"),
        ('a = { value = 1, source = "assumed" }', r"\['unit'\]"),
        ('a = { value = 1, unit = "K", source = "b", sigma = 2 }', r"\['sigma'\]"),
        ('[a.b]\nc = { value = 1, unit = "K" }', r"x:a\.b\.c="),
        ("a = 5", r"x:a=5: write a table with value, unit and source"),
        ('a = { unit = "K", source = "b" }', r"x:a\.unit='K': write a table"),
        ('a = { value = 1, unit = "K", source = "" }', r"x:a\.source='': must be text and not empty"),
        ('a = { value = 1, unit = "K", source = 3 }', r"x:a\.source=3: must be text"),
        ('a = { value = 1, unit = 1, source = "b" }', r"x:a\.unit=1: must be text"),
        ("a = [", r"x='TOML': damaged part file"),
    ],
)
def test_damaged_entries_are_named(line, words):
    with pytest.raises(ConfigError, match=words) as caught:
        part_from_text(f"{HEAD}{line}\n", "x")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("missing", ["name", "kind", "summary"])
def test_a_part_says_what_it_is(missing):
    text = re.sub(f"{missing} = .*\n", "", HEAD)
    with pytest.raises(ConfigError, match=f"x:{missing}=None: a part file starts with"):
        part_from_text(text, "x")


def test_every_shipped_part_can_be_read():
    assert part_ids() == tuple(sorted(part_ids()))
    assert len(part_ids()) >= 4
    for part_id in part_ids():
        part = load_part(part_id)
        assert part.quantities, part_id
        assert "/" in part_id
        assert not part_id.endswith("species")


@pytest.mark.parametrize(
    ("source", "origin"),
    [
        ("BMP388 data sheet (from memory)", "from memory"),
        ("Grid Guardian bill of materials, item 14", "in-house"),
        ("Grid Guardian design document 3.4", "in-house"),
        ("computed: from the sheet of a serial unit", "in-house"),
        ("stand-in: SHT45 (from memory)", "stand-in"),
        ("[Reid2005]", "published"),
    ],
)
def test_only_what_was_looked_up_counts_as_published(source, origin):
    text = f'name = "X"\nkind = "k"\nsummary = "s"\n[a]\nvalue = 1\nunit = "Pa"\nsource = "{source}"\n'
    part = part_from_text(text, "x.toml")
    assert part.quantities["a"].origin == origin
    assert {name: n for name, n in part.origins.items() if n} == {origin: 1}


def test_every_shipped_number_has_a_source_of_a_known_kind():
    # a reference key in brackets, a stand-in, "assumed", or words that say where the number is from
    for part_id in part_ids():
        for quantity in load_part(part_id).quantities.values():
            is_marked = quantity.origin in ("assumed", "stand-in")
            assert is_marked or len(quantity.source) >= 8, f"{part_id}:{quantity.name}: {quantity.source!r}"
            if not quantity.unit:  # names and places in a list have none
                values = np.ravel(quantity.value).tolist()
                assert all(isinstance(value, str | int) for value in values), f"{part_id}:{quantity.name}"


def test_an_unknown_part_suggests_the_nearest():
    with pytest.raises(
        UnknownNameError, match="part='fuels/softwod': unknown part; did you mean 'fuels/softwood'"
    ):
        load_part("fuels/softwod")


def test_a_part_is_read_once():
    assert load_part("fuels/softwood") is load_part("fuels/softwood")


def test_a_package_brings_its_own_parts(tmp_path, monkeypatch):
    folder = tmp_path / "guest_parts" / "barometer"
    folder.mkdir(parents=True)
    (tmp_path / "guest_parts" / "__init__.py").write_text("")
    text = 'name = "X"\nkind = "barometer"\nsummary = "s"\n[a]\nvalue = 1\nunit = "Pa"\nsource = "assumed"\n'
    (folder / "guest.toml").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    point = EntryPoint("guest", "guest_parts", parts.GROUP)
    monkeypatch.setattr(parts, "entry_points", lambda group: [point])
    fresh = parts._index.__wrapped__()
    assert "barometer/guest" in fresh
    assert "barometer/bmp388" in fresh
    (folder / "bmp388.toml").write_text(text)
    with pytest.raises(ConfigError, match="names a part that exists"):
        parts._index.__wrapped__()
