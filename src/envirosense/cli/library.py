"""`sensors`, `scenarios` and `parts`: what this installation knows, by name."""

import inspect
from typing import TYPE_CHECKING, Annotated, Any

import typer

from envirosense.cli.output import AsJson, facts, report, say, say_json, table

if TYPE_CHECKING:
    from envirosense.core.parts import Part
    from envirosense.instruments import BaseSensor

sensors = typer.Typer(help="Sensor types and their parts.")
scenarios = typer.Typer(help="Scenarios: what can happen to a twin.")
parts = typer.Typer(help="Datasheet and literature numbers, with unit and source.")


@parts.command("list")
def list_parts(as_json: AsJson = False) -> None:
    """Count the values of every part by where they come from."""
    from envirosense.core.parts import ORIGINS, load_part, part_ids

    rows = [{"part": part_id, **_sources(load_part(part_id))} for part_id in part_ids()]
    total = {key: sum(row[key] for row in rows) for key in ("values", *ORIGINS)}
    if as_json:
        return say_json({"parts": rows, "total": total})
    return say(table([*rows, {"part": "total", **total}]))


def _sources(part: "Part") -> dict[str, Any]:
    return {"values": len(part.quantities), **part.origins}


@parts.command("show")
def show_part(part_id: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
    """Print every value of a part with its unit and source."""
    from envirosense.core.parts import load_part

    part = load_part(part_id)
    rows = [
        {"name": one.name, "value": one.value, "unit": one.unit, "source": one.source, "note": one.note}
        for one in part.quantities.values()
    ]
    if as_json:
        return say_json({"part": part_id, "summary": part.summary, "values": rows})
    say(f"{part_id}: {part.summary}\n{facts(_sources(part))}\n")
    return say(table(rows))


@sensors.command("list")
def list_sensors(as_json: AsJson = False) -> None:
    """Print every sensor type with the parts it has."""
    from envirosense.instruments.registry import SENSORS

    rows = [
        {"sensor": name, "parts": ", ".join(_parts_of(name)), "about": _first_line(sensor)}
        for name, sensor in SENSORS.items()
    ]
    report({"sensors": rows}, table(rows), as_json)


@sensors.command("show")
def show_sensor(sensor_type: Annotated[str, typer.Argument(metavar="TYPE")], as_json: AsJson = False) -> None:
    """Print the channels and imperfection stages of a sensor type, for each of its parts."""
    from envirosense.instruments.registry import SENSORS

    about = _first_line(SENSORS[sensor_type])
    models = {part_id: _model(sensor_type, part_id) for part_id in _parts_of(sensor_type)}
    if as_json:
        return say_json({"sensor": sensor_type, "about": about, "parts": models})
    say(f"{sensor_type}: {about}")
    for part_id, model in models.items():
        say(f"\npart {part_id}\n{table(model['channels'])}")
        if model["stages"]:
            say(f"stages: {', '.join(model['stages'])}")
    return None


def _model(sensor_type: str, part_id: str) -> dict[str, Any]:
    from envirosense.instruments.registry import SENSORS, build_sensor

    config = SENSORS[sensor_type].config_type.parse(
        {"sensor_id": sensor_type, "sensor_type": sensor_type, "part": part_id}
    )
    sensor: BaseSensor[Any, Any] = build_sensor(config)
    channels = [
        {
            "channel": channel.name,
            "unit": channel.unit,
            "resolution": channel.resolution,
            "noise_sigma": channel.noise_sigma,
            "about": channel.description,
        }
        for channel in sensor.channels
    ]
    return {"channels": channels, "stages": [stage.name for stage in sensor.stages()]}


def _parts_of(sensor_type: str) -> list[str]:
    from envirosense.core.parts import part_ids

    kinds = (sensor_type, sensor_type.removesuffix("_sensor"))
    return [part_id for part_id in part_ids() if part_id.partition("/")[0] in kinds]


@scenarios.command("list")
def list_scenarios(as_json: AsJson = False) -> None:
    """Print every scenario."""
    from envirosense.scenarios import SCENARIOS

    rows = [{"scenario": scenario_id, "about": found.description} for scenario_id, found in SCENARIOS.items()]
    report({"scenarios": rows}, table(rows), as_json)


@scenarios.command("show")
def show_scenario(scenario_id: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
    """Print a scenario's parameters with range, unit and source, its phases and its limits."""
    from envirosense.scenarios import SCENARIOS

    found = SCENARIOS[scenario_id]
    head = {
        "scenario": scenario_id,
        "about": found.description,
        "phases": ", ".join(found.phases) or "none",
        "limits": found.limits,
    }
    rows = [
        {
            "parameter": name,
            "drawn": str(parameter.distribution),
            "unit": parameter.unit,
            "about": parameter.description,
            "source": parameter.source,
        }
        for name, parameter in found.space.parameters.items()
    ]
    if as_json:
        return say_json({**head, "phases": list(found.phases), "parameters": rows})
    return say(facts(head) + ("\n\n" + table(rows) if rows else "\nno parameters of its own"))


def _first_line(thing: object) -> str:
    return (inspect.getdoc(thing) or "").partition("\n")[0]
