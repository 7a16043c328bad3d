"""How near simulated homes are to published real ones: `python benchmarks/home_statistics.py [homes [days]]`.

Prints the table of docs/homes.md, which says where the ranges come from. An event is a sensor that goes on.
"""

import sys
from collections.abc import Callable

import numpy as np

from envirosense.factory.request import EpisodeRequest
from envirosense.home.history import HomeHistory
from envirosense.home.log import EventKind
from envirosense.home.patterns import stream_statistics as statistics
from envirosense.home.twin import HomeTwin, history_of

RANGES = {
    "activations a day": (52.0, 1114.0),
    "burstiness": (0.59, 0.88),
    "variation of gaps": (3.9, 16.0),
    "Fano factor of daily counts": (11.0, 630.0),
    "entropy of the hour [bit]": (3.56, 4.39),
    "what a sensor tells of the next one [bit]": (0.9, 2.2),
    "chi-square of the hours of lights": (1000.0, np.inf),
}
LEAST_SENSORS, MOST_PEOPLE = 14, 2  # of the published homes


def figures(history: HomeHistory) -> list[float]:
    """The statistics of one home, in the order of `RANGES`."""
    t_us, sensor = statistics.activations(history.log, history.home)
    return [
        t_us.size / history.n_days,
        statistics.burstiness(t_us),
        statistics.gap_cv(t_us),
        statistics.daily_fano(t_us, history.n_days),
        statistics.hour_entropy_bits(t_us),
        statistics.successive_information_bits(sensor),
        statistics.hour_chi_square(_lights_us(history)),
    ]


def _lights_us(history: HomeHistory) -> np.ndarray:
    log, home = history.log, history.home
    is_light = np.array([one.domain == "light" for one in home.entities])
    return log.t_us[(log.kind == EventKind.STATE_CHANGED) & (log.code >= 0) & is_light[log.entity]]


def main(homes: int, days: int) -> None:
    """Print least, median and most of each statistic, and how many homes lie in the range."""
    twin, rows, alike, alone, wired = HomeTwin(), [], [], [], []
    for number in range(homes):
        history = history_of(
            twin.draw("home/standard", EpisodeRequest(1, number, homes, days * 86_400.0, 900.0))
        )
        active = np.unique(statistics.activations(history.log, history.home)[1])
        n_sensors, n_people = active.size, len(history.home.residents)
        n_binary = sum(history.home.entities[entity].domain == "binary_sensor" for entity in active)
        rows.append(figures(history))
        alike.append(n_sensors >= LEAST_SENSORS and n_people <= MOST_PEOPLE)
        alone.append(n_sensors >= LEAST_SENSORS and n_people == 1)
        wired.append(n_binary >= LEAST_SENSORS and n_people <= MOST_PEOPLE)
    table = np.array(rows)
    groups: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "all": lambda column: column,
        "14 sensors, 1 or 2 residents": lambda column: column[alike],
        "14 sensors, 1 resident": lambda column: column[alone],
        "14 binary sensors, 1 or 2 residents": lambda column: column[wired],
    }
    for name, pick in groups.items():
        print(f"{name}: {pick(table[:, 0]).size} homes")
        for column, (label, (low, high)) in zip(table.T, RANGES.items(), strict=True):
            some = pick(column)
            inside = np.mean((some >= low) & (some <= high))
            spread = ", ".join(f"{value:.3g}" for value in (some.min(), np.median(some), some.max()))
            print(f"  {label:42} {spread:24} {inside:.0%}")


if __name__ == "__main__":
    main(*(int(word) for word in (sys.argv[1:] + ["50", "90"][len(sys.argv) - 1 :])))
