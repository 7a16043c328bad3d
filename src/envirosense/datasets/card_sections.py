"""Sections of a dataset card, Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from envirosense.datasets.dataset import Dataset
from envirosense.datasets.frames import FrameLayout, frame_planes
from envirosense.datasets.quality import QualityReport
from envirosense.datasets.structure_checks import role_of


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def number(value: object) -> str:
    """Number with four significant digits, "" for none."""
    if not isinstance(value, int | float):
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


_WHAT_IT_IS = {
    "simulated": (
        "Simulated sensor readings with their cause. Every value comes from a physical model and an "
        "instrument model; labels follow the cause and never a reading. Readings, truth and labels are "
        "separate tables with the keys `episode_id`, `tick` and `event_id`."
    ),
    "real": (
        "Recorded sensor readings, in the units of the channels; what was not measured is null. Labels, "
        "where there are any, say what people or other instruments noted. Readings and labels are separate "
        "tables with the keys `episode_id`, `tick` and `event_id`."
    ),
}


def summary_section(dataset: Dataset, stats: Mapping[str, Any], facts: Mapping[str, object]) -> str:
    """What it is."""
    manifest, coverage = dataset.manifest, stats["coverage"]
    rows = [
        ("Episodes", f"{manifest.counts['ok']:,} usable, {manifest.counts['failed']:,} failed"),
        (
            "Exposure",
            f"{coverage['exposure_device_days']:.3g} device-days ({dataset.duration_s / 3600:.4g} h)",
        ),
        ("Events", f"{coverage['events']:,}"),
        ("Rows", f"{sum(stream.rows for stream in manifest.streams.values()):,}"),
        ("Size", f"{manifest.files.n_bytes / 1e6:,.1f} MB"),
        ("Logical hash", f"`{manifest.logical_hash}`"),
    ]
    said = str(facts.get("summary", "")).strip() if manifest.origin == "simulated" else ""
    own = str(facts.get("what_it_is", "")) if manifest.origin == "simulated" else ""
    text = (said + "\n\n" if said else "") + (own or _WHAT_IT_IS[manifest.origin])
    return text + "\n\n" + table(("", ""), rows)


def origin_section(dataset: Dataset, facts: Mapping[str, object], run: Mapping[str, Any]) -> str:
    """How it was made."""
    manifest = dataset.manifest
    rows: list[tuple[str, object]] = [
        ("Twin", manifest.twin),
        ("Seed", manifest.seed if manifest.origin == "simulated" else "none: recorded"),
        ("EnviroSense", manifest.code_version),
        ("Plan fingerprint", f"`{manifest.plan_fingerprint}`"),
    ]
    if manifest.physics_version:
        rows.insert(3, ("Physics version", manifest.physics_version))
    if command := run.get("command"):
        rows.append(("Command", f"`{command}`"))
    versions = {**_mapping(facts.get("versions")), **_mapping(run.get("versions"))}
    if versions:
        rows.append(("Versions", ", ".join(f"{name} {value}" for name, value in versions.items())))
    if finished := run.get("finished_utc"):
        rows.append(("Made", finished))
    if (cpu_s := run.get("shard_cpu_s")) is not None:
        rows.append(("Cost", f"{cpu_s:.1f} s of one core"))
    settings = [(f"`{name}`", f"`{value}`") for name, value in sorted(manifest.settings.items())]
    text = "## How it was made\n\n" + table(("", ""), rows)
    if settings:
        text += "\n\nWhat was asked for:\n\n" + table(("setting", "value"), settings)
    if sources := _texts(facts.get("sources")):
        text += "\n\nSources:\n\n" + "\n".join(f"- {line}" for line in sources)
    return text


def _first_stream(dataset: Dataset) -> str:
    """What somebody would look at first: readings, or a history, or whatever there is."""
    by_role = [name for name in dataset.streams if role_of(dataset.schema(name)) == "history"]
    return "readings" if "readings" in dataset.streams else (by_role or dataset.streams)[0]


def _windows_code(dataset: Dataset, split: str) -> str:
    """Line that cuts windows of a minute, or reads an episode where a tick is longer than that."""
    dt_s = next(iter(dataset)).spec.grid.dt_s if len(dataset) else 1.0
    opened = f'Dataset.open("DIR")["{split}"]'
    if dt_s <= 60.0:
        return f"windows = {opened}.windows(length_s=60)"
    return f'episode = next(iter({opened}))\ntable = episode.table("{_first_stream(dataset)}")'


def loading_section(dataset: Dataset) -> str:
    """How to load it."""
    if not dataset.streams:
        return "## How to load it\n\nNo episode could be simulated: there is nothing to load."
    stream = _first_stream(dataset)
    split = "train" if "train" in dataset.splits else dataset.splits[0]
    glob = f"{stream}/{split}-*.parquet"
    code = f"""import pyarrow.dataset as pads
