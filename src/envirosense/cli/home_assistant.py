"""`dataset home-assistant`: a stored home as a folder that Home Assistant opens."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from envirosense.cli.output import AsJson, report


def home_assistant(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a dataset of homes.")],
    out: Annotated[Path, typer.Option(help="Configuration folder to write: new, or without a history.")],
    episode: Annotated[str, typer.Option(help="Episode id, or its first digits; default: the first.")] = "",
    version: Annotated[
        str | None, typer.Option(help="Of Home Assistant: 2025.1.4 or 2025.4.4; default: the newer.")
    ] = None,
    events: Annotated[bool, typer.Option("--events", help="Also events.jsonl, as its bus has them.")] = False,
    inventory: Annotated[
        bool, typer.Option("--inventory", help="Also inventory.yaml of the synthetic-home package.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a home as Home Assistant's own folder: registries, automations, history, statistics."""
    from envirosense.datasets import Dataset
    from envirosense.home import export

    made = export.stored_history(Dataset.open(folder), episode)
    counts = asdict(export.export_home_assistant(made, out, version))
    if events:
        counts["events.jsonl"] = export.export_events(made, out / export.EVENTS_FILE)
    if inventory:
        counts["inventory.yaml"] = export.export_inventory(made, out / export.INVENTORY_FILE)
    lines = [f"{name.replace('_', ' '):<14} {count:>9,}" for name, count in counts.items()]
    report({"path": str(out), **counts}, "\n".join([*lines, f"in {out}"]), as_json)
