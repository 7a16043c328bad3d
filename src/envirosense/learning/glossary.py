"""Meanings of the generic words in names of channels and features."""

from collections.abc import Collection
from typing import Final

_MEANINGS: Final = {
    "median": "picture: middle pixel",
    "p99_9": "picture: level that one pixel in a thousand exceeds",
    "hot_spot": "picture: hottest pixel less the ring around it, a difference",
    "max_step": "picture: greatest rise of one pixel since the picture before, a difference",
    "local_rise": "picture: greatest rise of a small patch over the last half hour's picture, less the rise "
    "of the whole picture; a difference",
    "mean": "mean over the window",
    "std": "standard deviation, over the window or over the picture",
    "min": "smallest value, of the window or of the picture",
    "max": "greatest value, of the window or of the picture",
    "change": "last value less first value of the window, a difference",
    "slope_per_s": "rate of change over the window, per second",
    "mean_rise": "mean over the window less the episode's earlier level, a difference",
    "max_rise": "greatest value of the window less the episode's earlier level, a difference",
}
_ENDINGS: Final = {
    "_east": "east part of a direction, from -1 to 1",
    "_north": "north part of a direction, from -1 to 1",
}


def meanings(words: Collection[str]) -> dict[str, str]:
    """Meaning of each word that has one; endings of channel names count as words."""
    found = {word: said for word, said in _MEANINGS.items() if word in words}
    parts = {
        ending: said for ending, said in _ENDINGS.items() if any(word.endswith(ending) for word in words)
    }
    return found | {f"…{ending}": said for ending, said in parts.items()}
