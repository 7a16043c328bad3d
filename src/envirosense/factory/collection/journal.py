"""What a cycle has collected so far, one line a record, appended and flushed before a call returns.

Exports are made of these files and can be made again at any time. A line that was torn by a crash is dropped,
and the consumer hands in the same records again.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from envirosense.core.errors import DatasetError
from envirosense.datasets.files import flush, storing
from envirosense.factory.collection.records import Collected, RecordSource

COLLECTED: Final = "collected"
_CYCLE: Final = re.compile(r"cycle_(\d+)")


def journal_path(folder: Path, cycle: int, point: str) -> Path:
    """Journal of a point in a cycle."""
    return folder / COLLECTED / f"cycle_{cycle}" / f"{point}.jsonl"


def cycles_in(folder: Path) -> list[int]:
    """Cycles in which something was collected, in order."""
    named = (_CYCLE.fullmatch(path.name) for path in (folder / COLLECTED).glob("cycle_*"))
    return sorted(int(found[1]) for found in named if found)


def append(path: Path, collected: Iterable[Collected]) -> None:
    """Add records to a journal; they survive a power cut when this returns."""
    text = "".join(json.dumps(_line(one), ensure_ascii=False) + "\n" for one in collected)
    with storing(path):
        is_new = not path.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as opened:
            opened.write(text.encode())
            opened.flush()
            os.fsync(opened.fileno())
        if is_new:
            flush(path.parent)


def mend(path: Path) -> None:
    """Cut off a last line that was not written to its end."""
    if not path.exists():
        return
    with storing(path), path.open("rb+") as opened:
        whole = opened.read().rpartition(b"\n")
        if whole[2]:
            opened.truncate(len(whole[0]) + len(whole[1]))


def entries(path: Path, point: str, cycle: int) -> Iterator[Collected]:
    """Records of a journal, in the order in which they came.

    Raises:
        DatasetError: if a line is no record.
    """
    if not path.exists():
        return
    with path.open("rb") as opened:
        for number, line in enumerate(opened, 1):
            if not line.endswith(b"\n"):
                return  # torn, or being written
            try:
                yield _entry(json.loads(line), point, cycle)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise DatasetError(
                    f"{path}: line {number} is no collected record ({error}); "
                    "move the file away and run the cycle again"
                ) from None


def _line(one: Collected) -> dict[str, Any]:
    line: dict[str, Any] = {"data_id": one.data_id, "origin": one.origin, "source": asdict(one.source)}
    if one.occurrence:
        return line | {"occurrence": one.occurrence, "record": {}}
    rejected = {"reasons": one.reasons, "details": one.details} if one.reasons else {}
    return line | rejected | {"record": one.record}


def _entry(line: dict[str, Any], point: str, cycle: int) -> Collected:
    source = line["source"]
    return Collected(
        data_id=line["data_id"],
        point=point,
        cycle=cycle,
        source=RecordSource(
            source["site"],
            source["episode_id"],
            source["test"],
            tuple(source["made_by"]),
            tuple(source["derived_from"]),
        ),
        record=line["record"],
        occurrence=int(line.get("occurrence", 0)),
        reasons=tuple(line.get("reasons", ())),
        details=tuple(line.get("details", ())),
        origin=line["origin"],
    )
