"""JSON texts as they are held for a whole run: packed in blocks, since those of a run are much alike."""

from array import array
from collections.abc import Iterator
from typing import Final

import pyarrow as pa

_BLOCK: Final = 16  # texts packed together: fewer pack worse, more take longer to read one of


class PackedTexts:
    """Texts without a line end, in the order in which they were appended."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._sizes = array("q")  # of the blocks, unpacked
        self._open: list[bytes] = []  # texts of the block that is not full
        self._last: tuple[int, list[bytes]] = (-1, [])

    def append(self, text: bytes) -> None:
        """Add one at the end."""
        self._open.append(text)
        if len(self._open) == _BLOCK:
            block = b"\n".join(self._open)
            self._blocks.append(_CODEC.compress(block, asbytes=True))
            self._sizes.append(len(block))
            self._open = []

    def __getitem__(self, place: int) -> bytes:
        block, row = divmod(range(len(self))[place], _BLOCK)
        if block == len(self._blocks):
            return self._open[row]
        if self._last[0] != block:
            text = _CODEC.decompress(self._blocks[block], self._sizes[block], asbytes=True)
            self._last = block, text.split(b"\n")
        return self._last[1][row]

    def __iter__(self) -> Iterator[bytes]:
        return map(self.__getitem__, range(len(self)))

    def __len__(self) -> int:
        return _BLOCK * len(self._blocks) + len(self._open)


_CODEC: Final = pa.Codec("zstd", compression_level=3)
