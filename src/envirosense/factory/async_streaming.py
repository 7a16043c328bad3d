"""The stream of samples for programs with an event loop."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from envirosense.factory.request import GenerationRequest
from envirosense.factory.streaming import Sample, SampleStream, stream_samples


class AsyncSampleStream:
    """Endless asynchronous iterator of samples; the event loop is never blocked.

    Cancelling a wait loses nothing: the next one gets the same sample. `aclose()` or leaving an
    `async with` block stops the workers.
    """

    def __init__(self, stream: SampleStream) -> None:
        self._stream = stream
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="samples")
        self._pending: asyncio.Future[tuple[Sample, dict[str, Any]]] | None = None
        self._given = stream.state()

    def state(self) -> dict[str, Any]:
        """Place after the last sample given; `SampleStream.state()` of the same place is equal."""
        return self._given

    async def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where a state was saved."""
        await self._settle()
        await asyncio.to_thread(self._stream.restore, state)
        self._given = self._stream.state()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Sample:
        if self._pending is None:
            self._pending = asyncio.get_running_loop().run_in_executor(self._thread, self._take)
        try:
            sample, self._given = await asyncio.shield(self._pending)
        except Exception:
            self._pending = None
            raise
        self._pending = None
        return sample

    def _take(self) -> tuple[Sample, dict[str, Any]]:
        return next(self._stream), self._stream.state()

    async def _settle(self) -> None:
        """Wait for the sample under way and drop it."""
        if self._pending is not None:
            with suppress(Exception):
                await asyncio.shield(self._pending)
            self._pending = None

    async def aclose(self) -> None:
        """Stop the workers, after the sample under way."""
        await self._settle()
        await asyncio.to_thread(self._stream.restore, self._given)  # which closes it
        self._thread.shutdown(wait=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def astream_samples(
    request: GenerationRequest | Mapping[str, Any],
    *,
    split: str | None = None,
    shard: tuple[int, int] = (0, 1),
    workers: int = 0,
    executor: Executor | None = None,
    without: tuple[str, ...] = (),
) -> AsyncSampleStream:
    """Endless asynchronous iterator of the same samples in the same order as `stream_samples`.

    With `workers=0` a thread simulates; use worker processes where the event loop must answer at once.
    """
    return AsyncSampleStream(
        stream_samples(request, split=split, shard=shard, workers=workers, executor=executor, without=without)
    )
