"""Smart homes: homes and events a second on one core and on two, bytes an event, memory.

Fifty homes of the usual mix for ninety days are the size that is asked for; `quick` makes eight homes of
thirty days. The baseline of storing is a loop that makes a dict of every event and hands them to pandas.
"""

import statistics
import time
from pathlib import Path

import workload
from figures import Figure, load, print_table
from peak_memory import peak_bytes

from envirosense.datasets.dataset import Dataset
from envirosense.datasets.memory import MemorySink
from envirosense.factory import GenerationRequest, generate
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.request import EpisodeRequest
from envirosense.home.twin import HomeTwin

HOMES, DAYS = 50, 90
QUICK_HOMES, QUICK_DAYS = 8, 30
DICT_ROWS = 100_000


def measure(quick: bool = False) -> list[Figure]:
    """Figures of whole runs to Parquet, manifest and checksums included."""
    homes, days = (QUICK_HOMES, QUICK_DAYS) if quick else (HOMES, DAYS)
    workload.use_one_core()
    with workload.scratch() as folder:
        generate(_request(2, 7), folder / "warm", workers=1, executor=InlineExecutor())
        began_s, began_cpu_s = time.perf_counter(), time.process_time()
        made = generate(_request(homes, days), folder / "one", workers=1, executor=InlineExecutor())
        one_s, cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
        peak_gb = peak_bytes() / 1e9
        began_s = time.perf_counter()
        generate(_request(homes, days), folder / "two", workers=2)
        two_s = time.perf_counter() - began_s
        events, n_bytes = _size(made)
        ours_s, dicts_s = _storing(folder)
    share = homes * days / (HOMES * DAYS)
    note = f"{homes} homes x {days} days, load {load():.2f}"
    return [
        Figure("50 homes x 90 days to Parquet, one core", one_s / share, "s", 60.0, True, note),
        Figure("50 homes x 90 days to Parquet, two workers", two_s / share, "s", 35.0, True, note),
        Figure("causal events to Parquet, one core", events / cpu_s, "1/s", 250e3, note=f"{events} events"),
        Figure("  homes of 90 days", share * HOMES / one_s, "1/s"),
        Figure("  bytes an event", n_bytes / events, "B"),
        Figure("  events of a home and day", events / homes / days, "1"),
        Figure("  memory, most", peak_gb, "GB", 2.0, True),
        Figure("  storing: dicts and pandas over ours", dicts_s / ours_s, "x", note=f"{DICT_ROWS} events"),
    ]


def _request(homes: int, days: int) -> GenerationRequest:
    return GenerationRequest.parse({
        "twin": "home", "scenarios": ["home/standard"], "episodes": homes, "n_groups": homes,
        "duration_s": 86_400.0 * days, "dt_s": 900.0, "seed": 1,
    })  # fmt: skip


def _size(made: Dataset) -> tuple[int, int]:
    """Events, and bytes of the stream that holds them."""
    stream = made.manifest.streams["ha_events"]
    return stream.rows, stream.bytes


def _storing(folder: Path) -> tuple[float, float]:
    """Seconds for storing the same events: as columns, and as a dict each through pandas."""
    import pandas as pd
    import pyarrow.parquet as pq

    request = EpisodeRequest(1, 0, 1, 86_400.0 * 30, 900.0)
    sink = MemorySink(HomeTwin().draw("home/standard", request))
    HomeTwin().simulate(sink.spec, sink)
    table = sink.table("ha_events").slice(0, DICT_ROWS)
    ours, theirs = [], []
    columns = {name: table[name].to_pylist() for name in table.column_names}
    for _ in range(3):
        began_s = time.process_time()
        pq.write_table(table, folder / "ours.parquet")
        ours.append(time.process_time() - began_s)
        began_s = time.process_time()
        rows = [{name: values[i] for name, values in columns.items()} for i in range(table.num_rows)]
        pd.DataFrame(rows).to_parquet(folder / "theirs.parquet")
        theirs.append(time.process_time() - began_s)
    return statistics.median(ours), statistics.median(theirs)


if __name__ == "__main__":
    print_table(measure())
