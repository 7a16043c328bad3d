"""Episodes simulated as a training loop asks for them: endless, seeded, resumable, without disk.

Sample k is the episode that a dataset of the same request holds at index k, bit for bit; beyond the
request's number of episodes the indices go on.
"""

from collections import deque
from collections.abc import Mapping
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

from pydantic import JsonValue, NonNegativeInt

from envirosense.core.episode import EpisodeSpec
from envirosense.core.errors import ConfigError, EpisodeError, UnknownNameError
from envirosense.core.fingerprint import fingerprint
from envirosense.core.logs import get_logger
from envirosense.datasets.loaders.state import SavedState
from envirosense.datasets.memory import MemorySink
from envirosense.factory.generator import make_plan
from envirosense.factory.planning import dealt, draw_spec, known_scenarios
from envirosense.factory.request import GenerationRequest
from envirosense.factory.sample_workers import Result, SampleWorkers, Simulated
from envirosense.factory.shards import MAX_ATTEMPTS, WorkerDied
from envirosense.factory.twins import TWINS

MOST_FAILED_IN_A_ROW: Final = 20  # then something is wrong with the request, not with an episode
MOST_PASSED_OVER: Final = 10_000  # episodes of other splits in a row
_DIGITS: Final = 16  # of a fingerprint in a saved state


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One simulated episode and its place in the stream."""

    index: int
    episode: MemorySink  # `.spec`, `.streams`, `.table(stream)`, `.frames(stream)`


class SampleState(SavedState):
    """Place in a stream: every index below `index` is over."""

    index: NonNegativeInt


class SampleStream:
    """Endless iterator of samples; `close()` or leaving a `with` block stops its workers at once."""

    def __init__(
        self,
        request: GenerationRequest,
        split: str | None,
        shard: tuple[int, int],
        workers: int,
        executor: Executor | None,
        unwanted: tuple[str, ...],
    ) -> None:
        self.request = request
        self._make_twin = TWINS[request.twin]
        self._twin = self._make_twin()
        self._ids = known_scenarios(request, self._twin)
        self._groups = None if split is None else _groups_of(request, split)
        self._workers = SampleWorkers(self._make_twin, workers, executor, tuple(unwanted))
        self._step = shard[1]
        self._next = self._ahead = shard[0]  # first index not given yet; first not handed over yet
        self._flying: deque[tuple[int, EpisodeSpec, Future[Result]]] = deque()
        self._of: dict[str, JsonValue] = {
            "request": fingerprint(request.model_dump(mode="json", exclude={"name"}))[:_DIGITS],
            "physics": str(self._twin.describe().get("physics_version", "")),
            "split": split,
            "shard": list(shard),
        }
        self.n_failed = 0  # episodes that could not be simulated and were passed over

    def spec(self, index: int) -> EpisodeSpec:
        """Spec of the episode at an index, as a dataset of the request has it."""
        scenario = dealt(self._ids, self.request.seed, index)
        return draw_spec(self.request, self._twin, scenario, index, len(self._ids))

    def state(self) -> dict[str, Any]:
        """Place after the last sample given, as a small JSON-able dict."""
        return SampleState(of=self._of, index=self._next).model_dump(mode="json")

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where a state was saved.

        Raises:
            ConfigError: if the state is of another stream, naming what differs.
        """
        saved = SampleState.checked(state, self._of)
        self.close()
        self._next = self._ahead = saved.index

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Sample:
        """The next sample, in the order of the indices.

        Raises:
            EpisodeError: if twenty episodes failed one after another.
            WorkerDied: if a worker was killed three times at the same episode.
        """
        try:
            for _ in range(MOST_FAILED_IN_A_ROW):
                index, found = self._take()
                if found.episode is not None:
                    return Sample(index, found.episode)
                self.n_failed += 1
                get_logger(__name__).warning("sample failed", index=index, reason=found.reason)
        except BaseException:  # Ctrl-C too: no worker is left behind
            self.close()
            raise
        raise EpisodeError(
            f"{MOST_FAILED_IN_A_ROW} episodes failed one after another, the last one: {found.reason}"
        )

    def _take(self) -> tuple[int, Simulated]:
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                self._hand_over()
                index, _, future = self._flying[0]
                found = self._workers.received(future)
            except BrokenExecutor as error:
                self._recover(attempt, error)
            else:
                self._flying.popleft()
                self._next = index + self._step
                return index, found
        raise AssertionError  # the last attempt returned or raised

    def _hand_over(self) -> None:
        while len(self._flying) < self._workers.window:
            index, spec = self._following()
            self._flying.append((index, spec, self._workers.submit(spec)))
            self._ahead = index + self._step

    def _following(self) -> tuple[int, EpisodeSpec]:
        for index in range(self._ahead, self._ahead + MOST_PASSED_OVER * self._step, self._step):
            spec = self.spec(index)
            if self._groups is None or spec.group in self._groups:
                return index, spec
        fix = f"has no site among the {MOST_PASSED_OVER} episodes from {self._ahead} on; choose another shard"
        raise ConfigError("split", self._of["split"], fix)

    def _recover(self, attempt: int, error: BrokenExecutor) -> None:
        if attempt == MAX_ATTEMPTS or not self._workers.rebuild():
            at = self._flying[0][0] if self._flying else self._ahead
            raise WorkerDied(
                f"sample {at}: its worker was killed (out of memory?); use fewer workers or shorter episodes"
            ) from error
        self._forget()

    def _forget(self) -> None:
        """Drop what is under way; it is simulated again when its turn comes."""
        self._flying.clear()
        self._ahead = self._next

    def close(self) -> None:
        """Stop the workers; the stream keeps its place, and starts others when it is asked again."""
        self._workers.stop([future for _, _, future in self._flying])
        self._forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _groups_of(request: GenerationRequest, split: str) -> frozenset[str]:
    """Groups that a dataset of the request puts into a split."""
    planned = make_plan(request, TWINS[request.twin]()).episodes
    if split not in (known := set(planned.splits)):
        raise UnknownNameError("split", split, known)
    return frozenset(group for group, its in zip(planned.groups, planned.splits, strict=True) if its == split)


def stream_samples(
    request: GenerationRequest | Mapping[str, Any],
    *,
    split: str | None = None,
    shard: tuple[int, int] = (0, 1),
    workers: int = 0,
    executor: Executor | None = None,
    without: tuple[str, ...] = (),
) -> SampleStream:
    """Endless iterator of the episodes of a request, simulated as they are asked for.

    Sample k is episode k of `generate(request, ...)`, bit for bit, in the order of the indices whatever
    the number of workers. An episode that cannot be simulated is passed over, logged and counted.

    Args:
        request: what to simulate, or the same as plain data; its number of episodes does not end the stream.
        split: only sites (groups) that a dataset of the request has in this split, so that what is held out
            stays unseen; all by default.
        shard: `(index, count)` takes every `count`-th episode, for one of several readers.
        workers: processes that simulate ahead, two episodes each; 0 simulates in the caller.
        executor: simulates instead of processes of ours; `workers` then says how far ahead.
        without: streams not to keep.

    Raises:
        ConfigError: for a request, shard or number of workers that cannot be used.
    """
    asked = request if isinstance(request, GenerationRequest) else GenerationRequest.parse(request)
    index, count = shard
    if not 0 <= index < count:
        raise ConfigError("shard", shard, "must be (index, count) with 0 <= index < count")
    return SampleStream(asked, split, (index, count), workers, executor, tuple(without))
