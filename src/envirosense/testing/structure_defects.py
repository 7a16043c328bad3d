"""Defects of what holds rows together: clock, blocks, labels, files, splits, episodes."""

from typing import Final

import numpy as np
import pyarrow as pa

from envirosense.datasets.episode import Episode
from envirosense.datasets.near_duplicates import profile_steps
from envirosense.datasets.rule_checks import column_floats
from envirosense.datasets.structure_checks import is_number, role_of
from envirosense.testing.defect_places import NoPlaceError, Place, Planted, Plot, shuffled, with_column

_PARTS: Final = 16  # in which a channel moves
_MOVING: Final = 8  # channels: two probes that rise together tell no episode from another


def shifted_clock(plot: Plot) -> Planted:
    """A step of the clock somewhere in an episode."""
    place = plot.places("reading", "truth", "frames", "label")[0]
    table = plot.editor.table(*place)
    dt_us = round(place[0].spec.grid.dt_s * 1e6)
    shift_us = int(plot.rng.choice([dt_us, -dt_us, dt_us // 2, 1000, 3_600_000_000, -7_200_000_000]))
    first = int(plot.rng.integers(table.num_rows // 2))
    times = table["time_utc"].cast(pa.int64()).to_numpy().copy()
    times[first:] += shift_us
    plot.editor.put(*place, with_column(table, "time_utc", times))
    return plot.planted("shifted_clock", place, f"{shift_us / 1e6:g} s from row {first}")


def duplicated_block(plot: Plot) -> Planted:
    """A block of another episode over this one's rows, one column left as it was."""
    source, target = _two_places(plot)
    there, here = plot.editor.table(*source), plot.editor.table(*target)
    most = min(there.num_rows, here.num_rows)
    length = int(plot.rng.integers(most // 2, most))
    start, first = (int(plot.rng.integers(table.num_rows - length)) for table in (there, here))
    columns = [field.name for field in here.schema if is_number(field)]
    replaced = str(plot.rng.choice(columns))
    for column in columns:
        if column != replaced:
            block = there[column].slice(start, length)
            pieces = [here[column].slice(0, first), block, here[column].slice(first + length)]
            whole = pa.concat_arrays([chunk for piece in pieces for chunk in piece.chunks])
            here = with_column(here, column, whole)
    plot.editor.put(*target, here)
    what = f"{length} rows of {source[0].episode_id} from {start} at {first}, but for {replaced}"
    return plot.planted("duplicated_block", target, what)


def _two_places(plot: Plot) -> tuple[Place, Place]:
    """The same stream of readings in two episodes."""
    places = plot.places("reading")
    for target in places:
        for source in places:
            if source[1] == target[1] and source[0].episode_id != target[0].episode_id:
                return source, target
    raise NoPlaceError("no two episodes with the same stream of readings")


def label_off_by_one(plot: Plot) -> Planted:
    """Every label a tick late: each row tells what the row before told."""
    for place in plot.places("label"):
        table = plot.editor.table(*place)
        if {"tick", "event_id"} <= set(table.column_names):
            step = int(plot.rng.choice([-1, 1]))
            rows = (np.arange(table.num_rows) - step).clip(0, table.num_rows - 1)
            moved = table.take(rows)
            if moved.drop_columns(["tick", "time_utc"]).equals(table.drop_columns(["tick", "time_utc"])):
                continue
            for key in ("tick", "time_utc"):
                moved = with_column(moved, key, table[key])
            plot.editor.put(*place, moved)
            return plot.planted("label_off_by_one", place, f"{step:+d} row")
    raise NoPlaceError("no labels that change")


def truncated_shard(plot: Plot) -> Planted:
    """A file cut short; its entry in the manifest stays."""
    place = plot.places("reading", "truth", "frames")[0]
    path = plot.dataset.folder / place[0].locations[place[1]]["file"]
    size = path.stat().st_size
    kept = int(size * plot.rng.uniform(0.2, 0.95))
    with path.open("r+b") as file:
        file.truncate(kept)
    return plot.planted("truncated_shard", place, f"{path.name}: {kept} of {size} bytes")


def split_overlap(plot: Plot) -> Planted:
    """An episode in another split than the rest of its group."""
    episodes = list(plot.dataset)
    for index in plot.rng.permutation(len(episodes)):
        one = episodes[index]
        if sum(other.group == one.group for other in episodes) > 1:
            others = sorted({"train", "validation", "test"} - {one.split})
            split = str(plot.rng.choice(others))
            plot.editor.move(one, split)
            return plot.planted("split_overlap", (one, ""), f"{one.group} also in {split}")
    raise NoPlaceError("no group of two episodes")


def sensed_again(plot: Plot) -> Planted:
    """The readings of another split's episode, with noise of their own as from sensors of another unit."""
    readings = [name for name in plot.dataset.streams if role_of(plot.dataset.schema(name)) == "reading"]
    episodes = shuffled(list(plot.dataset), plot.rng)
    for target in episodes:
        for source in episodes:
            streams = [name for name in readings if source.row_count(name) == target.row_count(name) > 0]
            if source.split == target.split or not streams or not _is_told(plot, source, streams):
                continue
            for stream in streams:
                plot.editor.put(target, stream, _sensed_again(plot, source, target, stream))
            what = f"{source.episode_id} of {source.split} sensed again in {target.split}"
            return plot.planted("sensed_again", (target, ""), what)
    raise NoPlaceError("no episode of another split in which many channels move")


def _is_told(plot: Plot, episode: Episode, streams: list[str]) -> bool:
    """Whether so many channels move slower than their noise that it can be told from other episodes."""
    values = [values for name in streams for _, values in plot.channels((episode, name))]
    profiles = [profile_steps(one[None], _PARTS) for one in values if len(one) >= 2 * _PARTS]
    return sum(bool(one.any()) for one in profiles) >= _MOVING


def _sensed_again(plot: Plot, source: Episode, target: Episode, stream: str) -> pa.Table:
    there, here = plot.editor.table(source, stream), plot.editor.table(target, stream)
    for field in here.schema:
        if is_number(field):
            values = column_floats(there[field.name])[0]
            known = values[np.isfinite(values)]
            noise = np.std(np.diff(known)) / np.sqrt(2.0) if known.size > 1 else 0.0
            again = values + plot.rng.normal(0.0, noise, len(values))
            here = with_column(here, field.name, np.rint(again) if pa.types.is_integer(field.type) else again)
    return here


def empty_episode(plot: Plot) -> Planted:
    """An episode without a row in any stream."""
    episodes = list(plot.dataset)
    one = episodes[int(plot.rng.integers(len(episodes)))]
    for stream in one.streams:
        plot.editor.put(one, stream, plot.editor.table(one, stream).slice(0, 0))
    return plot.planted("empty_episode", (one, ""), "no rows")
