"""Walks the catalogue up or down from an artifact."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from envirosense.datasets.catalog import (
    GENERATED_BY,
    USED,
    Catalog,
    Rows,
    content_key,
    named_parents,
    parent_hashes,
)
from envirosense.datasets.catalog_tables import activities, artifacts, edges
from envirosense.factory.lineage_graph import (
    DERIVED_FROM,
    PART_OF,
    Activity,
    Artifact,
    Direction,
    GraphBuilder,
    Lineage,
)
from envirosense.factory.lineage_parts import DatasetParts, Named, opened

type Row = dict[str, Any]


class Records:
    """Rows of a catalogue, and of a dataset that is not in it."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._extra: Rows = ()

    def enter(self, versions: Sequence[Rows]) -> Artifact:
        """Artifact of the first of a dataset's versions; all are known from now on."""
        self._extra = tuple(row for rows in versions for row in rows)
        return _artifact(self._extra[0][1])

    def _rows(self, table: sa.Table, column: sa.Column[Any], value: str) -> list[Row]:
        extra = [row for of, row in self._extra if of is table and row[column.name] == value]
        keys = [one.name for one in table.primary_key]
        mine = {tuple(row[key] for key in keys) for row in extra}
        stored = self._catalog.rows(table, column == value)
        return extra + [row for row in stored if tuple(row[key] for key in keys) not in mine]

    def known(self, what: str) -> list[Artifact]:
        """Artifacts of that id, name or `kind:name`, or whose content hash starts so."""
        kind, _, name = what.partition(":")
        if name and (found := self._named(kind, name)):
            return found
        is_hash = len(what) >= 6 and set(what) <= set("0123456789abcdef")
        by_hash = (artifacts.c.content_hash.startswith(what),) if is_hash else ()
        kind, _, name = what.partition(":")
        is_kind = sa.and_(artifacts.c.kind == kind, artifacts.c.name == name)
        condition = sa.or_(artifacts.c.artifact_id == what, artifacts.c.name == what, is_kind, *by_hash)
        return [_artifact(row) for row in self._catalog.rows(artifacts, condition)]

    def names(self, kind: str) -> set[str]:
        """Names of the artifacts of a kind."""
        return {str(row["name"]) for row in self._catalog.rows(artifacts, artifacts.c.kind == kind)}

    def _named(self, kind: str, name: str) -> list[Artifact]:
        """Artifacts of a kind and name; of content that was made twice the first."""
        rows = self._catalog.rows(artifacts, artifacts.c.kind == kind, artifacts.c.name == name)
        return [_artifact(row) for row in sorted(rows, key=lambda row: row["created_utc"] or "")]

    def datasets(self) -> list[Artifact]:
        """Every dataset of the catalogue."""
        return [_artifact(row) for row in self._catalog.rows(artifacts, artifacts.c.kind == "dataset")]

    def makers(self, artifact: Artifact) -> list[tuple[Activity, str | None]]:
        """Activities that made an artifact, and when."""
        found = self._rows(edges, edges.c.source, artifact.artifact_id)
        ids = [(row["target"], row["at_utc"]) for row in found if row["relation"] == GENERATED_BY]
        return [(one, at) for name, at in ids for one in self._activities(name)]

    def users(self, artifact: Artifact) -> list[tuple[Activity, str | None]]:
        """Activities that used an artifact, and when."""
        found = self._rows(edges, edges.c.target, content_key(artifact.content_hash))
        return [(one, row["at_utc"]) for row in found for one in self._activities(row["source"])]

    def inputs(self, activity: Activity) -> list[tuple[Artifact, str | None]]:
        """Artifacts that an activity used, and when; one that nobody knows any more has no path."""
        made = {one.artifact_id for one, _ in self.outputs(activity)}
        told = named_parents(activity.facts.get("settings", {}))
        found = self._rows(edges, edges.c.source, activity.activity_id)
        return [
            (self._content(row["target"].partition(":")[2], made, told), row["at_utc"])
            for row in found
            if row["relation"] == USED
        ]

    def outputs(self, activity: Activity) -> list[tuple[Artifact, str | None]]:
        """Artifacts that an activity made, and when."""
        found = self._rows(edges, edges.c.target, activity.activity_id)
        pairs = [(row["source"], row["at_utc"]) for row in found if row["relation"] == GENERATED_BY]
        return [
            (_artifact(row), at)
            for name, at in pairs
            for row in self._rows(artifacts, artifacts.c.artifact_id, name)
        ]

    def _content(self, content_hash: str, made: Collection[str], told: Mapping[str, str]) -> Artifact:
        """Artifact of some content: of several copies the first that is still there.

        A copy that the activity made of it (`made`) is not what it used. A run names what it made on the way
        (`told`, by hash) and removed again.
        """
        found = [_artifact(row) for row in self._rows(artifacts, artifacts.c.content_hash, content_hash)]
        copies = [one for one in found if one.artifact_id not in made]
        for one in copies:
            if one.kind != "dataset" or opened(one) is not None:
                return one
        if copies:
            return copies[0]
        if content_hash in told:
            name = f"{told[content_hash]}, made by the run and removed after it"
            return Artifact(content_key(content_hash), "intermediate", name, "", content_hash)
        return Artifact(content_key(content_hash), "unknown", "not in this catalogue", "", content_hash)

    def _activities(self, activity_id: str) -> list[Activity]:
        found = self._rows(activities, activities.c.activity_id, activity_id)
        return [Activity(**row) for row in found]


