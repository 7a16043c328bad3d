"""Figures of a benchmark: what was measured, the gate it should reach, and how it was timed."""

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number; a gate is a floor unless `is_ceiling`."""

    name: str
    value: float
    unit: str
    gate: float | None = None
    is_ceiling: bool = False
    note: str = ""

    @property
    def verdict(self) -> str:
        """`pass` or `MISS` against the gate; empty without one."""
        if self.gate is None:
            return ""
        reached = self.value < self.gate if self.is_ceiling else self.value >= self.gate
        return "pass" if reached else "MISS"

    def record(self) -> dict[str, object]:
        """The figure as plain data."""
        return asdict(self) | {"verdict": self.verdict}


def interleaved_cpu_s(tasks: Mapping[str, Callable[[], object]], passes: int) -> dict[str, list[float]]:
    """Processor time of every task in every pass [s]; tasks take turns; a first pass is thrown away."""
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for turn in range(passes + 1):
        for name, task in tasks.items():
            start_s = time.process_time()
            task()
            if turn:
                times[name].append(time.process_time() - start_s)
    return times


def median_ratio(slow: Iterable[float], fast: Iterable[float]) -> float:
    """Median over passes of slow / fast, each pair from one pass."""
    return statistics.median(a / b for a, b in zip(slow, fast, strict=True))


def spread(values: Iterable[float]) -> str:
    """Least and greatest value in words."""
    kept = list(values)
    return f"{min(kept):.3g} to {max(kept):.3g} over {len(kept)} passes"


def machine_facts() -> dict[str, str]:
    """What the figures were measured on."""
    import numpy as np
    import pyarrow as pa

    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": f"{platform.python_version()}, numpy {np.__version__}, pyarrow {pa.__version__}",
        "load": f"{load():.2f} (1 min average at the start)",
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")


def load() -> float:
    """Load average of the last minute; 0 where the system keeps none."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def print_table(figures: Iterable[Figure]) -> None:
    """Print figure, value, gate and verdict, one a line."""
    figures = list(figures)
    width = max((len(figure.name) for figure in figures), default=0)
    for figure in figures:
        sign = "<" if figure.is_ceiling else ">="
        gate = "" if figure.gate is None else f"{sign} {figure.gate:g}"
        value = f"{figure.value:,.4g} {figure.unit}".strip()
        note = f"  {figure.note}" if figure.note else ""
        print(f"{figure.name:<{width}}  {value:>22}  {gate:>8}  {figure.verdict:<4}{note}".rstrip())
    sys.stdout.flush()
