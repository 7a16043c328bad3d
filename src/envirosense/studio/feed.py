"""One stream of records to many consumers, none of which can hold up another or the simulation."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from envirosense.pole.telemetry import DroppedRecord, LiveRecord, Record

DEFAULT_LIMIT = 10_000  # records that wait for one consumer: some minutes of a device at 1 Hz


@dataclass(frozen=True, slots=True)
class ConsumerCount:
    """What became of the records of one consumer."""

    name: str
    delivered: int
    dropped: int
    is_open: bool


class Subscription:
    """The queue of one consumer: the oldest records give way when it is full, and the consumer is told.

    Take records from a thread with `take`, or in a coroutine with `async for`. A publisher that grants
    patience waits for room in a patient subscription; once it has waited in vain, no more until it is empty.
    """

    def __init__(self, name: str, limit: int = DEFAULT_LIMIT, is_patient: bool = False) -> None:
        self.name = name
        self.is_patient = is_patient
        self._limit = limit
        self._waiting: deque[Record] = deque()
        self._changed = threading.Condition()
        self._delivered = self._dropped = self._untold = 0
        self._is_open, self._is_last, self._has_stalled = True, False, False
        self._wake: Callable[[], None] | None = None

    @property
    def count(self) -> ConsumerCount:
        """Records handed over and lost so far."""
        with self._changed:
            return ConsumerCount(self.name, self._delivered, self._dropped, self._is_open)

    @property
    def is_over(self) -> bool:
        """Whether nothing waits and nothing will come."""
        with self._changed:
            return self._is_over()

    def _is_over(self) -> bool:
        return not self._is_open or (self._is_last and not self._waiting and not self._untold)

    def put(self, records: Sequence[Record], patience_s: float = 0.0) -> None:
        """Append records; called by the feed."""
        with self._changed:
            if self.is_patient and patience_s > 0.0:
                self._make_room(len(records), patience_s)
            if not self._is_open:
                return
            self._waiting.extend(records)
            excess = max(0, len(self._waiting) - self._limit)
            for _ in range(excess):
                self._waiting.popleft()
            self._dropped += excess
            self._untold += excess
            self._notify()

    def _make_room(self, n: int, patience_s: float) -> None:
        self._has_stalled &= bool(self._waiting)

        def has_room() -> bool:
            return not (self._is_open and self._waiting) or len(self._waiting) + n <= self._limit

        if not self._has_stalled and not self._changed.wait_for(has_room, patience_s):
            self._has_stalled = True

    def _notify(self) -> None:
        self._changed.notify_all()
        wake, self._wake = self._wake, None
        if wake is not None:
            with suppress(RuntimeError):  # the consumer's event loop is closed: it will not take anything
                wake()

    def _drain(self) -> list[LiveRecord]:
        told: list[LiveRecord] = [DroppedRecord(count=self._untold)] if self._untold else []
        taken = [*told, *self._waiting]
        self._delivered += len(self._waiting)
        self._untold = 0
        self._waiting.clear()
        self._changed.notify_all()
        return taken

    def take(self, timeout_s: float | None = None) -> list[LiveRecord]:
        """Records that wait, once there are any; empty when the time is up or the stream is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._untold or self._is_over(), timeout_s)
            return self._drain() if self._is_open else []

    async def __aiter__(self) -> AsyncIterator[LiveRecord]:
        """Records until the stream is over or the subscription closed."""
        while True:
            with self._changed:
                taken = self._drain() if self._is_open else []
                if not taken:
                    if self._is_over():
                        return
                    arrived = asyncio.Event()
                    loop = asyncio.get_running_loop()
                    self._wake = _waker(loop, arrived)
            if not taken:
                await arrived.wait()
            for record in taken:
                yield record

    def finish(self) -> None:
        """No more records will come; those that wait stay."""
        with self._changed:
            self._is_last = True
            self._notify()

    def close(self) -> None:
        """Take no more: the consumer has gone."""
        with self._changed:
            self._is_open = False
            self._waiting.clear()
            self._notify()


def _waker(loop: asyncio.AbstractEventLoop, arrived: asyncio.Event) -> Callable[[], None]:
    def wake() -> None:
        loop.call_soon_threadsafe(arrived.set)

    return wake


class Feed:
    """Hands every record to every subscription that is open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: list[Subscription] = []
        self._gone: dict[str, ConsumerCount] = {}  # summed by name, so that visitors take no memory
        self._is_finished = False
        self.published = 0

    def subscribe(self, name: str, limit: int = DEFAULT_LIMIT, is_patient: bool = False) -> Subscription:
        """A queue for one consumer, from the next record on."""
        made = Subscription(name, limit, is_patient)
        with self._lock:
            self._open.append(made)
            if self._is_finished:
                made.finish()
        return made

    def publish(self, records: Sequence[Record], patience_s: float = 0.0) -> None:
        """Append records to every queue; waits for patient ones, together no longer than `patience_s`."""
        with self._lock:
            for one in [one for one in self._open if not one.count.is_open]:
                self._open.remove(one)
                self._retire(one)
            consumers = list(self._open)
        until = time.monotonic() + patience_s
        for one in consumers:
            one.put(records, max(0.0, until - time.monotonic()))
        self.published += len(records)

    def _retire(self, one: Subscription) -> None:
        had, now = self._gone.get(one.name), one.count
        before = (had.delivered, had.dropped) if had else (0, 0)
        total = ConsumerCount(one.name, now.delivered + before[0], now.dropped + before[1], False)
        self._gone[one.name] = total

    def finish(self) -> None:
        """End of the stream for every consumer."""
        with self._lock:
            self._is_finished = True
            for one in self._open:
                one.finish()

    @property
    def counts(self) -> list[ConsumerCount]:
        """What became of the records, per consumer; those that have gone summed by name."""
        with self._lock:
            return [*self._gone.values(), *(one.count for one in self._open)]
