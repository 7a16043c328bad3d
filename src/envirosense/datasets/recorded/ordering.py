"""Rows of a log in the order of time, whatever its length: sorted pieces on disk, merged."""

import heapq
from collections.abc import Iterable, Iterator
from itertools import batched
from operator import itemgetter
from pathlib import Path
from typing import Final

import numpy as np

from envirosense.datasets.recorded.log_table import LogTable, joined
from envirosense.datasets.recorded.spool import Place, Spool

_BLOCK: Final = 256  # rows of every sorted piece in memory
_ROWS: Final = 50_000  # rows handed on at a time

type Key = tuple[int, int, int, int, LogTable]  # time, piece, number of the block, row in it, the block


def in_order(batches: Iterable[LogTable], folder: Path) -> Iterator[LogTable]:
    """Rows of a log by time, those of one time as they stand in the file; `folder` has room for them."""
    with Spool(folder) as spool:
        pieces = [spool.add(batch.take(np.argsort(batch.time_us, kind="stable"))) for batch in batches]
        keys = (_keys(spool, number, piece) for number, piece in enumerate(pieces))
        for some in batched(heapq.merge(*keys, key=itemgetter(0)), _ROWS):
            yield _gathered(some)


def _gathered(keys: Iterable[Key]) -> LogTable:
    """Rows by time; of one time in the order of pieces, then of rows."""
    blocks: dict[tuple[int, int], tuple[LogTable, list[int]]] = {}
    for _, piece, at, row, block in keys:
        blocks.setdefault((piece, at), (block, []))[1].append(row)
    found = joined(
        [block.take(np.array(rows)) for _, (block, rows) in sorted(blocks.items(), key=itemgetter(0))]
    )
    return found.take(np.argsort(found.time_us, kind="stable"))


def _keys(spool: Spool, number: int, piece: Place) -> Iterator[Key]:
    for at, block in enumerate(spool.blocks(piece, _BLOCK)):
        for row, time_us in enumerate(block.time_us.tolist()):
            yield time_us, number, at, row, block
