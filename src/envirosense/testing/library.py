"""Checks of a registered scenario in whole episodes of the pole: what a dataset will hold of it.

`check_episodes` runs them all on one draw; each can be called on its own. A check raises AssertionError.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from envirosense.core.episode import EpisodeSpec
from envirosense.datasets.hashing import content_hash
from envirosense.datasets.memory import MemorySink
from envirosense.factory.request import EpisodeRequest
from envirosense.pole.streams import stored_responses
from envirosense.pole.twin import PoleTwin
from envirosense.scenarios import EventLabels, Forcing
from envirosense.scenarios.definition import scenario_of
from envirosense.testing.event_labels import require
from envirosense.testing.event_tables import check_events, check_labels_fit_events, check_observability

type TwinOf = Callable[[int], PoleTwin]  # from the ticks of a block
type EventCourse = tuple[float, float, float]  # onset [s], time active [s], greatest severity

BLOCKS: Final = (7, 60)  # ticks
WHOLE: Final = 3600  # ticks; more than a short episode has
STEPS_S: Final = (5.0, 10.0)
# What halving the tick may change of an event that lasts: flicker decides when a course that creeps passes
# its threshold.
LASTING_S, ONSET_S, SEVERITY = 60.0, 60.0, 0.1  # measured over three draws of every scenario: 40 s and 0.07
CAUSES: Final = ("components", "events", "labels", "regimes", "response", "states", "strikes", "truth")
OTHER_SENSING: Final[Mapping[str, Mapping[str, Any]]] = {
    "without the camera and the gas array": {"without": ("thermal_camera", "voc_array")},
    "with the barometer alone": {"sensors": ("barometer",)},
    "with the sensors loading the battery": {"power_coupling": "on"},
    "at the rates of saving power": {"profile": "power_save", "frame_interval_s": None},
}
OLD: Final = {"changes": [{"set": {"age_days": 1500.0}}]}


def library_spec(
    scenario_id: str, index: int = 0, duration_s: float = 1200.0, dt_s: float = 10.0, **options: Any
) -> EpisodeSpec:
    """Spec of a short episode with a frame every ten seconds; a None takes an option away."""
    asked = {"frame_interval_s": 10.0} | options
    chosen = {name: value for name, value in asked.items() if value is not None}
    return PoleTwin().draw(scenario_id, EpisodeRequest(1, index, 4, duration_s, dt_s, chosen))


def run_episode(spec: EpisodeSpec, twin: PoleTwin | None = None) -> MemorySink:
    """Episode of a spec in memory."""
    sink = MemorySink(spec)
    (twin or PoleTwin()).simulate(spec, sink)
    return sink


def stream_hashes(episode: MemorySink, streams: Iterable[str] | None = None) -> dict[str, str]:
    """Content hash by stream, without the episode's id, which follows from the spec."""
    names = episode.streams if streams is None else streams
    return {name: content_hash(episode.table(name).drop_columns(["episode_id"])) for name in names}


def check_episodes(scenario_id: str, index: int = 0, twin_of: TwinOf = PoleTwin) -> None:
    """Run every check on a short episode of a registered scenario.

    Args:
        scenario_id: Id of the scenario.
        index: Number of the draw.
        twin_of: Twin that simulates in blocks of so many ticks.

    Raises:
        AssertionError: naming the scenario, what is wrong and what to do.
    """
    episode = run_episode(library_spec(scenario_id, index), twin_of(WHOLE))
    check_same_bits(episode, twin_of)
    check_made_again(episode, twin_of)
    check_sensing(episode, index, twin_of)
    check_events(episode)
    check_labels_fit_events(episode)
    check_observability(episode)
    check_steps(scenario_id, index, twin_of)


def check_same_bits(episode: MemorySink, twin_of: TwinOf = PoleTwin, blocks: Iterable[int] = BLOCKS) -> None:
    """The same spec gives the same streams, once more and in blocks of any size."""
    spec, first = episode.spec, stream_hashes(episode)
    for block in (WHOLE, *blocks):
        again = stream_hashes(run_episode(spec, twin_of(block)))
        _require_same(first, again, f"{spec.scenario} in blocks of {block} ticks")


