"""`sensors` and `parts`: what this installation knows, by name."""

import inspect
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from envirosense.cli.output import AsJson, facts, report, say, say_json, table

if TYPE_CHECKING:
    from envirosense.core.parts import Part
    from envirosense.instruments import BaseSensor

sensors = typer.Typer(help="Sensor types and their parts.")
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
def show_sensor(
    sensor_type: Annotated[str, typer.Argument(metavar="TYPE")],
    plot: Annotated[bool, typer.Option("--plot", help="Draw it: a page with pictures.")] = False,
    out: Annotated[Path | None, typer.Option(help="Page to write; default TYPE.html.")] = None,
    part: Annotated[str | None, typer.Option(help="Part to draw; default: the device's.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print the channels and imperfection stages of a sensor type, for each of its parts, or draw them."""
    from envirosense.instruments.registry import SENSORS

    if plot:
        from envirosense.cli.sensor_pages import write_type

        SENSORS[sensor_type]  # refuses an unknown name before a page is named after it
        return write_type(out or Path(f"{sensor_type}.html"), sensor_type, part, as_json)
    _require_plot({"out": out, "part": part})
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


def _require_plot(given: dict[str, object]) -> None:
    from envirosense.core.errors import ConfigError

    for name, value in given.items():
        if value is not None:
            raise ConfigError(name, str(value), "only says something about a page; add --plot")


@sensors.command("sheet")
def sheet_of_a_day(
    out: Annotated[Path, typer.Option(help="Page to write.")] = Path("day.html"),
    scenario: Annotated[str, typer.Option(help="Scenario id.")] = "normal/diurnal_cycle",
    seed: Annotated[int, typer.Option(help="Seed of every random choice.", min=0)] = 0,
    duration: Annotated[str, typer.Option("--duration", "--day", help="Length: 6h, 24h, 2d.")] = "24h",
    dt: Annotated[str, typer.Option(help="Tick of the simulation.")] = "10s",
    guardian: Annotated[Path | None, typer.Option(help="Sensors of the guardian, YAML or JSON.")] = None,
    profile: Annotated[str | None, typer.Option(help="Sampling profile of the device.")] = None,
    optional_sensors: Annotated[
        bool, typer.Option("--optional-sensors", help="Also gas (CO, CO2, NO2) and line current.")
    ] = False,
    site: Annotated[Path | None, typer.Option(help="Site file, YAML.")] = None,
    weather: Annotated[str | None, typer.Option(help="Weather year: a name, or a TMY3 or EPW file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Draw one day of every channel of the device beside its ideal reading on one page."""
    from envirosense.cli.generate import seconds
    from envirosense.cli.sensor_pages import write_day
    from envirosense.core.config import load_yaml

    given = {
        "sensing": None if guardian is None else load_yaml(guardian),
        "profile": profile,
        "with_optional": optional_sensors or None,
        "site": None if site is None else str(site),
        "weather": weather,
    }
    options = {name: value for name, value in given.items() if value is not None}
    write_day(out, scenario, seed, (seconds(duration, "duration"), seconds(dt, "dt")), options, as_json)


@sensors.command("schema")
def schema_of_guardians(
    out: Annotated[Path | None, typer.Option(help="File to write; default: print it.")] = None,
) -> None:
    """Print the JSON Schema of a guardian file, with every sensor type that is installed."""
    from envirosense.instruments.configuration import SensorConfiguration

    schema = SensorConfiguration.json_schema()
    if out is None:
        return say_json(schema)
    from envirosense.cli.world import check_page
    from envirosense.datasets.files import write_whole

    check_page(out)
    write_whole(out, (json.dumps(schema, indent=1) + "\n").encode())
    return say(str(out))


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
    return {
        "channels": channels,
        "stages": [stage.name for stage in sensor.stages()] or list(getattr(sensor, "effects", ())),
    }


def _parts_of(sensor_type: str) -> list[str]:
    from envirosense.core.parts import part_ids

    kinds = (sensor_type, sensor_type.removesuffix("_sensor"))
    return [part_id for part_id in part_ids() if part_id.partition("/")[0] in kinds]


def _first_line(thing: object) -> str:
    return (inspect.getdoc(thing) or "").partition("\n")[0]
