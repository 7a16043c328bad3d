"""Episodes worth looking at: what the model saw, and when it spoke."""

import numpy as np
import numpy.typing as npt

from envirosense.datasets.window_features import window_mean
from envirosense.datasets.windows import Windows
from envirosense.learning.metrics import Outcomes, episode_rows, quiet_windows
from envirosense.learning.results import Example, Trace

type Floats = npt.NDArray[np.float64]
type Bools = npt.NDArray[np.bool_]

_N_TRACES = 3
_MAX_POINTS = 360


def choose_examples(
    windows: Windows, score: Floats, alarm: Bools, outcomes: Outcomes, n: int = 6
) -> tuple[Example, ...]:
    """Up to `n` episodes: quickest, typical and latest alarm, a miss, one out of sight, a quiet one."""
    rows = {str(windows.episode_id[found[0]]): found for found in episode_rows(windows)}
    sigma = _spread(windows)
    chosen: list[Example] = []
    for kind, event in _picks(windows, outcomes):
        episode_id = str(windows.events.episode_id[event])
        if episode_id in rows and episode_id not in {one.episode_id for one in chosen}:
            chosen.append(_example(windows, rows[episode_id], score, sigma, kind, outcomes, event))
    quiet = _quiet_pick(windows, alarm, rows)
    if quiet:
        chosen = [*chosen[: n - 1], _example(windows, rows[quiet[1]], score, sigma, quiet[0], outcomes, None)]
    return tuple(chosen[:n])


def _picks(windows: Windows, outcomes: Outcomes) -> list[tuple[str, int]]:
    seen = windows.events.detectable
    caught = np.flatnonzero(outcomes.alarmed & seen)
    by_delay = caught[np.argsort(outcomes.delay_s[caught], kind="stable")]
    missed, hidden = np.flatnonzero(seen & ~outcomes.alarmed), np.flatnonzero(~seen)
    picks = []
    if by_delay.size:
        picks += [
            ("typical alarm", int(by_delay[by_delay.size // 2])),
            ("quickest alarm", int(by_delay[0])),
            ("latest alarm", int(by_delay[-1])),
        ]
    picks += [("missed", int(at)) for at in missed[:1]]
    picks += [("present, not detectable", int(at)) for at in hidden[:1]]
    return picks


def _quiet_pick(
    windows: Windows, alarm: Bools, rows: dict[str, npt.NDArray[np.intp]]
) -> tuple[str, str] | None:
    quiet = quiet_windows(windows)
    calm = [name for name, found in rows.items() if not windows.is_event[found].any()]
    noisy = [name for name in calm if (alarm & quiet)[rows[name]].any()]
    if noisy:
        return "false alarm", noisy[0]
    return ("no event", calm[0]) if calm else None


def _spread(windows: Windows) -> Floats:
    """Median absolute departure from the baseline in quiet windows, (channel,)."""
    departure = np.abs(window_mean(windows.x) - windows.baseline)[quiet_windows(windows)]
    spread = np.full(len(windows.channels), np.inf)
    for channel in range(len(windows.channels)):
        known = departure[np.isfinite(departure[:, channel]), channel]
        if known.size and np.median(known) > 0:
            spread[channel] = np.median(known)
    return spread


def _example(
    windows: Windows,
    rows: npt.NDArray[np.intp],
    score: Floats,
    sigma: Floats,
    kind: str,
    outcomes: Outcomes,
    event: int | None,
) -> Example:
    step = max(1, -(-len(rows) // _MAX_POINTS))
    kept, events = rows[::step], windows.events
    return Example(
        episode_id=str(windows.episode_id[rows[0]]),
        scenario=str(windows.scenario[rows[0]]),
        kind=kind,
        t_s=tuple(windows.end_s[kept].tolist()),
        score=tuple(score[kept].tolist()),
        onset_s=None if event is None else _known(events.onset_s[event]),
        detectable_s=None if event is None else _known(events.first_detectable_s[event]),
        ignition_s=None if event is None else _known(events.ignition_s[event]),
        alarm_s=None if event is None else _known(outcomes.alarm_s[event]),
        traces=_strongest(windows, rows, kept, sigma),
    )


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _strongest(
    windows: Windows, rows: npt.NDArray[np.intp], kept: npt.NDArray[np.intp], sigma: Floats
) -> tuple[Trace, ...]:
    mean = window_mean(windows.x[rows])
    departure = np.nan_to_num(np.abs(mean - windows.baseline[rows]) / sigma)
    strongest = np.argsort(-departure.max(axis=0), kind="stable")[:_N_TRACES]
    shown = window_mean(windows.x[kept])
    return tuple(
        Trace(
            windows.channels[at], windows.units[at], tuple(_known(value) for value in shown[:, at].tolist())
        )
        for at in strongest.tolist()
    )