def _artifact(row: Row) -> Artifact:
    return Artifact(**row)


class Walk:
    """One question: a direction, and the graph as it grows."""

    def __init__(self, records: Records, direction: Direction) -> None:
        self._records = records
        self._direction = direction
        self._graph = GraphBuilder()
        self._shards: dict[tuple[str, str], str] = {}  # id by dataset and name, of those entered

    def of(self, artifact: Artifact, named: Named) -> Lineage:
        """Lineage of an artifact, or of a part of it."""
        if named == Named():
            self._follow(artifact)
            return self._done(artifact.artifact_id)
        parts = DatasetParts(artifact)
        focus, episodes = self._enter_parts(parts, named)
        links = self._follow(artifact)
        self._follow_parts(parts, episodes, links, by_shard=bool(named.shard))
        return self._done(focus)

    def _done(self, focus: str) -> Lineage:
        return self._graph.build(focus, self._direction)

    def _enter_parts(self, parts: DatasetParts, named: Named) -> tuple[str, tuple[str, ...]]:
        """Id of the focus, and the episodes that it stands for."""
        if named.shard:
            return self._enter_shard(parts, named.shard), parts.members(named.shard)
        episode = parts.episode(named.episode)
        focus = self._enter_episode(parts, episode.name)
        if named.tick is not None:
            sample = parts.sample(episode.name, named.tick)
            self._graph.add(sample)
            self._graph.join(sample.artifact_id, PART_OF, focus)
            focus = sample.artifact_id
        return focus, (episode.name,)

    def _enter_shard(self, parts: DatasetParts, name: str) -> str:
        key = (parts.artifact.artifact_id, name)
        if key in self._shards:
            return self._shards[key]
        shard = parts.shard(name)
        self._shards[key] = shard.artifact_id
        self._graph.add(shard)
        self._graph.join(shard.artifact_id, PART_OF, parts.artifact.artifact_id)
        return shard.artifact_id

    def _enter_episode(self, parts: DatasetParts, episode_id: str) -> str:
        episode, shard = parts.episode(episode_id), parts.shard_of(episode_id)
        self._graph.add(episode)
        holder = self._enter_shard(parts, shard) if shard else parts.artifact.artifact_id
        self._graph.join(episode.artifact_id, PART_OF, holder)
        return episode.artifact_id

    def _follow(self, start: Artifact) -> list[tuple[Artifact, Artifact]]:
        """Walk from artifact to artifact; the (near, far) pairs met, in order."""
        links: list[tuple[Artifact, Artifact]] = []
        waiting = [start]
        self._graph.add(start)
        while waiting:
            near = waiting.pop(0)
            for far in self._up(near) if self._direction == "up" else self._down(near):
                links.append((near, far))
                if self._graph.add(far):
                    waiting.append(far)
        return links

    def _up(self, near: Artifact) -> list[Artifact]:
        found = []
        for activity, made_utc in self._records.makers(near):
            self._graph.add(activity)
            self._graph.join(near.artifact_id, GENERATED_BY, activity.activity_id, made_utc)
            for far, used_utc in self._direct_inputs(activity):
                self._graph.join(activity.activity_id, USED, far.artifact_id, used_utc)
                found.append(far)
        return found

    def _down(self, near: Artifact) -> list[Artifact]:
        found = []
        own = {activity.activity_id for activity, _ in self._records.makers(near)}
        for activity, used_utc in self._records.users(near):
            if activity.activity_id in own:
                continue  # it made this copy of what it used
            inputs = [one.content_hash for one, _ in self._direct_inputs(activity)]
            if near.content_hash not in inputs:
                continue
            self._graph.add(activity)
            self._graph.join(activity.activity_id, USED, near.artifact_id, used_utc)
            for far, made_utc in self._records.outputs(activity):
                self._graph.join(far.artifact_id, GENERATED_BY, activity.activity_id, made_utc)
                found.append(far)
        return found

    def _direct_inputs(self, activity: Activity) -> list[tuple[Artifact, str | None]]:
        """Inputs without those that a setting names only because it was copied from another input's."""
        inputs = self._records.inputs(activity)
        named = parent_hashes(activity.facts.get("settings", {}))
        copied = {
            key
            for one, _ in inputs
            for maker, _ in self._records.makers(one)
            for key, found in parent_hashes(maker.facts.get("settings", {})).items()
            if named.get(key) == found
        }
        direct = {one for key, found in named.items() if key not in copied for one in found}
        dropped = {one for key in copied for one in named[key]} - direct
        return [(one, at) for one, at in inputs if one.content_hash not in dropped]

    def _follow_parts(
        self,
        start: DatasetParts,
        episodes: tuple[str, ...],
        links: Iterable[tuple[Artifact, Artifact]],
        by_shard: bool,
    ) -> None:
        """Join the episodes (or shards) of each dataset to those they came from or became."""
        held: dict[str, tuple[DatasetParts, set[str]]] = {start.artifact.artifact_id: (start, set(episodes))}
        waiting = list(links)
        while waiting:
            n_before = sum(len(reached) for _, reached in held.values())
            for near, far in waiting:
                self._follow_link(near, far, held, by_shard)
            if sum(len(reached) for _, reached in held.values()) == n_before:
                return  # two ways to one dataset may need a second round

    def _follow_link(
        self, near: Artifact, far: Artifact, held: dict[str, tuple[DatasetParts, set[str]]], by_shard: bool
    ) -> None:
        if near.artifact_id not in held:
            return
        parts, mine = held[near.artifact_id]
        other = held[far.artifact_id][0] if far.artifact_id in held else opened(far)
        if other is None:
            return
        reached = held.setdefault(far.artifact_id, (other, set()))[1]
        for child, parent in self._pairs(parts, mine, other):
            is_up = self._direction == "up"
            reached.add(parent if is_up else child)
            below, above = (parts, other) if is_up else (other, parts)
            self._join_parts((below, child), (above, parent), by_shard)

    def _pairs(self, near: DatasetParts, mine: set[str], far: DatasetParts) -> list[tuple[str, str]]:
        """(child, parent) episodes of two datasets, for the episodes of the near one."""
        if self._direction == "up":
            found = near.origins(mine, far)
            return [(child, parent) for child, parents in found.items() for parent in parents]
        found = far.origins(far.episode_ids, near)
        return [(child, one) for child, parents in found.items() for one in parents if one in mine]

    def _join_parts(
        self, child: tuple[DatasetParts, str], parent: tuple[DatasetParts, str], by_shard: bool
    ) -> None:
        ends = []
        for parts, episode_id in (child, parent):
            if by_shard and (shard := parts.shard_of(episode_id)):
                ends.append(self._enter_shard(parts, shard))
            else:
                ends.append(self._enter_episode(parts, episode_id))
        self._graph.join(ends[0], DERIVED_FROM, ends[1])
