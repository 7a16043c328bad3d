"""A consumer with a thread of its own: what it does wrong stays its own."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import IO

from envirosense.pole.telemetry import LiveRecord
from envirosense.studio.feed import Subscription


class Outlet(ABC):
    """Takes the records of one subscription and sends them on until the stream is over.

    An exception ends this outlet and nothing else; it is kept in `error`.
    """

    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription
        self.error: Exception | None = None
        self._sent = 0
        self._thread = threading.Thread(target=self._run, name=f"live-{subscription.name}", daemon=True)

    @abstractmethod
    def send(self, records: Sequence[LiveRecord]) -> None:
        """Send records on, in order."""

    @property
    def sent(self) -> int:
        """Records that were sent on."""
        return self._sent

    @property
    def trouble(self) -> str:
        """Why nothing goes out now; empty while all is well."""
        return "" if self.error is None else str(self.error)

    def start(self) -> None:
        """Begin to take records."""
        self._thread.start()

    def finish(self, timeout_s: float) -> bool:
        """Whether everything was sent within the time, after the stream's end; then the outlet is closed."""
        self._join(timeout_s)
        is_done = not self._thread.is_alive() and self.error is None
        self.subscription.close()
        return is_done

    def _join(self, timeout_s: float) -> None:
        if self._thread.ident is not None:  # it was started
            self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            while not self.subscription.is_over:
                self.send(self.subscription.take())
        except Exception as error:
            self.error = error
        finally:
            self.subscription.close()


class JsonLines(Outlet):
    """One JSON object a line into an open text stream, flushed after every batch."""

    def __init__(self, subscription: Subscription, stream: IO[str]) -> None:
        """Outlet into a stream, which the caller closes."""
        super().__init__(subscription)
        self._stream = stream

    def send(self, records: Sequence[LiveRecord]) -> None:
        """Write records."""
        self._stream.writelines(record.model_dump_json() + "\n" for record in records)
        self._stream.flush()
        self._sent += sum(record.type != "dropped" for record in records)
