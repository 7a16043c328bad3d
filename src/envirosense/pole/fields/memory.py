"""What has been worked out for a whole episode, kept while it fits: one tick at a time asks often."""

from collections.abc import Callable, Hashable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

LIMIT_BYTES: Final = 192 * 2**20  # of the answers of one episode; two hundred places of an hour
KEPT: Final = 64  # intermediate results of one kind


class Answers:
    """Arrays by question; the one kept longest gives way, so memory stays bounded."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        """Keep answers of at most this size together, but always the last."""
        self.limit_bytes = limit_bytes
        self._arrays: dict[Hashable, npt.NDArray[Any]] = {}
        self._n_bytes = 0

    @property
    def n_bytes(self) -> int:
        """Size of what is kept."""
        return self._n_bytes

    def get(self, question: Hashable, ask: Callable[[], npt.NDArray[Any]]) -> npt.NDArray[Any]:
        """The answer to a question, asked for only when it is not kept; do not write into it."""
        if question not in self._arrays:
            answer = np.asarray(ask())
            answer.flags.writeable = False
            self._arrays[question] = answer
            self._n_bytes += answer.nbytes
            while self._n_bytes > self.limit_bytes and len(self._arrays) > 1:
                self._n_bytes -= self._arrays.pop(next(iter(self._arrays))).nbytes
        return self._arrays[question]


def kept[Key, Value](found: dict[Key, Value], key: Key, find: Callable[[], Value], most: int = KEPT) -> Value:
    """The value of a key, found once; of `most` the one kept longest gives way."""
    if key not in found:
        while len(found) >= most:
            del found[next(iter(found))]
        found[key] = find()
    return found[key]
