"""How many telemetry records a live pole makes: a minute at once, and tick by tick as in real time."""

import statistics
import time

import workload  # first: it sets the number of BLAS threads
from figures import Figure, print_table

from envirosense.pole.live import LivePole

TICKS = 600  # of every scenario
WARM_TICKS = 60


def measure(quick: bool = False) -> list[Figure]:
    """Records per core-second, and how much faster than the clock that is."""
    workload.use_one_core()
    figures = []
    for n_ticks, name in ((60, "a minute at a time"), (1, "tick by tick")):
        found = [_rates(index, n_ticks, TICKS // 2 if quick else TICKS) for index in range(3)]
        records, ticks = (statistics.median(column) for column in zip(*found, strict=True))
        note = f"JSON lines; {ticks:.0f} times real time at 1 Hz"
        figures.append(Figure(f"records per core-second, {name}", records, "1/s", note=note))
    return figures


def _rates(index: int, n_ticks: int, total: int) -> tuple[float, float]:
    """Records and ticks per second of processor time, each record as a line of JSON."""
    pole = LivePole(workload.specs(3)[index])
    pole.advance(WARM_TICKS)
    n_records, start_s = 0, time.process_time()
    for _ in range(total // n_ticks):
        n_records += sum(bool(record.model_dump_json()) for record in pole.advance(n_ticks))
    spent_s = time.process_time() - start_s
    return n_records / spent_s, (total // n_ticks * n_ticks) / spent_s


if __name__ == "__main__":
    print_table(measure())
