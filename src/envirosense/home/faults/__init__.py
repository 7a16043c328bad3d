"""Failures of devices, links and Home Assistant itself, and of the messages between them."""

from envirosense.home.faults.drawing import draw_faults
from envirosense.home.faults.fault import SHARES, FailureKind, Fault
from envirosense.home.faults.stream_faults import Delivered, Fate, with_stream_faults
from envirosense.home.faults.symptoms import faulted, outages, with_faults

__all__ = [
    "SHARES",
    "Delivered",
    "FailureKind",
    "Fate",
    "Fault",
    "draw_faults",
    "faulted",
    "outages",
    "with_faults",
    "with_stream_faults",
]
