"""A twin small enough to read in one sitting, and the contract every twin must keep.

`CoinTwin` has two scenarios: in `toss/heads` a level rises after a cause, in `normal/tails` it
never does. Two scalar channels and a small camera see the level through noise.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.core.episode import EpisodeSpec, EpisodeSummary
from envirosense.core.errors import EpisodeError, UnknownNameError
from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Cost, DrawRequest, EpisodeReader, Sink
from envirosense.core.rng import derived_seed, stream
from envirosense.datasets.frames import FrameLayout, frame_columns, split_planes
from envirosense.datasets.schema import TICK, Column, stream_schema

type Floats = npt.NDArray[np.float64]

_LAYOUT: Final = FrameLayout(height=6, width=8, scale=0.01)
_START: Final = datetime(1990, 7, 1, tzinfo=UTC)
_RISE_S: Final = 120.0
_IGNITION_LEVEL: Final = 8.0
_NOISE: Final = 0.5
_DETECTABLE_LEVEL: Final = 3 * _NOISE

_EVENT = Column("event_id", pa.int32(), "1", "event within the episode", nullable=False)

SCHEMAS: Final[Mapping[str, pa.Schema]] = {
    "readings": stream_schema(
        (
            TICK,
            Column("near", pa.float32(), "V", "level at the near probe"),
            Column("far", pa.float32(), "V", "a third of the level, every fifth tick"),
        ),
        {"role": "reading"},
    ),
    "images": stream_schema(
        (
            TICK,
            *frame_columns(_LAYOUT, "small camera"),
        ),
        {"role": "frames"},
    ),
    "truth": stream_schema((TICK, Column("level", pa.float64(), "V", "true level")), {"role": "truth"}),
    "labels": stream_schema(
        (
            TICK,
            _EVENT,
            Column("event_type", pa.string(), "", "class of the cause"),
            Column("stage", pa.string(), "", "rising or settled"),
            Column("severity", pa.float32(), "1", "level over the ignition level, 0..1"),
            Column("level", pa.int8(), "1", "1..5"),
            Column("progress", pa.float32(), "1", "share of the rise that is over"),
            Column("time_to_ignition_s", pa.float64(), "s", "null while censored"),
        ),
        {"role": "label"},
    ),
    "events": stream_schema(
        (
            _EVENT,
            Column("event_type", pa.string(), "", "class of the cause"),
            Column("category", pa.string(), "", "first part of the scenario id"),
            Column("onset_s", pa.float64(), "s", "cause begins"),
            Column("clearance_s", pa.float64(), "s", "null while not over"),
            Column("ignition_s", pa.float64(), "s", "level passes the ignition level; null if never"),
            Column("ignition_observed", pa.bool_(), "", "whether it did"),
        ),
        {"role": "event"},
    ),
    "observability": stream_schema(
        (
            _EVENT,
            Column("sensor_id", pa.string(), "", "probe"),
            Column("max_snr", pa.float64(), "1", "greatest level over noise"),
            Column("detectable", pa.bool_(), "", "ever above three sigma"),
            Column("first_detectable_s", pa.float64(), "s", "null if never"),
        ),
        {"role": "observability"},
    ),
}


def _level(spec: EpisodeSpec) -> Floats:
    """True level over the episode, (time,) [V]."""
    if spec.scenario != "toss/heads":
        return np.zeros(spec.grid.n)
    since_s = spec.grid.t_s - float(str(spec.params["onset_s"]))
    height = float(str(spec.params["height"]))
    return np.where(since_s > 0, height * -np.expm1(-np.maximum(since_s, 0) / _RISE_S), 0.0)


class CoinTwin:
    """Deterministic fake twin.

    Options: `fail` (list of episode indices that raise), `sensing` (`{"noise": V}`), and
    `block_ticks` is fixed at 600.
    """

    name = "coin"

    def scenarios(self) -> tuple[str, ...]:
        """The two ids, sorted."""
        return ("normal/tails", "toss/heads")

    def draw(self, scenario: str, request: DrawRequest) -> EpisodeSpec:
        """Spec of episode `request.index`; groups hold every scenario."""
        if scenario not in self.scenarios():
            raise UnknownNameError("scenario", scenario, self.scenarios())
        rng = stream(request.seed, self.name, request.index, "params")
        group = stream(request.seed, self.name, request.index // 2, "group").integers(request.n_groups)
        params: dict[str, Any] = {}
        if scenario == "toss/heads":
            seen = rng.uniform() < 0.85
            params = {
                "onset_s": round(rng.uniform(0.3, 0.6) * request.duration_s, 1),
                "height": round(rng.uniform(5, 15) if seen else rng.uniform(0.05, 0.2), 3),
            }
        fail = request.options.get("fail", ())
        if isinstance(fail, list | tuple) and request.index in fail:
            params["fail"] = True
        sensing = request.options.get("sensing") or {"noise": _NOISE}
        return EpisodeSpec(
            twin=self.name,
            scenario=scenario,
            params=params,
            site={},
            weather={},
            sensing=dict(sensing) if isinstance(sensing, Mapping) else {},
            grid=TimeGrid(
                start_utc=_START + timedelta(days=request.index),
                dt_s=request.dt_s,
                n=max(round(request.duration_s / request.dt_s), 1),
            ),
            world_seed=derived_seed(request.seed, self.name, request.index, "world"),
            sensing_seed=derived_seed(request.seed, self.name, request.index, "sensing"),
            group=f"site-{group:03d}",
        )

    def simulate(self, spec: EpisodeSpec, out: Sink) -> EpisodeSummary:
        """Write all streams in blocks of 600 ticks.

        Raises:
            EpisodeError: if the spec was told to fail.
        """
        level = _level(spec)
        noise = stream(spec.sensing_seed, self.name, "probes")
        pixels = stream(spec.sensing_seed, self.name, "camera")
        for start in range(0, spec.grid.n, 600):
            tick = np.arange(start, min(start + 600, spec.grid.n))
            out.write("readings", _readings(tick, level[tick], _noise(spec), noise))
            out.write("images", _images(tick, level[tick], pixels))
            out.write("truth", _batch("truth", tick=tick, level=level[tick]))
            if spec.params.get("fail") and start + 600 >= spec.grid.n:
                raise EpisodeError(f"{spec.scenario}: the coin landed on its edge")
        if spec.scenario == "toss/heads":
            for name, rows in _about_event(spec, level).items():
                out.write(name, rows)
        else:
            for name in ("labels", "events", "observability"):
                out.write(name, pa.RecordBatch.from_pylist([], schema=SCHEMAS[name]))
        return EpisodeSummary(episode_id=spec.episode_id, facts={"max_level": float(level.max())})

    def relabel(self, episode: EpisodeReader) -> pa.Table:
        """Labels from the stored truth alone."""
        spec, level = episode.spec, episode.table("truth")["level"].to_numpy()
        if spec.scenario != "toss/heads":
            return SCHEMAS["labels"].empty_table()
        return pa.Table.from_batches([_about_event(spec, level)["labels"]])

    def cost_per_hour(self, options: Mapping[str, object], dt_s: float) -> Cost:
        """Measured at one tick a second."""
        return Cost(n_bytes=400_000 / dt_s, seconds=0.02 / dt_s)

    def describe(self) -> Mapping[str, object]:
        """Facts for the card and for estimates."""
        return {
            "title": "Coin twin",
            "streams": tuple(SCHEMAS),
            "versions": {"coin": "1"},
        }


def _noise(spec: EpisodeSpec) -> float:
    return float(str(spec.sensing.get("noise", _NOISE)))


def _batch(name: str, **columns: object) -> pa.RecordBatch:
    schema = SCHEMAS[name]
    arrays = [
        column if isinstance(column := columns[field.name], pa.Array) else pa.array(column, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _readings(
    tick: npt.NDArray[np.int64], level: Floats, noise: float, rng: np.random.Generator
) -> pa.RecordBatch:
    drawn = rng.normal(0.0, noise, (tick.size, 2))
    far = pa.array(level / 3 + drawn[:, 1], pa.float32(), mask=tick % 5 != 0)
    return _batch("readings", tick=tick, near=(level + drawn[:, 0]).astype(np.float32), far=far)


def _images(tick: npt.NDArray[np.int64], level: Floats, rng: np.random.Generator) -> pa.RecordBatch:
    kelvin = rng.normal(300.0, 0.1, (tick.size, _LAYOUT.height, _LAYOUT.width))
    kelvin[:, 2, 3] += level
    low, high = split_planes(np.rint(kelvin / _LAYOUT.scale).astype(np.uint16))
    return _batch("images", tick=tick, frame_lo=low, frame_hi=high)


def _about_event(spec: EpisodeSpec, level: Floats) -> dict[str, pa.RecordBatch]:
    """Labels, the event and its observability; they follow the level, never a reading."""
    active = np.flatnonzero(level > 0)
    if not active.size:
        return {
            name: _batch(name, **{f.name: [] for f in SCHEMAS[name]}) for name in SCHEMAS if name in _ABOUT
        }
    t_s, height = spec.grid.t_s, float(str(spec.params["height"]))
    severity = np.minimum(level[active] / _IGNITION_LEVEL, 1.0)
    lit, seen = np.flatnonzero(level > _IGNITION_LEVEL), np.flatnonzero(level > _DETECTABLE_LEVEL)
    ignition_s = float(t_s[lit[0]]) if lit.size else None
    left_s = np.full(active.size, np.nan) if ignition_s is None else ignition_s - t_s[active]
    none = np.isnan(left_s) | (left_s < 0)
    return {
        "labels": _batch(
            "labels",
            tick=active,
            event_id=np.zeros(active.size, np.int32),
            event_type=["heads"] * active.size,
            stage=np.where(level[active] < 0.95 * height, "rising", "settled").tolist(),
            severity=severity.astype(np.float32),
            level=np.minimum(severity * 5 + 1, 5).astype(np.int8),
            progress=np.minimum(level[active] / height, 1.0).astype(np.float32),
            time_to_ignition_s=pa.array(left_s, pa.float64(), mask=none),
        ),
        "events": _batch(
            "events",
            event_id=[0],
            event_type=["heads"],
            category=["toss"],
            onset_s=[float(t_s[active[0]])],
            clearance_s=[None],
            ignition_s=[ignition_s],
            ignition_observed=[ignition_s is not None],
        ),
        "observability": _batch(
            "observability",
            event_id=[0],
            sensor_id=["near"],
            max_snr=[float(level.max()) / _NOISE],
            detectable=[bool(seen.size)],
            first_detectable_s=[float(t_s[seen[0]]) if seen.size else None],
        ),
    }


_ABOUT: Final = ("labels", "events", "observability")
