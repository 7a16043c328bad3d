"""What is known of a scenario and of one draw of it: events, parameters, rate, observability, limits."""

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

from envirosense.pole.difficulty_levels import measured_by, measured_row, outcome_text, shown_level
from envirosense.pole.observability import Observability
from envirosense.pole.page.device import sensor_names
from envirosense.pole.page.overview import event_facts, facts, snr_text
from envirosense.pole.page.wording import phrase, span_text, value_text
from envirosense.pole.scenariopage.drawn import DrawnScenario
from envirosense.pole.scenariopage.events_band import event_title
from envirosense.pole.scenariopage.units import amount_text, named_unit
from envirosense.scenarios import BaseRate, BaseScenario, EventLabels
from envirosense.scenarios.distributions import Conditional, Distribution, is_number

_NO_SNR: Final = 0.05  # below this a ratio rounds to nothing
_OBSERVED: Final = (
    '<p class="small">Greatest departure of the ideal reading from the same world without the cause of the '
    "event, in sigmas of the part and of what else moves it; and since when it stood above the sensor's "
    "detection limit for ten seconds within a minute. Where the device itself is at fault, its readings are "
    "held against those of a sound one, and one that is lost or has another status tells as well.</p>"
)


def about_cards(drawn: DrawnScenario) -> str:
    """Cards of facts: the scenario, and each event of the episode."""
    cards = [("Scenario", facts(_scenario_facts(drawn.scenario)))]
    cards += [(event_title(event), facts(_event_facts(drawn, event))) for event in drawn.events]
    cards.append(("Site and hour", facts(_site_facts(drawn))))
    shown = "".join(
        f"<details open><summary>{escape(title)}</summary>{content}</details>" for title, content in cards
    )
    return f'<div class="cards">{shown}</div>'


def rate_text(rate: BaseRate) -> str:
    """How often it happens at one pole, in the unit that a reader can picture."""
    if 100.0 <= rate.per_pole_year < 1000.0:
        return f"{rate.per_pole_year:.0f} a year"
    if rate.per_pole_year >= 1.0:
        return f"{_rounded(rate.per_pole_year)} a year"
    return f"once in {_rounded(1.0 / rate.per_pole_year)} years"


def _rounded(value: float) -> str:
    """Two significant digits, in full."""
    places = 1 - math.floor(math.log10(value))
    text = f"{round(value, places):,.{max(places, 0)}f}"
    return (text.rstrip("0").rstrip(".") if places > 0 else text).replace(",", "\u202f")


def scenario_rate(scenario: type[BaseScenario]) -> BaseRate | None:
    """Base rate of a scenario; None where it states none or happens all the time."""
    rate = getattr(scenario, "rate", None)
    return rate if rate is not None and rate.per_pole_year > 0.0 else None


def _scenario_facts(scenario: type[BaseScenario]) -> Iterable[tuple[str, object]]:
    rate = scenario_rate(scenario)
    if rate is not None:
        yield "base rate", f"{rate_text(rate)} at one pole"
        yield "lasts", span_text(rate.duration_s) if rate.duration_s < 2e5 else _days(rate.duration_s)
    yield "difficulty", shown_level(scenario)
    if (row := measured_row(scenario)) is not None:
        yield "as measured", f"{outcome_text(row)} ({measured_by()})"
    yield "episode meant for", span_text(scenario.expected_duration)
    if scenario.phases:
        yield "stages", ", ".join(scenario.phases)
    if scenario.needs_transformer:
        yield "needs", "a pole with a transformer"
    if scenario.tags:
        yield "tags", ", ".join(scenario.tags)


def _days(seconds: float) -> str:
    return f"{seconds / 86_400.0:.3g}\u2009d"


def _event_facts(drawn: DrawnScenario, event: EventLabels) -> Iterable[tuple[str, object]]:
    grid, site = drawn.run.spec.grid, drawn.run.site
    at = event.at or site.component_positions[event.component]
    row = {
        "event_type": event.event_type.value,
        "event_subtype": event.event_subtype.value,
        "level": int(event.level[event.active].max()) if event.active.any() else None,
        "onset_s": event.onset_s(grid),
        "peak_s": event.peak_s(grid),
        "ignition_s": event.ignition_s(grid),
        "clearance_s": event.clearance_s(grid),
        "source_strength": event.source_strength,
        "source_strength_unit": event.source_strength_unit,
        "distance_m": sum((a - b) ** 2 for a, b in zip(at, site.device_position_m, strict=True)) ** 0.5,
        "parent_event_id": event.parent,
    }
    yield from event_facts({name: value for name, value in row.items() if value is not None})
    if event.time_scale != 1.0:
        yield "clock", f"a second stands for {_scale_text(event.time_scale)}"


