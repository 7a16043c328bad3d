"""What a question about lineage is answered with: artifacts, activities and edges."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from envirosense.datasets.catalog import GENERATED_BY, USED

DERIVED_FROM: Final = "was_derived_from"  # artifact to artifact of the same kind
PART_OF: Final = "part_of"  # sample to episode to shard to dataset

_SHOWN: Final = 6  # scenarios, and facts, of an activity on one line

type Direction = Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class Artifact:
    """A thing that was made or used: a dataset, a shard, an episode, a sample, a model."""

    artifact_id: str
    kind: str
    name: str
    path: str = ""
    content_hash: str = ""
    created_utc: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        what = f"{self.kind} {self.name}" + (f" {self.content_hash[:16]}" if self.content_hash else "")
        return what + (f"  {self.path}" if self.path else "")


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that ran."""

    activity_id: str
    kind: str
    code_version: str
    started_utc: str | None = None
    finished_utc: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        when = f" at {self.finished_utc[:19]}" if self.finished_utc else ""
        told = "; ".join(_gist(self.facts))
        return f"{self.kind} with envirosense {self.code_version}{when}" + (f": {told}" if told else "")


def _gist(facts: Mapping[str, Any]) -> Iterator[str]:
    """What decides an outcome, in few words: scenarios, seed, plain facts such as what filters let pass."""
    settings = facts.get("settings")
    asked = settings if isinstance(settings, Mapping) else {}
    scenarios = asked.get("scenarios")
    if isinstance(scenarios, list | tuple) and scenarios:
        more = f" and {len(scenarios) - _SHOWN} more" if len(scenarios) > _SHOWN else ""
        yield ", ".join(str(one) for one in scenarios[:_SHOWN]) + more
    plain = {name: value for name, value in facts.items() if isinstance(value, str | int | float)}
    for name, value in list(plain.items())[:_SHOWN]:
        yield f"{name.replace('_', ' ')} {value}"


@dataclass(frozen=True, slots=True)
class Edge:
    """`source` points to what was there before it, or to what holds it."""

    source: str
    relation: str
    target: str
    at_utc: str | None = None


@dataclass(frozen=True, slots=True)
class Lineage:
    """Everything up- or downstream of one artifact."""

    focus: str
    direction: Direction
    artifacts: Mapping[str, Artifact]
    activities: Mapping[str, Activity]
    edges: tuple[Edge, ...]

    def to_json(self) -> dict[str, Any]:
        """The graph as plain data."""
        return {
            "focus": self.focus,
            "direction": self.direction,
            "artifacts": [asdict(one) for one in self.artifacts.values()],
            "activities": [asdict(one) for one in self.activities.values()],
            "edges": [asdict(one) for one in self.edges],
        }

    def as_of(self, when_utc: str) -> "Lineage":
        """What was known of it at a time, in ISO form: what began to exist later is left out."""
        activities = {
            key: one for key, one in self.activities.items() if not _is_later(one.finished_utc, when_utc)
        }
        gone = set(self.activities) - set(activities)
        edges = tuple(
            one
            for one in self.edges
            if not ({one.source, one.target} & gone) and not _is_later(one.at_utc, when_utc)
        )
        kept = {self.focus, *(end for one in edges for end in (one.source, one.target))}
        artifacts = {key: one for key, one in self.artifacts.items() if key in kept}
        return Lineage(
            self.focus,
            self.direction,
            artifacts,
            {key: one for key, one in activities.items() if key in kept},
            edges,
        )

    def __str__(self) -> str:
        return "\n".join(_tree(self))


def _is_later(at_utc: str | None, when_utc: str) -> bool:
    return at_utc is not None and datetime.fromisoformat(at_utc) > datetime.fromisoformat(when_utc)


def _tree(graph: Lineage) -> Iterator[str]:
    """One line a node, each under the one it was reached from; a node met again is not opened again."""
    opened: set[str] = set()
    stack = [(0, "", graph.focus)]
    while stack:
        depth, relation, node = stack.pop()
        known = graph.artifacts.get(node) or graph.activities.get(node)
        again = " (above)" if node in opened else ""
        yield "  " * depth + (f"{relation} " if relation else "") + str(known or node) + again
        if not again:
            opened.add(node)
            stack += [(depth + 1, word, far) for word, far in reversed(list(_next(graph, node)))]


_BACKWARDS: Final = {GENERATED_BY: "made", USED: "used by", DERIVED_FROM: "became", PART_OF: "holds"}
_FORWARDS: Final = {
    GENERATED_BY: "made by",
    USED: "used",
    DERIVED_FROM: "derived from",
    PART_OF: "part of",
}


def _next(graph: Lineage, node: str) -> Iterator[tuple[str, str]]:
    for edge in graph.edges:
        forwards = graph.direction == "up" or edge.relation == PART_OF
        if forwards and edge.source == node:
            yield _FORWARDS[edge.relation], edge.target
        elif not forwards and edge.target == node:
            yield _BACKWARDS[edge.relation], edge.source


class GraphBuilder:
    """Collects nodes and edges, each once."""

    def __init__(self) -> None:
        self.artifacts: dict[str, Artifact] = {}
        self.activities: dict[str, Activity] = {}
        self._edges: dict[tuple[str, str, str], Edge] = {}

    def add(self, node: Artifact | Activity) -> bool:
        """Whether the node is new."""
        if isinstance(node, Artifact):
            is_new = node.artifact_id not in self.artifacts
            self.artifacts.setdefault(node.artifact_id, node)
        else:
            is_new = node.activity_id not in self.activities
            self.activities.setdefault(node.activity_id, node)
        return is_new

    def join(self, source: str, relation: str, target: str, at_utc: str | None = None) -> None:
        """Add an edge."""
        self._edges.setdefault((source, relation, target), Edge(source, relation, target, at_utc))

    def build(self, focus: str, direction: Direction) -> Lineage:
        """The finished graph."""
        return Lineage(focus, direction, self.artifacts, self.activities, tuple(self._edges.values()))
