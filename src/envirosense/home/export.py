"""A stored home in the forms of others: Home Assistant's folder, its events as JSON lines, an inventory."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import yaml

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.episode import Episode
from envirosense.datasets.files import write_whole
from envirosense.home.history import HomeHistory
from envirosense.home.streams.event_tables import ha_events
from envirosense.home.twin import history_of

if TYPE_CHECKING:
    from envirosense.home.homeassistant import Counts

EVENTS_FILE, INVENTORY_FILE = "events.jsonl", "inventory.yaml"


def stored_history(dataset: Dataset, episode_id: str = "") -> HomeHistory:
    """History of the home whose episode id starts so, lived again from its spec; of the first one by default.

    Raises:
        ConfigError: if there is no such home.
        DatasetError: if the dataset holds no homes, or this version of the generator makes other events of
            the spec than are stored.
    """
    if dataset.manifest.twin != "home":
        raise DatasetError(f"{dataset.folder}: holds episodes of twin {dataset.manifest.twin!r}, not homes")
    episode = next((one for one in dataset if one.episode_id.startswith(episode_id)), None)
    if episode is None:
        raise ConfigError("episode", episode_id, "is no home of this dataset; `dataset episodes` lists them")
    history = history_of(episode.spec)
    _require_same(episode, history)
    return history


def export_home_assistant(made: HomeHistory, folder: Path, version: str | None = None) -> "Counts":
    """What was written: a configuration folder that Home Assistant opens, with registries and history.

    Raises:
        ConfigError: for a folder that holds a history already, or a version that is not supported.
    """
    from envirosense.home.homeassistant import VERSIONS, write_home_assistant

    chosen = VERSIONS[-1] if version is None else version
    if chosen not in VERSIONS:
        raise ConfigError("version", version, f"must be one of {', '.join(VERSIONS)}")
    try:
        return write_home_assistant(
            folder, made.home, made.automations, made.log, made.start_utc, ha_version=chosen
        )
    except FileExistsError:
        fix = "holds a history already, which is never touched; choose another folder"
        raise ConfigError("out", str(folder), fix) from None


def export_events(made: HomeHistory, path: Path) -> int:
    """Number of events written to a file of JSON lines, each as Home Assistant's bus hands it on."""
    from envirosense.home.homeassistant import event_lines

    write_whole(path, b"".join(event_lines(made.home, made.log, made.start_utc)))
    return len(made.log)


def export_inventory(made: HomeHistory, path: Path) -> int:
    """Number of entities written to an inventory in the form of the `synthetic-home` package, YAML."""
    from envirosense.home.homeassistant import inventory

    found: dict[str, Any] = dict(inventory(made.home))
    write_whole(path, yaml.safe_dump(found, sort_keys=False, allow_unicode=True).encode())
    return len(found["entities"])


def _require_same(episode: Episode, history: HomeHistory) -> None:
    made, columns = ha_events(history), ["time_fired", "entity_id", "new_state"]
    stored = episode.table("ha_events", columns)
    if not stored.select(columns).equals(pa.Table.from_batches([made.select(columns)])):
        raise DatasetError(
            f"{episode.episode_id}: other events are stored than this version makes ({stored.num_rows} and "
            f"{made.num_rows}); use the version that made the dataset, named in its manifest"
        )