table = pads.dataset("DIR/{stream}").to_table()

import pandas as pd
frame = pd.read_parquet("DIR/{stream}")

import polars as pl
frame = pl.read_parquet("DIR/{glob}")

import duckdb
rows = duckdb.sql("select * from 'DIR/{glob}'")

import datasets
rows = datasets.load_dataset("DIR", "{stream}", split="{split}")

from envirosense import Dataset
{_windows_code(dataset, split)}"""
    text = f"## How to load it\n\n```python\n{code}\n```"
    frames = [name for name in dataset.streams if frame_planes(dataset.schema(name))]
    return text + "".join("\n\n" + _frame_note(dataset, name) for name in frames)


def _frame_note(dataset: Dataset, stream: str) -> str:
    low, high = frame_planes(dataset.schema(stream))
    layout = FrameLayout.of(dataset.schema(stream).field(low))
    return (
        f"`{stream}` holds one image a row as two byte planes of shape ({layout.height}, {layout.width}): "
        f"`count = {low} + 256 * {high}`, value = {layout.offset:g} + {layout.scale:g} * count "
        f"[{layout.unit}]; `episode.frames({stream!r})` joins them."
    )


def split_order(names: Iterable[str]) -> list[str]:
    """Split names, training first and the rest as in the alphabet."""
    order = {"train": 0, "validation": 1, "test": 2}
    return sorted(names, key=lambda name: (order.get(name, 3), name))


def splits_section(dataset: Dataset, stats: Mapping[str, Any]) -> str:
    """Splits."""
    groups = stats["coverage"]["groups_by_split"]
    splits = dataset.manifest.splits
    rows = [(name, splits[name], groups.get(name, 0)) for name in split_order(splits)]
    head = (
        "## Splits\n\nA group (site or home) lies in one split only; a window never spans two episodes.\n\n"
    )
    return head + table(("split", "episodes", "groups"), rows)


_COUNT_TABLES = (
    ("scenario", "episodes_by", "episodes"),
    ("event_type", "events_by", "events"),
    ("level", "events_by", "events"),
)


def coverage_section(stats: Mapping[str, Any]) -> str:
    """What it covers."""
    coverage = stats["coverage"]
    parts = ["## Coverage"]
    kinds = [name for name in coverage["episodes_by"] if name not in ("scenario", "category", "split")]
    for name, place, unit in (*_COUNT_TABLES, *((name, "episodes_by", "episodes") for name in kinds)):
        if found := coverage[place].get(name):
            parts.append(table((name.replace("_", " "), unit), found.items()))
    seen = coverage["observability"]
    if seen:
        parts.append(
            f"{seen.get('detectable', 0)} of {coverage['events']} events could be seen by at least one "
            "sensor; the others happened out of reach and are labelled all the same."
        )
    if stages := coverage["labelled_hours_by_stage"]:
        parts.append(table(("stage", "labelled hours"), ((k, number(v)) for k, v in stages.items())))
    hours = {hour: n for hour, n in coverage["start_hour_utc"].items() if n}
    parts.append(table(("episodes starting at (UTC hour)", *hours), [("", *hours.values())]))
    parts.append(
        table(("season of the year", *coverage["quarter"]), [("episodes", *coverage["quarter"].values())])
    )
    for name, found in coverage["regime_hours"].items():
        parts.append(table((name, *found), [("hours", *(number(value) for value in found.values()))]))
    return "\n\n".join(parts)


def quality_section(quality: QualityReport | None, folder: str) -> str:
    """Quality."""
    head = "## Quality\n\n"
    if quality is None:
        return head + f"Not checked yet; run `envirosense dataset validate {folder}`."
    rows = [
        (f"`{r.name}`", r.severity, f"{r.n_checked:,}", f"{r.n_failed:,}", _rate(r.pass_rate), r.note)
        for r in quality.results
    ]
    text = f"{100 * quality.episode_pass_rate:.1f} % of the episodes break no rule of severity error.\n\n"
    return head + text + table(("rule", "severity", "checked", "failed", "passed", "what it asks"), rows)


def _rate(share: float) -> str:
    return "100 %" if share == 1.0 else f"{min(100 * share, 99.99):.2f} %"


def base_rates_section(facts: Mapping[str, object], scenarios: Iterable[str]) -> str:
    """How often what it holds is met in life, by scenario; empty where the twin does not say."""
    told = _mapping(facts.get("scenarios"))
    rows = [
        (f"`{name}`", number(one["per_year"]), duration_text(one["duration_s"]), one["rate_source"])
        for name in sorted(scenarios)
        if "per_year" in (one := _mapping(told.get(name)))
    ]
    if not rows:
        return ""
    head = (
        "## Base rates\n\nThe episodes are dealt out evenly; in life these things are met as often as this. "
        "Weigh by these rates before you speak of precision.\n\n"
    )
    return head + table(("scenario", "per year", "lasts", "source"), rows)


def duration_text(seconds: float) -> str:
    """A length of time in the largest unit that it fills."""
    for unit, length_s in (("d", 86_400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= length_s:
            return f"{seconds / length_s:.3g} {unit}"
    return f"{seconds:.3g} s"


def recorded_limits_section(dataset: Dataset) -> str:
    """Limits of recorded data."""
    lines = ["The readings are as they were logged; no true values are known."]
    if "labels" not in dataset.streams:
        lines.append("Nothing is labelled: every window counts as normal, and every alarm as a false one.")
    else:
        lines.append("What nobody noted has no label; a noted event counts as detectable from its onset on.")
    return "## Limits\n\n" + "\n".join(f"- {line}" for line in lines)


def limits_section(facts: Mapping[str, object], scenarios: Iterable[str] = ()) -> str:
    """Limits of the twin, and of the scenarios that the dataset holds."""
    general = "It is a simulation: prove a detector on measured data before trusting it."
    told = _mapping(facts.get("scenarios"))
    own = {name: _mapping(told.get(name)).get("limits", "") for name in sorted(scenarios)}
    lines = [general, *_texts(facts.get("limits")), *_texts({n: text for n, text in own.items() if text})]
    return "## Limits\n\n" + "\n".join(f"- {line}" for line in lines)


def columns_section(dataset: Dataset, stats: Mapping[str, Any]) -> str:
    """Column dictionary with the spread of every number."""
    return "\n\n".join(["## Columns", *(_stream_columns(dataset, name, stats) for name in dataset.streams)])


def _stream_columns(dataset: Dataset, stream: str, stats: Mapping[str, Any]) -> str:
    facts, found = dataset.manifest.streams[stream], stats["streams"][stream]["columns"]
    role = role_of(dataset.schema(stream))
    said = (dataset.schema(stream).metadata or {}).get(b"description", b"").decode()
    size = f"{facts.rows:,} rows" if facts.rows else "0 rows: empty here, so no loading config"
    head = f"### `{stream}`\n\n" + (f"{said}\n\n" if said else "")
    head += size + (f", role `{role}`" if role else "") + "\n\n"
    rows = [_column_row(column, found.get(column["name"], {})) for column in facts.columns]
    return head + table(("column", "type", "unit", "description", "min", "mean", "max", "known"), rows)


def _column_row(column: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[str, ...]:
    is_mixed = column.get("units") == "mixed"  # numbers of several units have no common spread
    spread = ("" if is_mixed else number(found.get(key)) for key in ("min", "mean", "max"))
    said = column.get("description", "")
    return f"`{column['name']}`", column["type"], _unit(column), said, *spread, _known(found)


def _unit(column: Mapping[str, Any]) -> str:
    unit = str(column.get("unit", ""))
    return "" if unit == "1" else unit


def _known(summary: Mapping[str, Any]) -> str:
    return f"{100 * (1 - summary['null_share']):.3g} %" if summary.get("rows") else ""


def _mapping(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [f"`{name}`: {text}" for name, one in value.items() for text in _texts(one)]
    return [str(item) for item in value] if isinstance(value, list | tuple) else []
