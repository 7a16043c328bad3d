"""What a foreign model is shown of windows, and what it may answer."""

from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.datasets.window_events import NORMAL
from envirosense.datasets.windows import Windows

type Floats = npt.NDArray[np.float64]
type View = Literal["features", "raw"]

_SUM_TOLERANCE: Final = 1e-3  # scores written with four digits still sum to one
_LEAST_CLASSES: Final = 2


def shown(windows: Windows, view: View) -> npt.NDArray[np.floating]:
    """What a model sees: features (window, feature), or readings (window, time, channel); NaN where unknown.

    The array is read-only where it is that of the windows.
    """
    if view == "features":
        return windows.features()
    raw = windows.x.view()
    raw.flags.writeable = False
    return raw


def require_view(view: str) -> None:
    """Refuse a view that there is not.

    Raises:
        ConfigError: naming those that there are.
    """
    if view not in ("features", "raw"):
        raise ConfigError("view", view, "use features or raw")


def require_classes(classes: tuple[str, ...]) -> None:
    """Refuse classes that cannot be those of a detector.

    Raises:
        ConfigError: if one stands twice, there is only one, or none is normal.
    """
    if len(set(classes)) != len(classes) or len(classes) < _LEAST_CLASSES or NORMAL not in classes:
        raise ConfigError("classes", classes, f"must be at least two different names, one of them {NORMAL!r}")


def checked_scores(found: Any, n_windows: int, classes: tuple[str, ...], who: str) -> Floats:
    """Scores (window, class) of a model, rows summing to one exactly.

    Raises:
        DatasetError: if they are no probabilities, one for each window and class.
    """
    try:
        scores = np.asarray(found, dtype=np.float64)
    except (TypeError, ValueError):
        raise DatasetError(f"{who}: gave no table of numbers but {type(found).__name__}") from None
    return _checked(scores, (n_windows, len(classes)), who)


def checked_members(found: Any, n_windows: int, classes: tuple[str, ...], who: str) -> Floats:
    """Scores (member, window, class) of an ensemble, rows summing to one exactly.

    Raises:
        DatasetError: if they are no probabilities, one for each member, window and class.
    """
    try:
        scores = np.asarray(found, dtype=np.float64)
    except (TypeError, ValueError):
        raise DatasetError(f"{who}: gave no table of numbers but {type(found).__name__}") from None
    members = scores.shape[0] if scores.ndim == 3 else 0
    return _checked(scores, (max(members, 1), n_windows, len(classes)), who)


def _checked(scores: Floats, shape: tuple[int, ...], who: str) -> Floats:
    if scores.shape != shape:
        raise DatasetError(
            f"{who}: scores are {scores.shape}, must be {shape}: one row a window, classes last"
        )
    bad = ~np.isfinite(scores).all(axis=-1)
    if bad.any():
        raise DatasetError(
            f"{who}: {int(bad.sum())} of {bad.size} windows have a score that is no number; a model must "
            "answer whatever reading is missing"
        )
    total = scores.sum(axis=-1, keepdims=True)
    if np.any(scores < -_SUM_TOLERANCE) or np.any(np.abs(total - 1.0) > _SUM_TOLERANCE):
        worst = float(total.ravel()[np.abs(total - 1.0).argmax()]) if total.size else 1.0
        raise DatasetError(
            f"{who}: scores are no probabilities: none may be negative, and those of a window sum to one "
            f"(found {worst:g}); apply a softmax"
        )
    scores = np.maximum(scores, 0.0)
    return np.asarray(scores / scores.sum(axis=-1, keepdims=True), dtype=np.float64)