def check_made_again(episode: MemorySink, twin_of: TwinOf = PoleTwin) -> None:
    """Labels and events made again from the stored truth are the stored ones."""
    spec = episode.spec
    stored = episode.table("labels").drop_columns(["episode_id", "time_utc"])
    require(
        twin_of(WHOLE).relabel(episode).equals(stored),
        f"{spec.scenario}: labels made again from the stored truth are others; read `response` alone",
    )
    scenario, rows = scenario_of(spec), episode.table("events").to_pylist()
    responses = stored_responses(episode, scenario.n_causes)
    again = scenario.all_labels((Forcing(),) * scenario.n_causes, responses, spec.grid).events
    require(len(again) == len(rows), f"{spec.scenario}: {len(rows)} events, {len(again)} made again")
    for row, event in zip(rows, again, strict=True):
        made = _row_of(event, spec)
        others = {name: (row[name], value) for name, value in made.items() if row[name] != value}
        require(not others, f"{spec.scenario}: event {row['event_id']} made again differs in {others}")


def _row_of(event: EventLabels, spec: EpisodeSpec) -> dict[str, Any]:
    """What the events table says of an event, but for its place."""
    return {
        "event_type": event.event_type.value,
        "event_subtype": event.event_subtype.value,
        "component": event.component,
        "level": int(event.level[event.active].max()),
        "onset_s": event.onset_s(spec.grid),
        "peak_s": event.peak_s(spec.grid),
        "clearance_s": event.clearance_s(spec.grid),
        "ignition_s": event.ignition_s(spec.grid),
        "source_strength": event.source_strength,
        "source_strength_unit": event.source_strength_unit,
        "parent_event_id": event.parent,
        "time_scale": event.time_scale,
    }


def check_sensing(episode: MemorySink, index: int = 0, twin_of: TwinOf = PoleTwin) -> None:
    """Events, labels and the world's truth are the same whatever senses them."""
    spec, first = episode.spec, stream_hashes(episode, CAUSES)
    drawn = {"duration_s": spec.grid.duration_s, "dt_s": spec.grid.dt_s}
    others = {
        how: library_spec(spec.scenario, index, **drawn, **options) for how, options in OTHER_SENSING.items()
    }
    others["of another sensing seed"] = spec.model_copy(update={"sensing_seed": spec.sensing_seed + 1})
    others["of an old device"] = PoleTwin().resensed(spec, OLD)
    for how, other in others.items():
        what = f"{spec.scenario} {how}"
        require(other.fingerprint != spec.fingerprint, f"{what}: the sensing is the same")
        require(other.world_fingerprint == spec.world_fingerprint, f"{what}: the world drawn is another")
        _require_same(first, stream_hashes(run_episode(other, twin_of(WHOLE)), CAUSES), what)


def _require_same(first: Mapping[str, str], again: Mapping[str, str], what: str) -> None:
    names = sorted(name for name in {*first, *again} if first.get(name) != again.get(name))
    require(not names, f"{what}: the streams {names} differ")


def check_steps(scenario_id: str, index: int = 0, twin_of: TwinOf = PoleTwin) -> None:
    """Events that last begin together and grow as severe whether a tick is 5 or 10 s."""
    short, long = (
        _event_courses(
            run_episode(library_spec(scenario_id, index, dt_s=dt_s, sensors=()), twin_of(WHOLE)), dt_s
        )
        for dt_s in STEPS_S
    )
    for name in sorted({*short, *long}):
        where = f"{scenario_id}, {name} at ticks of {STEPS_S[0]:g} and {STEPS_S[1]:g} s"
        if name not in short or name not in long:
            lasts_s = (short.get(name) or long[name])[1]
            require(lasts_s < LASTING_S, f"{where}: lasts {lasts_s} s at one and is missing at the other")
            continue
        onsets, _, severities = zip(short[name], long[name], strict=True)
        require(abs(onsets[0] - onsets[1]) <= ONSET_S, f"{where}: begins at {onsets} s")
        require(abs(severities[0] - severities[1]) <= SEVERITY, f"{where}: severities of {severities}")


def _event_courses(episode: MemorySink, dt_s: float) -> dict[str, EventCourse]:
    """Onset, time active and greatest severity of each event, by what and where it is."""
    found: dict[str, EventCourse] = {}
    labels = episode.table("labels")
    owner, severity = labels["event_id"].to_numpy(), labels["severity"].to_numpy()
    for row in episode.table("events").to_pylist():
        mine = owner == row["event_id"]
        what = f"{row['event_subtype']} at {row['component']}"
        n_before = sum(name.startswith(f"{what}, ") for name in found)
        course = row["onset_s"], float(mine.sum() * dt_s), float(severity[mine].max())
        found[f"{what}, number {n_before}"] = course
    return found
