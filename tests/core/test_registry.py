from importlib.metadata import EntryPoint

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.registry import Registry

GROUP = "envirosense.scenarios"


def test_classes_come_from_entry_points():
    registry = Registry("scenario", GROUP)
    assert "normal/diurnal_cycle" in registry
    entry = registry["normal/diurnal_cycle"]
    assert entry.__name__ == "DiurnalCycleScenario"
    assert registry["normal/diurnal_cycle"] is entry
    assert dict(registry.items()).keys() == set(registry)


def test_names_are_sorted_and_counted_once():
    registry = Registry("scenario", GROUP)
    before = len(registry)
    registry.register("a/first")(int)
    _ = registry["normal/diurnal_cycle"]
    assert list(registry) == sorted(registry)
    assert next(iter(registry)) == "a/first"
    assert len(registry) == len(list(registry)) == before + 1


def test_a_class_is_imported_when_asked_for(monkeypatch):
    loaded = []
    monkeypatch.setattr(EntryPoint, "load", lambda point: loaded.append(point.name))
    registry = Registry("scenario", GROUP)
    assert len(list(registry)) >= 3
    assert "normal/diurnal_cycle" in registry
    assert loaded == []
    _ = registry["normal/diurnal_cycle"]
    assert loaded == ["normal/diurnal_cycle"]


def test_register_returns_the_class_and_refuses_a_taken_name():
    registry = Registry("scenario", GROUP)
    assert registry.register("mine")(int) is int
    for taken in ("mine", "normal/diurnal_cycle"):
        with pytest.raises(ConfigError, match=f"scenario='{taken}': is already registered"):
            registry.register(taken)(float)
    assert registry["mine"] is int


def test_registries_do_not_share_what_a_session_registers():
    Registry("scenario", GROUP).register("mine")(int)
    assert "mine" not in Registry("scenario", GROUP)


@settings(derandomize=True, max_examples=30, deadline=None)
@given(st.integers(0, 18))
def test_one_wrong_letter_finds_the_name(place):
    right = "normal/diurnal_cycle"
    wrong = right[:place] + "X" + right[place + 1 :]
    with pytest.raises(UnknownNameError, match=f"did you mean '{right}'"):
        _ = Registry("scenario", GROUP)[wrong]
    assert wrong not in Registry("scenario", GROUP)
