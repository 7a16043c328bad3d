"""Named random streams: the same root and names give the same draws, whatever else runs.

A name is (twin, episode, component, stage, kind of draw). Adding or reordering a component
leaves every other stream as it was. One generator serves one kind of draw.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.random.bit_generator import ISeedSequence

type Words = npt.NDArray[np.uint32]

_SEPARATOR = "\x1f"  # cannot occur in a name, so ("ab", "c") and ("a", "bc") differ


def _digest(root: int, names: tuple[str | int, ...]) -> bytes:
    if not names:
        raise ValueError("a random stream needs at least one name")
    text = _SEPARATOR.join(map(str, (root, *names)))
    return hashlib.blake2b(text.encode(), digest_size=16, person=b"envirosense.rng").digest()


class _Seeded(ISeedSequence):
    """Hands a PCG64 the state that `numpy.random.SeedSequence` would make of the same 128 bits."""

    def __init__(self, entropy: bytes) -> None:
        self.entropy = entropy

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> npt.NDArray[Any]:
        """State words, four of 64 bits; nothing else is asked for."""
        if (n_words, dtype) != (4, np.uint64):
            raise ValueError(f"a stream is seeded with 4 words of 64 bits, not {n_words} of {dtype}")
        return _seed_state()(np.frombuffer(self.entropy, dtype="<u4"))


@cache
def _seed_state() -> Callable[[Words], npt.NDArray[np.uint64]]:
    """The compiled seeding, loaded with the first stream: numba is slow to import."""
    from envirosense.core.seed_kernels import seed_state

    return seed_state  # type: ignore[no-any-return,unused-ignore]


def stream(root: int, *names: str | int) -> np.random.Generator:
    """NumPy generator of the stream called `names` under `root`, seeded with 128 bits."""
    seeded = np.random.PCG64(_Seeded(_digest(root, names)))  # type: ignore[arg-type]
    return np.random.Generator(seeded)


def philox_key(root: int, *names: str | int) -> npt.NDArray[np.uint32]:
    """Key (2 words) and upper counter (2 words) of a Philox4x32 stream, (4,)."""
    return np.frombuffer(_digest(root, names), dtype="<u4").astype(np.uint32)


def derived_seed(root: int, *names: str | int) -> int:
    """Seed of a child of `root`, 0 <= seed < 2**63."""
    return int.from_bytes(_digest(root, names)[:8], "little") >> 1
