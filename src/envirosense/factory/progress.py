"""Progress of a run: a bar in a terminal, a line now and then elsewhere."""

import sys
import time
from dataclasses import dataclass
from typing import Final, Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

_LINE_EVERY_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a run is."""

    total: int  # episodes
    resumed: int  # of them stored by an earlier run
    done: int  # of them stored or simulated, resumed ones included
    failed: int
    episode_hours: float  # mean length of an episode [h]


class ProgressReporter(Protocol):
    """What a run tells about itself."""

    def start(self, standing: Standing) -> None:
        """The run begins."""
        ...

    def update(self, standing: Standing) -> None:
        """Some episodes are done."""
        ...

    def stop(self) -> None:
        """The run ended, well or not."""
        ...


class SilentProgress:
    """Says nothing."""

    def start(self, standing: Standing) -> None:
        """Nothing."""

    def update(self, standing: Standing) -> None:
        """Nothing."""

    def stop(self) -> None:
        """Nothing."""


class BarProgress:
    """Rich bar with rate and time left."""

    def __init__(self, console: Console | None = None, title: str = "episodes") -> None:
        self._bar = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("gone,"),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            console=console or Console(stderr=True),
        )
        self._title = title
        self._task = TaskID(0)
        self._began_s = 0.0

    def start(self, standing: Standing) -> None:
        """Show the bar."""
        self._began_s = time.monotonic()
        self._task = self._bar.add_task(
            self._title, total=standing.total, completed=standing.done, rate="starting workers"
        )
        self._bar.start()

    def update(self, standing: Standing) -> None:
        """Move the bar."""
        rate = rate_text(standing, time.monotonic() - self._began_s)
        self._bar.update(self._task, completed=standing.done, rate=rate)

    def stop(self) -> None:
        """Leave the bar as it is."""
        self._bar.stop()


class LineProgress:
    """A plain line every few seconds, and one at the end."""

    def __init__(self, out: TextIO | None = None, every_s: float = _LINE_EVERY_S) -> None:
        self._out = out or sys.stderr
        self._every_s = every_s
        self._began_s = self._said_s = 0.0
        self._last: Standing | None = None

    def start(self, standing: Standing) -> None:
        """Say how much there is to do."""
        self._began_s = self._said_s = time.monotonic()
        found = f", {standing.resumed} stored by an earlier run" if standing.resumed else ""
        self._say(f"generating {standing.total} episodes{found}")

    def update(self, standing: Standing) -> None:
        """Say how far it is, if it is time."""
        self._last = standing
        if time.monotonic() - self._said_s >= self._every_s:
            self._report(standing)

    def stop(self) -> None:
        """Say where it ended."""
        if self._last is not None:
            self._report(self._last)

    def _report(self, standing: Standing) -> None:
        self._said_s = time.monotonic()
        elapsed_s = self._said_s - self._began_s
        left = _left_text(standing, elapsed_s)
        self._say(f"{standing.done}/{standing.total} episodes, {rate_text(standing, elapsed_s)}{left}")

    def _say(self, text: str) -> None:
        self._out.write(text + "\n")
        self._out.flush()


def rate_text(standing: Standing, elapsed_s: float) -> str:
    """Pace in episodes and simulated hours per second, with failures if any."""
    made = standing.done - standing.resumed
    pace = made / max(elapsed_s, 1e-9)
    failed = f", {standing.failed} failed" if standing.failed else ""
    if not made:
        return f"waiting for the first{failed}"
    return f"{pace:.2f} episodes/s, {pace * standing.episode_hours:.2f} simulated h/s{failed}"


def _left_text(standing: Standing, elapsed_s: float) -> str:
    done = standing.done - standing.resumed
    if not done or standing.done == standing.total:
        return ""
    return f", about {elapsed_s / done * (standing.total - standing.done):.0f} s left"


def console_progress(title: str = "episodes") -> ProgressReporter:
    """Bar when stderr is a terminal, plain lines otherwise."""
    return BarProgress(title=title) if sys.stderr.isatty() else LineProgress()
