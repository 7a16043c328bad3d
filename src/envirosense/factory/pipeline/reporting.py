"""What a run tells while it works: which stage, how far, and how long all of it will still take."""

import sys
import time
from collections.abc import Callable, Mapping
from typing import Final, Protocol, TextIO

from rich.console import Console

from envirosense.factory.pace import Pace, left_text, time_text
from envirosense.factory.progress import (
    BarProgress,
    CountBar,
    LineProgress,
    ProgressReporter,
    SilentProgress,
    Standing,
)

_LINE_EVERY_S: Final = 5.0
_LEAST_S: Final = 5.0  # of finished stages before their pace corrects the estimate
_STEADY_S: Final = 30.0  # that the estimate is trusted for, so that one short stage does not upset it

type Told = Callable[[int, int], None]  # done, in all


class StageReporter(Protocol):
    """Hears of every stage of a run."""

    def begin(self, planned_s: Mapping[str, float], n_done: int = 0) -> None:
        """The run begins: the stages to do, with the time that each may take [s], beside those done."""
        ...

    def stage(self, name: str, title: str) -> None:
        """A stage begins."""
        ...

    def episodes(self, title: str) -> ProgressReporter:
        """Who hears how far the present stage is with its episodes."""
        ...

    def counted(self, unit: str) -> Told:
        """What hears how much of the present stage is done, and of how much."""
        ...

    def end(self) -> None:
        """The run ended, well or not."""
        ...


class SilentStages:
    """Says nothing."""

    def begin(self, planned_s: Mapping[str, float], n_done: int = 0) -> None:
        """Nothing."""

    def stage(self, name: str, title: str) -> None:
        """Nothing."""

    def episodes(self, title: str) -> ProgressReporter:
        """Silence."""
        return SilentProgress()

    def counted(self, unit: str) -> Told:
        """Silence."""
        return lambda _done, _total: None

    def end(self) -> None:
        """Nothing."""


class Outlook:
    """How long a run will still take: the estimate of every stage, corrected by the pace so far."""

    def __init__(self, planned_s: Mapping[str, float]) -> None:
        self._planned_s = dict(planned_s)
        self._began_s = time.monotonic()
        self._finished_s = 0.0  # planned for the stages that are done

    def finish(self, name: str) -> None:
        """A stage is done."""
        self._finished_s += self._planned_s.pop(name, 0.0)

    @property
    def left_s(self) -> float:
        """Seconds left, about [s]."""
        elapsed_s = time.monotonic() - self._began_s
        known = min(self._finished_s, elapsed_s) > _LEAST_S
        pace = (elapsed_s + _STEADY_S) / (self._finished_s + _STEADY_S) if known else 1.0
        return pace * sum(self._planned_s.values())


class ConsoleStages:
    """A heading for each stage, and below it a bar in a terminal or plain lines elsewhere."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr
        self._names: list[str] = []
        self._n_done = 0  # by an earlier run
        self._present = ""
        self._outlook: Outlook | None = None
        self._bar: CountBar | None = None  # that is on the terminal now

    def begin(self, planned_s: Mapping[str, float], n_done: int = 0) -> None:
        """Say what an earlier run left to do."""
        self._names, self._outlook, self._n_done = list(planned_s), Outlook(planned_s), n_done
        if not planned_s:
            self._say(f"all {n_done} stages are done, nothing is made again")
        elif n_done:
            self._say(f"{n_done} of {n_done + len(planned_s)} stages are done, by an earlier run")

    def stage(self, name: str, title: str) -> None:
        """Say which stage begins and how long all of them will still take."""
        assert self._outlook is not None
        self._outlook.finish(self._present)
        self._present = name
        left = time_text(self._outlook.left_s)
        place = self._n_done + self._names.index(name) + 1
        of = f"{place}/{self._n_done + len(self._names)}"
        self._say(f"{of} {title} ({left} to the end of the run)")

    def episodes(self, title: str) -> ProgressReporter:
        """Bar or lines of the present stage."""
        self._close_bar()
        return BarProgress(self._console, title) if self._console else StageLines(self._out)

    def counted(self, unit: str) -> Told:
        """A bar, or a line every few seconds, with the time left to the end of the stage."""
        self._close_bar()
        return self._counted_bar(unit, self._console) if self._console else self._counted_lines(unit)

    def _counted_bar(self, unit: str, console: Console) -> Told:
        bar, pace = CountBar(unit, console), Pace()

        def told(done: int, total: int) -> None:
            pace.note(done)
            if self._bar is not bar:
                self._close_bar()
                self._bar = bar
                bar.start(done, total)
            bar.update(done, total, "", left_text(pace, total - done))

        return told

    def _counted_lines(self, unit: str) -> Told:
        pace, said_s = Pace(), time.monotonic()

        def told(done: int, total: int) -> None:
            nonlocal said_s
            pace.note(done)
            if (now_s := time.monotonic()) - said_s >= _LINE_EVERY_S:
                said_s = now_s
                left = left_text(pace, total - done)
                self._say(f"{done}/{total} {unit}" + (f", {left}" if left else ""))

        return told

    def end(self) -> None:
        """Nothing more to say."""
        self._close_bar()

    @property
    def _console(self) -> Console | None:
        """The terminal, None where there is none."""
        return Console(file=self._out) if self._out.isatty() else None

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _say(self, text: str) -> None:
        self._close_bar()
        self._out.write(text + "\n")
        self._out.flush()


class StageLines(LineProgress):
    """Plain lines of a stage, below its heading."""

    def _greet(self, standing: Standing) -> None:
        """Say what an earlier run stored."""
        if standing.resumed:
            self._say(f"{standing.resumed} of {standing.total} episodes stored by an earlier run")
