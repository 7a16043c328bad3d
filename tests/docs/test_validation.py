"""Every row of docs/validation.md names a test that exists, and there are enough of them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (?!case |---)(.+) \|$", re.M)
LEAST_CASES = 350


def rows() -> list[list[str]]:
    text = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    cases = text[text.index("\n| case | what |") :]
    return [re.split(r"(?<!\\) \| ", row) for row in ROW.findall(cases)]


def test_the_table_is_whole_and_long_enough() -> None:
    assert len(rows()) >= LEAST_CASES
    assert [row for row in rows() if len(row) != 7 or not all(cell.strip() for cell in row)] == []


def test_every_case_names_a_test_that_stands() -> None:
    sources: dict[str, str] = {}
    missing = []
    for row in rows():
        for reference in re.findall(r"tests/[\w/]+\.py::\w+", row[6]) or [row[6]]:
            path, _, name = reference.strip("`").partition("::")
            if path not in sources:
                file = ROOT / path
                sources[path] = file.read_text(encoding="utf-8") if file.is_file() else ""
            if not re.search(rf"^def {re.escape(name)}\(", sources[path], re.M):
                missing.append(reference)
    assert missing == []


def test_no_case_stands_twice() -> None:
    cases = [(row[1], row[6]) for row in rows()]
    assert [case for case in cases if cases.count(case) > 1] == []
