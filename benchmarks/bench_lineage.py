"""Lineage: questions about a million collected samples, upstream and downstream.

Run: `python benchmarks/bench_lineage.py [ROWS]`. Gate (printed, never asserted): < 200 ms wall time for each
question about one record, event, episode or site; on a busy machine look at the processor time beside it.
"""

import os
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pyarrow as pa

from envirosense.core.rng import stream
from envirosense.factory.collection import LINEAGE_SCHEMA, query_lineage, write_lineage
from envirosense.factory.collection.lineage_file import LINEAGE, RELATIONSHIP, TRAINING_DATA

ROWS = 1_000_000
CYCLES = 4
SITES, EPISODES = 200, 4_000  # in all; 250 records an episode, 20 episodes a site
EVENTS = 5_000  # an id is met at several sites, as the names of planted things are
ROUNDS = 7
GATE_MS = 200.0


def table(cycle: int, rows: int, known: pa.Array) -> pa.Table:
    """Lineage of a cycle; every tenth record was made of one that came before."""
    rng = stream(7, "bench", "lineage", cycle)
    ids = pa.array([data.tobytes().hex() for data in rng.integers(0, 256, (rows, 8), dtype=np.uint8)])
    episode = rng.integers(0, EPISODES, rows)
    parents = known if len(known) else ids
    made_of = np.flatnonzero(rng.random(rows) < 0.1)
    offsets = np.concatenate([[0], np.cumsum(np.isin(np.arange(rows), made_of))]).astype(np.int32)
    links = pa.StructArray.from_arrays(
        [
            parents.take(rng.integers(0, len(parents), made_of.size)),
            pa.array(["derived_from"] * made_of.size),
        ],
        fields=list(RELATIONSHIP),
    )
    steps = pa.array(["detector@3", "windows@1", "filter:point@0123456789ab"])
    columns = {
        "data_id": ids,
        "data_type": pa.array(np.where(rng.random(rows) < 0.5, "point_a", "point_b")),
        "source_cycle": pa.array(np.full(rows, cycle), pa.int32()),
        "source_site_id": pa.array([f"site-{one:04d}" for one in episode % SITES]),
        "source_episode_id": pa.array([f"{one * 2_654_435_761 % 2**32:016x}" for one in episode]),
        "source_test_id": pa.array([""] * rows),
        "event_id": pa.array([f"event-{one:04d}" for one in rng.integers(0, EVENTS, rows)]),
        "transformations": pa.ListArray.from_arrays(
            np.arange(0, 3 * rows + 1, 3, dtype=np.int32), steps.take(np.tile(np.arange(3), rows))
        ),
        "relationships": pa.ListArray.from_arrays(offsets, links),
        "metadata": pa.array(['{"origin": "simulated"}'] * rows),
    }
    return pa.table(columns).cast(LINEAGE_SCHEMA)


def main() -> None:
    """Print one line a question."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as folder:
        known = pa.array([], pa.string())
        for cycle in range(CYCLES):
            made = table(cycle, rows // CYCLES, known)
            write_lineage(Path(folder) / TRAINING_DATA / f"cycle_{cycle}" / LINEAGE, made)
            known = pa.concat_arrays([known, made["data_id"].combine_chunks()])
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.parquet"))
        print(f"{rows} records in {CYCLES} cycles, {size / 1e6:.1f} MB; load {os.getloadavg()[0]:.1f}")
        one = known[rows // 3].as_py()
        made_of_one = made["relationships"].combine_chunks().flatten().field("target_data_id")[0].as_py()
        ask = partial(query_lineage, folder)
        questions = {
            "upstream of a record": partial(ask, data_id=one),
            "upstream of a record, cycle known": partial(ask, data_id=one, cycle=1),
            "made of a record": partial(ask, derived_from=made_of_one),
            "downstream of an event": partial(ask, event="event-0042"),
            "downstream of an episode": partial(ask, source=f"{17 * 2_654_435_761 % 2**32:016x}"),
            "downstream of a site": partial(ask, source="site-0017"),
            "an event at a site in a cycle": partial(ask, event="event-0042", source="site-0017", cycle=3),
            "a whole cycle (no gate)": partial(ask, cycle=2),
        }
        for name, question in questions.items():
            wall_ms, processor_ms = [], []
            for _ in range(ROUNDS):
                start, used = time.perf_counter(), time.process_time()
                found = question()
                wall_ms.append(1e3 * (time.perf_counter() - start))
                processor_ms.append(1e3 * (time.process_time() - used))
            wall, processor = statistics.median(wall_ms), statistics.median(processor_ms)
            verdict = "" if "no gate" in name else "  pass" if wall < GATE_MS else "  MISS"
            print(
                f"{name:36s} {wall:6.1f} ms wall, {processor:6.1f} processor, {found.num_rows} rows{verdict}"
            )


if __name__ == "__main__":
    main()
