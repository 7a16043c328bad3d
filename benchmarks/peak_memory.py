"""Greatest resident memory of this program."""

import resource
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")


def peak_bytes() -> int:
    """Greatest resident memory since the program was started [B].

    On Linux the kernel's high-water mark of this address space: what `getrusage` says there begins at the
    greatest of the parent's, so a small child of a large benchmark would look large.
    """
    if STATUS.exists():
        marks = [line.split()[1] for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:")]
        if marks:
            return 1024 * int(marks[0])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
