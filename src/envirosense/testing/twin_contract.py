"""The contract every twin must keep."""

from typing import Final

import pyarrow as pa

from envirosense.core.episode import EpisodeSpec
from envirosense.core.protocols import Twin
from envirosense.datasets.memory import MemorySink
from envirosense.factory.request import EpisodeRequest

_CAUSE_STREAMS: Final = ("labels", "events", "truth")


def check_twin(
    twin: Twin, scenario: str, *, duration_s: float = 600.0, dt_s: float = 1.0, seed: int = 1
) -> None:
    """Fail if the twin breaks its contract on short episodes of a scenario.

    Raises:
        AssertionError: saying what broke.
    """
    request = EpisodeRequest(seed, 0, 4, duration_s, dt_s, {})
    assert list(twin.scenarios()) == sorted(twin.scenarios()), "scenario ids must be sorted"
    assert all(name.count("/") == 1 for name in twin.scenarios()), "scenario ids are category/name"
    spec = twin.draw(scenario, request)
    assert spec == twin.draw(scenario, request), "the same request must give the same spec"
    assert spec == EpisodeSpec.model_validate_json(spec.model_dump_json()), "a spec must survive JSON"
    assert spec.scenario == scenario, "the spec must name the scenario it was drawn for"
    assert spec.grid.duration_s == duration_s, "the spec must have the duration asked for"
    episode = _run(twin, spec)
    _check_same(episode, _run(twin, spec), episode.streams, "same spec, same rows")
    _check_columns(episode)
    _check_roles(episode)
    assert twin.relabel(episode).equals(_without_keys(episode, "labels")), (
        "relabel must give the stored labels"
    )
    other = spec.model_copy(update={"sensing_seed": spec.sensing_seed + 1})
    causes = [name for name in _CAUSE_STREAMS if name in episode.streams]
    _check_same(episode, _run(twin, other), causes, "truth, events and labels must not depend on sensing")


def _run(twin: Twin, spec: EpisodeSpec) -> MemorySink:
    sink = MemorySink(spec)
    summary = twin.simulate(spec, sink)
    assert summary.episode_id == spec.episode_id, "the summary must name its episode"
    assert summary.outcome == "ok", f"the episode failed: {summary.reason}"
    return sink


def _without_keys(episode: MemorySink, stream: str) -> pa.Table:
    table = episode.table(stream)
    return table.drop_columns([name for name in ("episode_id", "time_utc") if name in table.schema.names])


def _check_same(first: MemorySink, second: MemorySink, streams: object, rule: str) -> None:
    names = [str(name) for name in streams] if isinstance(streams, list | tuple) else []
    for name in names:
        same = _without_keys(first, name).equals(_without_keys(second, name))
        assert same, f"stream {name!r} differs: {rule}"


def _check_columns(episode: MemorySink) -> None:
    for stream in episode.streams:
        for field in episode.table(stream).schema:
            facts = field.metadata or {}
            assert b"unit" in facts, f"{stream}.{field.name} has no unit"
            assert b"description" in facts, f"{stream}.{field.name} has no description"


def _check_roles(episode: MemorySink) -> None:
    roles = {name: (episode.table(name).schema.metadata or {}).get(b"role", b"") for name in episode.streams}
    assert all(roles.values()), (
        f"streams without a role: {sorted(n for n, role in roles.items() if not role)}"
    )
    readable = {name for name, role in roles.items() if role in (b"reading", b"frames")}
    assert readable, "no stream has the role reading or frames"
    assert not readable & {*_CAUSE_STREAMS, "observability"}, "causes must not be readable by a detector"
