"""Scenario parameters as a reader wants them, with the units and words of the scenario's own space."""

from collections.abc import Iterable, Mapping

from envirosense.pole.page.wording import quantity_text, split_unit, value_text
from envirosense.scenarios import SCENARIOS, Parameter

_FRACTION = ", as a fraction of "


def parameter_facts(scenario: str, params: Mapping[str, object]) -> Iterable[tuple[str, object]]:
    """Name and value of every parameter; plain names for a scenario that is not installed."""
    space = SCENARIOS[scenario].space.parameters if scenario in SCENARIOS else {}
    for key, value in params.items():
        yield _described(key, value, space[key]) if key in space else (key, value)


def _described(key: str, value: object, parameter: Parameter) -> tuple[str, object]:
    name = split_unit(key)[0] if parameter.unit != "1" else key
    if not isinstance(value, int | float) or isinstance(value, bool):
        return name, value_text(value)
    if _FRACTION in parameter.description:
        what, _, whole = parameter.description.partition(_FRACTION)
        return what, f"{value:.2f} of {whole}"
    return name, quantity_text(float(value), parameter.unit)
