"""The service: a loop's folder is looked at for new collections, and each is answered without a command."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from threading import Event

from envirosense.core.errors import EnviroSenseError
from envirosense.learning.retraining.history import RetrainingRun, recorded_time
from envirosense.learning.retraining.loop_collection import changed_at, collection_in, cycles_in, fed_at
from envirosense.learning.retraining.manager import FolderBusyError, RetrainingManager


def watch(
    folder: Path,
    manager: RetrainingManager,
    poll_s: float,
    stop: Event,
    now: Callable[[], datetime] | None = None,
) -> Iterator[RetrainingRun]:
    """Runs as they happen, until `stop` is set.

    A collection is looked at once; one that cannot be read is looked at again when it has changed, and so
    is one whose folder another process is at work in. Feedback from the field, a schedule, or a reason in
    the configuration is answered without a new collection.

    Args:
        folder: of the loop.
        manager: of its task.
        poll_s: time between looks at the folder [s].
        stop: ends the service, at the latest after `poll_s`.
        now: time of a look; the wall clock's where None.
    """
    spoilt: dict[int, float] = {}
    clock = now or recorded_time
    while not stop.is_set():
        for number in _to_look_at(folder, manager, spoilt, clock()):
            try:
                run = manager.after_collection(collection_in(folder, number), clock())
            except FolderBusyError:
                break
            except EnviroSenseError as error:
                spoilt[number] = changed_at(folder, number)
                run = manager.refuse(f"cycle_{number}", str(error), clock())
            yield run
            if stop.is_set():
                return
        stop.wait(poll_s)


def _to_look_at(
    folder: Path, manager: RetrainingManager, spoilt: dict[int, float], now: datetime
) -> list[int]:
    """Cycles that no run has looked at, or that have changed since; the last one when it is due."""
    runs = manager.history.runs()
    answered = {run.collection for run in runs if not run.is_unreadable}
    there = cycles_in(folder)
    found = [
        number
        for number in there
        if f"cycle_{number}" not in answered and spoilt.get(number) != changed_at(folder, number)
    ]
    if found or not there or f"cycle_{there[-1]}" not in answered:
        return found
    is_fed = fed_at(folder) > runs[-1].at.timestamp()
    return there[-1:] if is_fed or manager.is_due(now) else []
