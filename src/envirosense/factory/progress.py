"""Progress of a run: a bar in a terminal, a line now and then elsewhere."""

import sys
import time
from dataclasses import dataclass
from typing import Final, Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from envirosense.factory.pace import Pace, left_text

_LINE_EVERY_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a run is."""

    total: int  # episodes
    resumed: int  # of them stored by an earlier run
    done: int  # of them stored or simulated, resumed ones included
    failed: int
    episode_hours: float  # mean length of an episode [h]
    workers: int = 1  # that simulate at a time

    @property
    def made(self) -> int:
        """Episodes of this run."""
        return self.done - self.resumed


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


class CountBar:
    """Rich bar of a count, with pace and time left."""

    def __init__(self, title: str, console: Console | None = None) -> None:
        self._bar = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TextColumn("{task.fields[pace]}"),
            TimeElapsedColumn(),
            TextColumn("gone{task.fields[left]}"),
            console=console or Console(stderr=True),
        )
        self._task = self._bar.add_task(title, total=None, start=False, visible=False, pace="", left="")

    def start(self, done: int, total: int, pace: str = "") -> None:
        """Show the bar."""
        self._bar.start_task(self._task)
        self._bar.update(self._task, completed=done, total=total, pace=pace, visible=True)
        self._bar.start()

    def update(self, done: int, total: int, pace: str, left: str) -> None:
        """Move the bar."""
        left = f", {left}" if left else ""
        self._bar.update(self._task, completed=done, total=total, pace=pace, left=left)

    def stop(self) -> None:
        """Leave the bar as it is."""
        self._bar.stop()


class BarProgress:
    """A bar of episodes."""

    def __init__(self, console: Console | None = None, title: str = "episodes") -> None:
        self._bar = CountBar(title, console)
        self._pace = Pace()

    def start(self, standing: Standing) -> None:
        """Show the bar."""
        self._pace = Pace(standing.workers)
        self._bar.start(standing.done, standing.total, "starting workers")

    def update(self, standing: Standing) -> None:
        """Move the bar."""
        self._pace.note(standing.made)
        left = left_text(self._pace, standing.total - standing.done)
        self._bar.update(standing.done, standing.total, pace_text(standing, self._pace), left)

    def stop(self) -> None:
        """Leave the bar as it is."""
        self._bar.stop()


class LineProgress:
    """A plain line every few seconds, and one at the end."""

    def __init__(self, out: TextIO | None = None, every_s: float = _LINE_EVERY_S) -> None:
        self._out = out or sys.stderr
        self._every_s = every_s
        self._pace = Pace()
        self._said_s = 0.0
        self._last: Standing | None = None
        self._reported: Standing | None = None

    def start(self, standing: Standing) -> None:
        """Say how much there is to do."""
        self._pace, self._said_s = Pace(standing.workers), time.monotonic()
        self._greet(standing)

    def update(self, standing: Standing) -> None:
        """Say how far it is, if it is time."""
        self._last = standing
        self._pace.note(standing.made)
        if time.monotonic() - self._said_s >= self._every_s:
            self._report(standing)

    def stop(self) -> None:
        """Say where it ended."""
        if self._last is not None and self._last != self._reported:
            self._report(self._last)

    def _greet(self, standing: Standing) -> None:
        found = f", {standing.resumed} stored by an earlier run" if standing.resumed else ""
        self._say(f"generating {standing.total} episodes{found}")

    def _report(self, standing: Standing) -> None:
        self._said_s, self._reported = time.monotonic(), standing
        left = left_text(self._pace, standing.total - standing.done)
        told = f"{standing.done}/{standing.total} episodes, {pace_text(standing, self._pace)}"
        self._say(told + (f", {left}" if left else ""))

    def _say(self, text: str) -> None:
        self._out.write(text + "\n")
        self._out.flush()


def pace_text(standing: Standing, pace: Pace) -> str:
    """Pace in episodes and simulated hours per second, with failures if any."""
    failed = f", {standing.failed} failed" if standing.failed else ""
    if (per_s := pace.per_s) is None:
        return f"waiting for the first{failed}"
    return f"{per_s:.2f} episodes/s, {per_s * standing.episode_hours:.2f} simulated h/s{failed}"


def console_progress(title: str = "episodes") -> ProgressReporter:
    """Bar when stderr is a terminal, plain lines otherwise."""
    return BarProgress(title=title) if sys.stderr.isatty() else LineProgress()
