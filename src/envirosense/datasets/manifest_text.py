"""The text of a manifest, written and read a line at a time: its two long lists are never there as text."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

from envirosense.datasets.file_list import FileList
from envirosense.datasets.fingerprints import Fingerprints
from envirosense.datasets.shard import FileRecord

_FINGERPRINTS: Final = b' "spec_fingerprints": [\n'
_FILES: Final = b' "files": {\n'
_FINGERPRINT: Final = re.compile(rb'  "([0-9a-f]{64})"(,?)\n')
_FILE: Final = re.compile(
    rb'  ("(?:[^"\\]|\\.)+"): \{\n   "rows": (0|[1-9]\d{0,17}),\n   "bytes": (0|[1-9]\d{0,17}),\n'
    rb'   "sha256": "([0-9a-f]{64})"\n  \}(,?)\n'
)
_MORE_LINES: Final = 4  # of a file, behind its path


class _OtherForm(ValueError):
    """A text that says it another way; it is read whole."""


def as_json(value: object) -> bytes:
    """Text of plain data, in the form of all our documents."""
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def manifest_pieces(
    head: Mapping[str, Any], fingerprints: Iterable[str], files: Mapping[str, FileRecord]
) -> Iterator[bytes]:
    """Text of a manifest: as `as_json` of all its fields, of which the two long ones come last."""
    yield as_json(head).removesuffix(b"\n}\n") + b',\n "spec_fingerprints": '
    yield from _enclosed(b"[", (f'  "{one}"'.encode() for one in fingerprints), b"]")
    yield b',\n "files": '
    yield from _enclosed(b"{", map(_file_text, files.items()), b"}")
    yield b"\n}\n"


def _enclosed(opening: bytes, items: Iterable[bytes], closing: bytes) -> Iterator[bytes]:
    yield opening
    between = b"\n"
    for item in items:
        yield between + item
        between = b",\n"
    yield closing if between == b"\n" else b"\n " + closing


def _file_text(file: tuple[str, FileRecord]) -> bytes:
    place, record = file
    return (
        f'  {json.dumps(place, ensure_ascii=False)}: {{\n   "rows": {record.rows},\n'
        f'   "bytes": {record.bytes},\n   "sha256": "{record.sha256}"\n  }}'
    ).encode()


def read_manifest_text(path: Path) -> dict[str, Any]:
    """Fields of the manifest in a file, the two long ones packed where it is written in our form.

    Raises:
        ValueError, TypeError: if it is damaged.
    """
    try:
        with path.open("rb") as lines:
            return _parsed(lines)
    except _OtherForm:
        found: dict[str, Any] = json.loads(path.read_bytes())
        return found


def _parsed(lines: Iterator[bytes]) -> dict[str, Any]:
    """Fields in a text: what stands in the long lists is taken out, the rest parsed as it is."""
    rest: list[bytes] = []
    packed: dict[str, Any] = {}
    for line in lines:
        rest.append(line)
        if line == _FINGERPRINTS:
            packed["spec_fingerprints"] = Fingerprints(_fingerprints(lines, rest))
        elif line == _FILES:
            packed["files"] = _files(lines, rest)
    found: dict[str, Any] = json.loads(b"".join(rest)) | packed
    return found


def _fingerprints(lines: Iterator[bytes], rest: list[bytes]) -> Iterator[str]:
    is_last = False
    for line in lines:
        found = _FINGERPRINT.fullmatch(line)
        if found is None or is_last:
            _close(line, b" ]", is_last, rest)
            return
        is_last = not found[2]
        yield found[1].decode()


def _files(lines: Iterator[bytes], rest: list[bytes]) -> FileList:
    files, is_last = FileList(), False
    for line in lines:
        if line.startswith(b" }"):
            _close(line, b" }", is_last, rest)
            break
        found = _FILE.fullmatch(b"".join([line, *islice(lines, _MORE_LINES)]))
        if found is None or is_last:
            raise _OtherForm
        is_last = not found[5]
        place = json.loads(found[1]).encode()
        files.append(place, int(found[2]), int(found[3]), bytes.fromhex(found[4].decode()))
    return files


def _close(line: bytes, closing: bytes, is_complete: bool, rest: list[bytes]) -> None:
    if not is_complete or not line.startswith(closing):
        raise _OtherForm
    rest.append(line)
