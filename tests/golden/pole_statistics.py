"""Summary statistics of one tiny episode per scenario; run as a script to write them anew.

A changed golden needs a line in CHANGELOG.md that says why. Digests are not kept: bits may differ
between platforms, statistics may not.
"""

import json
from pathlib import Path

import numpy as np

from envirosense.datasets.memory import MemorySink
from envirosense.factory.request import EpisodeRequest
from envirosense.pole.twin import PoleTwin

PATH = Path(__file__).with_name("pole.json")
STREAMS = (
    "readings",
    "emf",
    "acoustic",
    "vibration",
    "status",
    "truth",
    "components",
    "response",
    "labels",
    "observability",
)
CAUSES = ("labels", "observability")  # of the other scenarios: what they do differently
WHOLE = ("fire/cellulose_pyrolysis", "electrical/equipment_overheat", "normal/diurnal_cycle")
KEYS = {"episode_id", "time_utc", "tick", "event_id"}

type Statistics = dict[str, dict[str, float]]


def statistics(scenario: str) -> Statistics:
    """Mean and spread of every numeric column, and the number of rows and nulls; of most only the causes."""
    twin = PoleTwin()
    spec = twin.draw(
        scenario, EpisodeRequest(seed=2, index=4, n_groups=4, duration_s=1200.0, dt_s=10.0, n_scenarios=3)
    )
    sink = MemorySink(spec)
    twin.simulate(spec, sink)
    found: Statistics = {}
    for stream in STREAMS if scenario in WHOLE else CAUSES:
        table = sink.table(stream)
        for name in table.column_names:
            values = table[name].to_pandas()
            if name not in KEYS and values.dtype.kind in "fi" and values.notna().any():
                found[f"{stream}.{name}"] = summary(values.dropna().to_numpy(np.float64), values.isna().sum())
    for state, values in states(sink).items():
        found[f"states.{state}"] = summary(values, 0)
    if scenario in WHOLE:
        found["thermal.kelvin"] = summary(0.02 * sink.frames().astype(np.float64), 0)
    return found


def states(sink: MemorySink) -> dict[str, np.ndarray]:
    """Values of every state that a cause stores, by cause and name."""
    table = sink.table("states").to_pandas()
    return {
        f"{cause}.{name}": rows["value"].to_numpy(np.float64)
        for (cause, name), rows in table.groupby(["cause_id", "state"], sort=True)
    }


def summary(values: np.ndarray, nulls: int) -> dict[str, float]:
    """Rows, nulls, mean and standard deviation."""
    return {
        "rows": float(values.shape[0]),
        "nulls": float(nulls),
        "mean": float(values.mean()),
        "std": float(values.std()),
    }


if __name__ == "__main__":
    golden = {scenario: statistics(scenario) for scenario in PoleTwin().scenarios()}
    PATH.write_text(json.dumps(golden, indent=1, sort_keys=True) + "\n", encoding="utf-8")