def _scale_text(time_scale: float) -> str:
    return span_text(time_scale) if time_scale < 2e5 else _days(time_scale)


def _site_facts(drawn: DrawnScenario) -> Iterable[tuple[str, object]]:
    spec, site = drawn.run.spec, drawn.run.site
    yield "seed", drawn.seed
    yield "episode", spec.episode_id
    yield "site", site.site_id
    yield "transformer", site.has_transformer
    yield "weather year", str(spec.weather["name"])
    yield "starts (UTC)", f"{spec.grid.start_utc:%d %B, %H:%M}".lstrip("0")
    yield "tick", f"{spec.grid.dt_s:g}\u2009s"


def parameter_table(drawn: DrawnScenario) -> str:
    """Drawn value of each parameter beside its range and where that comes from."""
    params, space = drawn.run.spec.params, drawn.scenario.space.parameters
    rows = []
    for name, parameter in space.items():
        value = params[name]
        unit = "" if parameter.unit == "1" else parameter.unit
        shown = amount_text(float(value), unit) if is_number(value) else value_text(value)
        plain = named_unit(name)[0] if unit else name
        cells = (
            f"<b>{escape(phrase(plain))}</b><br>{escape(parameter.description)}",
            escape(shown),
            escape(f"{_spread_text(parameter.distribution, params)} {unit}".replace("_", " ")),
            escape(parameter.source),
        )
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    constraints = "; ".join(str(constraint) for constraint in drawn.scenario.space.constraints)
    note = f'<p class="small">Kept in every draw: {escape(constraints)}.</p>' if constraints else ""
    if not rows:
        return '<p class="small">It has no parameters: site, hour and weather alone differ.</p>'
    return _table(("Parameter", "Here", "Drawn from", "Source"), rows, "params") + note


def _spread_text(spread: Distribution, params: Mapping[str, object]) -> str:
    """Distribution that a value was drawn from; of a conditional one the case that holds."""
    if not isinstance(spread, Conditional):
        return str(spread)
    option = str(params[spread.on])
    return f"{spread.cases[option]}, since {spread.on} is {option}"


def observability_table(drawn: DrawnScenario) -> str:
    """What each sensor could see of each event, or of the causes where nothing is labelled."""
    if not drawn.events:
        return _departures(drawn)
    felt = [name for name, snr in drawn.greatest_snr.items() if snr >= _NO_SNR or _is_seen(drawn, name)]
    heads = ["Sensor"] + [escape(event_title(event)) for event in drawn.events]
    rows = [_row(name, [seen[name] for seen in drawn.seen]) for name in felt]
    table = _table(heads, rows, "observed") if rows else ""
    return f"{table}{_unmoved(drawn, felt)}{_OBSERVED}"


def _is_seen(drawn: DrawnScenario, name: str) -> bool:
    return any(seen[name].first_detectable_s is not None for seen in drawn.seen)


def _row(name: str, seen: Sequence[Observability]) -> str:
    return f"<tr><td>{escape(sensor_names(name)[0])}</td>{''.join(map(_cell, seen))}</tr>"


def _cell(seen: Observability) -> str:
    """Greatest ratio of one sensor to one event, and when."""
    snr, first_s = (
        escape(snr_text(seen.max_snr, "")) if seen.max_snr >= _NO_SNR else "0",
        seen.first_detectable_s,
    )
    if first_s is None:
        return f'<td class="no">{snr}<small>not detectable</small></td>'
    when = f"from {span_text(first_s)}, {span_text(seen.detectable_s)} in all"
    return f'<td class="yes">{snr}<small>{when}</small></td>'


def _unmoved(drawn: DrawnScenario, felt: Sequence[str]) -> str:
    still = [sensor_names(name)[0] for name in drawn.greatest_snr if name not in felt]
    if not still:
        return ""
    return f'<p class="small"><b>Nothing at all</b> reaches: {escape(", ".join(still))}.</p>'


def _departures(drawn: DrawnScenario) -> str:
    """Departures of the sensors from the same world without causes, where nothing is labelled."""
    felt = {name: snr for name, snr in drawn.greatest_snr.items() if snr >= _NO_SNR}
    if not felt:
        return '<p class="small">No sensor departs from the same world without a cause.</p>'
    rows = [
        f"<tr><td>{sensor_names(name)[0]}</td><td>{snr_text(snr, '')}</td></tr>" for name, snr in felt.items()
    ]
    return _table(("Sensor", "Greatest departure [sigma]"), rows, "observed") + _unmoved(drawn, list(felt))


def _table(heads: Sequence[str], rows: Sequence[str], kind: str) -> str:
    head = "".join(f"<th>{name}</th>" for name in heads)
    return (
        f'<div class="scroll"><table class="{kind}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
