"""A tiny twin for the tests of the store."""

import numpy as np
import pyarrow as pa

from envirosense.core.episode import EpisodeSpec, EpisodeSummary
from envirosense.core.protocols import Sink
from envirosense.core.rng import stream
from envirosense.datasets import (
    TICK,
    Column,
    FrameLayout,
    Plan,
    frame_columns,
    split_planes,
    stream_schema,
)

LAYOUT = FrameLayout(4, 6)
READINGS = stream_schema(
    [TICK, Column("air_c", pa.float32(), "degC", "air temperature"), Column("ok", pa.bool_(), "", "valid")],
    {"rate": "1 Hz"},
)
THERMAL = stream_schema([TICK, *frame_columns(LAYOUT, "apparent temperature")])
EVENTS = stream_schema([Column("event_type", pa.string(), "", "what happened")])


def make_spec(
    index: int, *, n: int = 50, scenario: str = "fire/smoulder", group: str | None = None
) -> EpisodeSpec:
    return EpisodeSpec.parse(
        {
            "twin": "tiny",
            "scenario": scenario,
            "params": {"index": index},
            "site": {},
            "weather": {},
            "sensing": {},
            "grid": {"start_utc": "2020-01-01T00:00:00Z", "dt_s": 0.5, "n": n},
            "world_seed": index,
            "sensing_seed": index,
            "group": group or f"site-{index % 5}",
        }
    )


def make_plan(n_episodes: int = 6, *, n: int = 50, per_shard: int = 2, **changes: object) -> Plan:
    specs = [make_spec(i, n=n) for i in range(n_episodes)]
    splits = ["train" if i % 3 else "test" for i in range(n_episodes)]
    plan = Plan.build(
        name="tiny",
        twin="tiny",
        seed=7,
        episodes=list(zip(specs, splits, strict=True)),
        settings={"scenarios": ["fire/*"]},
        code_version="0",
    )
    return plan.model_copy(update={"episodes_per_shard": per_shard, **changes})


def simulate(spec: EpisodeSpec, out: Sink, *, block: int = 16) -> EpisodeSummary:
    rng = stream(spec.world_seed, "tiny")
    air_c = rng.normal(20, 1, spec.grid.n).astype(np.float32)
    frames = rng.integers(14_000, 16_000, (spec.grid.n, LAYOUT.height, LAYOUT.width), dtype=np.uint16)
    out.write(
        "events", pa.RecordBatch.from_pylist([{"event_type": "smoulder"}] * (spec.world_seed % 2), EVENTS)
    )
    for first in range(0, spec.grid.n, block):
        tick = np.arange(first, min(first + block, spec.grid.n))
        reading = pa.array(air_c[tick], mask=tick % 3 == 0)
        out.write(
            "readings", pa.record_batch([pa.array(tick), reading, pa.array(tick % 2 == 0)], schema=READINGS)
        )
        out.write("thermal", pa.record_batch([pa.array(tick), *split_planes(frames[tick])], schema=THERMAL))
    return EpisodeSummary(episode_id=spec.episode_id, facts={"mean_c": float(air_c.mean())})
