"""Detectors by name, ours and those of other packages."""

from collections.abc import Callable
from typing import Final

from envirosense.core.registry import Registry
from envirosense.learning.detectors import Detector

type DetectorFactory = Callable[[], Detector]

DETECTORS: Final[Registry[DetectorFactory]] = Registry("detector", "envirosense.detectors")
