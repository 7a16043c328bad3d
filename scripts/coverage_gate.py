"""Branch coverage of each package against its bound; exit code 1 where one falls short."""

import json
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

BOUND_PCT = 90.0


def by_package(report: dict[str, object]) -> dict[str, Counter[str]]:
    """Counts of statements, branches and those run, by the first folder below the package."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    files = report["files"]
    assert isinstance(files, dict)
    for name, entry in files.items():
        below = Path(name).parts[Path(name).parts.index("envirosense") + 1 :]
        found[below[0] if len(below) > 1 else "envirosense"].update(
            {key: value for key, value in entry["summary"].items() if isinstance(value, int)}
        )
    return dict(found)


def covered_pct(counts: Counter[str]) -> float:
    """Statements and branches run, of all there are, as coverage.py counts with branches on [%]."""
    total = counts["num_statements"] + counts["num_branches"]
    return 100.0 * (counts["covered_lines"] + counts["covered_branches"]) / total if total else 100.0


def main() -> int:
    """Print one line a package; the number of packages below the bound decides the exit code."""
    path = Path("build/coverage.json")
    path.parent.mkdir(exist_ok=True)
    subprocess.run([sys.executable, "-m", "coverage", "json", "-q", "-o", str(path)], check=True)
    packages = by_package(json.loads(path.read_text(encoding="utf-8")))
    low = []
    for name, counts in sorted(packages.items()):
        pct = covered_pct(counts)
        low += [name] * (pct < BOUND_PCT)
        branches = f"{counts['covered_branches']}/{counts['num_branches']} branches"
        sys.stdout.write(f"{name:<14} {pct:6.1f} %  {branches}\n")
    if low:
        sys.stdout.write(f"below {BOUND_PCT:g} %: {', '.join(low)}\n")
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
