"""A twin whose rows hold whatever a format might lose."""

import numpy as np
import pyarrow as pa

from envirosense.core.episode import EpisodeSpec, EpisodeSummary
from envirosense.core.errors import EpisodeError
from envirosense.core.protocols import Sink
from envirosense.core.rng import stream
from envirosense.datasets import TICK, Column, FrameLayout, Plan, frame_columns, split_planes, stream_schema

LAYOUT = FrameLayout(4, 6)
TEXTS = [
    "a,b",
    'say "no"',
    "two\nlines",
    "\r\n",
    "",
    None,
    "Grüße 火 🔥",
    "NaN",
    "null",
    " ",
    "\\n",
    "'",
    "1,5",
]
ODD_NAN = np.array([0xFFF8000000000000], np.uint64).view(np.float64)[0]
DOUBLES = [
    0.1,
    None,
    np.nan,
    -0.0,
    0.0,
    ODD_NAN,
    np.inf,
    -np.inf,
    5e-324,
    1.7976931348623157e308,
    1e22,
    2.0,
    1 / 3,
]
SINGLES = [0.1, None, np.nan, -0.0, 16777216.0, 1e-45, 3.4028235e38, np.inf, -1.0, 1 / 3, 2.0**-126, 7.0, 0.3]
LIMITS = {
    "int8": (-128, 127),
    "uint8": (0, 255),
    "uint16": (0, 65535),
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint64": (0, 2**63 - 1),
}
N = len(TEXTS)

VALUES = stream_schema(
    [
        TICK,
        Column("text, with comma", pa.string(), "", "texts that a format has to quote"),
        Column("x64", pa.float64(), "m", "doubles", metadata={"extra": "kept"}),
        Column("x32", pa.float32(), "K", "singles"),
        *(Column(name, pa.type_for_alias(name), "1", "extremes") for name in LIMITS),
        Column("flag", pa.bool_(), "", "yes, no, unknown"),
        Column("at_utc", pa.timestamp("us", "UTC"), "", "a time before 1970 among them"),
        Column("blob", pa.binary(), "", "bytes of any length"),
        Column("even", pa.binary(), "", "bytes that happen to be of one length"),
        Column("plane", pa.binary(3), "", "bytes of one length, null among them"),
        Column("numbers", pa.list_(pa.float32()), "1", "lists of floats"),
        Column("words", pa.list_(pa.string()), "", "lists of texts"),
        Column("nothing", pa.null(), "", "never known"),
    ],
    {"role": "reading", "description": 'comma, "quote"'},
)
THERMAL = stream_schema([TICK, *frame_columns(LAYOUT, "picture"), Column("gain", pa.uint8(), "1", "gain")])
EVENTS = stream_schema([Column("event_type", pa.string(), "", "what happened")], {"role": "event"})
SELDOM = stream_schema([Column("note", pa.string(), "", "written by the first episode only")])


def make_plan(n_episodes: int = 5, per_shard: int = 2) -> Plan:
    specs = [_spec(i) for i in range(n_episodes)]
    return Plan.build(
        name="awkward",
        twin="awkward",
        seed=7,
        episodes=[(spec, "train" if i % 3 else "test") for i, spec in enumerate(specs)],
        settings={"scenarios": ["fire/*"]},
        code_version="0",
    ).model_copy(update={"episodes_per_shard": per_shard})


def _spec(index: int) -> EpisodeSpec:
    return EpisodeSpec.parse(
        {
            "twin": "awkward",
            "scenario": "fire/smoulder" if index % 2 else "normal/day",
            "params": {"index": index, "nested": {"share": 0.1, "list": [1, 2.5, "é"]}},
            "site": {},
            "weather": {},
            "sensing": {},
            "grid": {"start_utc": "2020-01-01T00:00:00Z", "dt_s": 0.1, "n": 2 * N},
            "world_seed": index,
            "sensing_seed": index,
            "group": f"site-{index}",
            "importance_weight": 0.1 + index,
        }
    )


def simulate(spec: EpisodeSpec, out: Sink) -> EpisodeSummary:
    """Episode 3 fails; every second one has no event; rows of later episodes are rotated."""
    index = spec.world_seed
    if index == 3:
        raise EpisodeError("planned to fail")
    rng = stream(spec.world_seed, "awkward")
    for first in (0, N):
        tick = np.arange(first, first + N)
        out.write("values", _values(tick, index))
        frames = rng.integers(0, 65536, (N, LAYOUT.height, LAYOUT.width), dtype=np.uint16)
        rows = [pa.array(tick), *split_planes(frames), pa.array(tick % 2, pa.uint8())]
        out.write("thermal", pa.record_batch(rows, schema=THERMAL))
    out.write("events", pa.RecordBatch.from_pylist([{"event_type": "smoulder"}] * (index % 2), EVENTS))
    if index == 0:
        out.write("seldom", pa.RecordBatch.from_pylist([{"note": "here"}], SELDOM))
    return EpisodeSummary(episode_id=spec.episode_id, facts={"share": 1 / 3, "odd": "ü"})


def _values(tick: np.ndarray, index: int) -> pa.RecordBatch:
    def turned(values: list) -> list:
        return values[index:] + values[:index]

    def cycle(*values: object) -> list:
        return turned([values[at % len(values)] for at in range(N)])

    columns = {
        "tick": pa.array(tick),
        "text, with comma": pa.array(turned(TEXTS)),
        "x64": pa.array(turned(DOUBLES), pa.float64()),
        "x32": pa.array(turned(SINGLES), pa.float32()),
        **{name: pa.array(cycle(*ends, None, 1), pa.type_for_alias(name)) for name, ends in LIMITS.items()},
        "flag": pa.array(cycle(True, None, False), pa.bool_()),
        "at_utc": pa.array(cycle(-1, None, 1_600_000_000_123_456), pa.timestamp("us", "UTC")),
        "blob": pa.array(cycle(b"\0\xff,\n", b"", None), pa.binary()),
        "even": pa.array([bytes([at]) * 3 for at in range(N)], pa.binary()),
        "plane": pa.array(cycle(b"\0\0\0", b"ab\n", None), pa.binary(3)),
        "numbers": pa.array(cycle([0.1, None, np.nan], [], None, [-0.0, np.inf]), pa.list_(pa.float32())),
        "words": pa.array(cycle(["a,b", None], [], None, ['"', "\n", ""]), pa.list_(pa.string())),
        "nothing": pa.nulls(N),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in VALUES.names], schema=VALUES)
