"""A learned fire alarm: looks at an episode's readings, two heads, one score."""

from envirosense.pole.detectors.fire_alarm.alarm import FireAlarm
from envirosense.pole.detectors.fire_alarm.lessons import Lesson, lesson_of, seen_windows
from envirosense.pole.detectors.fire_alarm.looks import Looks, looks_at
from envirosense.pole.detectors.fire_alarm.signals import Signals, episode_signals, window_signals

__all__ = [
    "FireAlarm",
    "Lesson",
    "Looks",
    "Signals",
    "episode_signals",
    "lesson_of",
    "looks_at",
    "seen_windows",
    "window_signals",
]
