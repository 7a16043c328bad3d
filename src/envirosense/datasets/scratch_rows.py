"""Rows of one form that wait in a temporary file, so that a check of a whole dataset stays small."""

import weakref
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_IN_MEMORY: Final = 2**20  # bytes, the rest lies in a file (`TMPDIR`)
_BLOCK_BYTES: Final = 2**22

type Rows = npt.NDArray[np.void]


class ScratchRows:
    """Rows of a structured type, appended one by one and read back in order; the file goes with them."""

    def __init__(self, form: npt.DTypeLike) -> None:
        self.form: np.dtype[Any] = np.dtype(form)
        self._n_rows = 0
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  # closed with its owner
        weakref.finalize(self, self._file.close)

    def __len__(self) -> int:
        return self._n_rows

    def append(self, *values: Any) -> None:
        """Append one row, a value a field."""
        row = np.zeros((), self.form)
        for name, value in zip(self.form.names or (), values, strict=True):
            row[name] = value
        self._file.write(row.tobytes())
        self._n_rows += 1

    def blocks(self) -> Iterator[Rows]:
        """All rows, some megabytes at a time."""
        size = max(_BLOCK_BYTES // self.form.itemsize, 1) * self.form.itemsize
        self._file.seek(0)
        while block := self._file.read(size):
            yield np.frombuffer(block, self.form)

    def column(self, name: str, places: slice = slice(None)) -> npt.NDArray[Any]:
        """One field of all rows, (row, ...), of a field that is a vector some places."""
        kind = self.form[name]
        if not kind.shape:
            return np.concatenate([np.empty(0, kind), *(block[name] for block in self.blocks())])
        return np.concatenate(
            [
                np.empty((0, *kind.shape), kind.base)[:, places],
                *(block[name][:, places] for block in self.blocks()),
            ]
        )
