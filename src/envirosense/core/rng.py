"""Named random streams: the same root and names give the same draws, whatever else runs.

A name is (twin, episode, component, stage, kind of draw). Adding or reordering a component
leaves every other stream as it was. One generator serves one kind of draw.
"""

import hashlib

import numpy as np
import numpy.typing as npt

_SEPARATOR = b"\x1f"  # cannot occur in a name, so ("ab", "c") and ("a", "bc") differ


def _digest(root: int, names: tuple[str | int, ...]) -> bytes:
    if not names:
        raise ValueError("a random stream needs at least one name")
    text = _SEPARATOR.join(str(part).encode() for part in (root, *names))
    return hashlib.blake2b(text, digest_size=16, person=b"envirosense.rng").digest()


def stream(root: int, *names: str | int) -> np.random.Generator:
    """NumPy generator of the stream called `names` under `root`, seeded with 128 bits."""
    return np.random.Generator(np.random.PCG64(int.from_bytes(_digest(root, names), "little")))


def philox_key(root: int, *names: str | int) -> npt.NDArray[np.uint32]:
    """Key (2 words) and upper counter (2 words) of a Philox4x32 stream, (4,)."""
    return np.frombuffer(_digest(root, names), dtype="<u4").astype(np.uint32)


def derived_seed(root: int, *names: str | int) -> int:
    """Seed of a child of `root`, 0 <= seed < 2**63."""
    return int.from_bytes(_digest(root, names)[:8], "little") >> 1
