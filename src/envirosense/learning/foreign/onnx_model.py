"""An ONNX file as a detector: the file, and a small JSON beside it that says what goes in and comes out."""

import json
from pathlib import Path
from typing import Any, Final, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import PositiveFloat, PositiveInt

from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError, DatasetError, SchemaVersionError
from envirosense.datasets.windows import Windows
from envirosense.learning.detectors import check_channels
from envirosense.learning.foreign.readings import (
    View,
    checked_members,
    checked_scores,
    require_classes,
    shown,
)
from envirosense.learning.models.onnx_session import onnx_session

type Floats = npt.NDArray[np.float64]

SCHEMA_VERSION: Final = 1


class OnnxCard(FrozenModel):
    """What an ONNX file eats and says.

    Attributes:
        classes: of the columns of its probabilities, in order; one of them is `normal`.
        channels: of the windows that it was trained on, in order.
        view: `features` (window, feature) or `raw` (window, time, channel); both float32.
        ticks: readings in a raw window; none: any number.
        dt_s: time between two readings of a window [s]; none: any.
        unknown: what it is given for an unknown value: `nan`, or a number. `refuse`: it may be given none.
        output: name of the probabilities; empty: the last output.
        members: name of the output (member, window, class) of an ensemble; empty: there is none.
    """

    schema_version: Literal[1] = 1
    name: str
    version: str = "1"
    classes: tuple[str, ...]
    channels: tuple[str, ...]
    view: View = "features"
    ticks: PositiveInt | None = None
    dt_s: PositiveFloat | None = None
    unknown: Literal["nan", "refuse"] | float = "refuse"
    output: str = ""
    members: str = ""

    @classmethod
    def load(cls, path: Path) -> Self:
        """Card of a JSON file.

        Raises:
            DatasetError: if it cannot be read.
            SchemaVersionError: if a newer version wrote it.
            ConfigError: for the first field that does not fit.
        """
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise DatasetError(
                f"{path}: cannot be read ({error.strerror}); write what the ONNX file eats into it"
            ) from None
        except ValueError:
            raise DatasetError(f"{path}: not JSON") from None
        version = told.get("schema_version") if isinstance(told, dict) else None
        if isinstance(version, int) and version > SCHEMA_VERSION:
            raise SchemaVersionError(path, version, SCHEMA_VERSION)
        card = cls.parse(told, str(path))
        require_classes(card.classes)
        return card


class OnnxDetector:
    """Detector of `NAME.onnx` with `NAME.json` beside it; it is trained already, `fit` changes nothing."""

    def __init__(self, path: Path | str, card: OnnxCard | None = None) -> None:
        """Of a file.

        Raises:
            DatasetError: if file or card cannot be read.
            MissingExtraError: without onnxruntime.
        """
        path = Path(path)
        self.card = OnnxCard.load(path.with_suffix(".json")) if card is None else card
        require_classes(self.card.classes)
        self.name, self.version = self.card.name, self.card.version
        self.channels = self.card.channels
        self._session = onnx_session(_bytes(path), path)
        self._input = self._session.get_inputs()[0].name
        outputs = [one.name for one in self._session.get_outputs()]
        for name in filter(None, (self.card.output, self.card.members)):
            if name not in outputs:
                raise ConfigError("output", name, f"{path.name} has no such output ({', '.join(outputs)})")
        self._output = self.card.output or next(n for n in reversed(outputs) if n != self.card.members)

    @property
    def classes(self) -> tuple[str, ...]:
        """Class of each column of `score`."""
        return self.card.classes

    def fit(self, train: Windows, rng: np.random.Generator) -> Self:
        """The detector as it is."""
        return self

    def score(self, windows: Windows) -> Floats:
        """Class probabilities, (window, class).

        Raises:
            DatasetError: if it cannot be given these windows, or gives no probabilities.
        """
        if not len(windows):
            return np.empty((0, len(self.classes)))
        return checked_scores(self._run(self._output, windows), len(windows), self.classes, self.name)

    def score_members(self, windows: Windows) -> Floats:
        """Class probabilities of each member, (member, window, class); of one without such an output."""
        if not self.card.members or not len(windows):
            return self.score(windows)[None]
        return checked_members(self._run(self.card.members, windows), len(windows), self.classes, self.name)

    def _run(self, output: str, windows: Windows) -> Any:
        x = self._fed(windows)
        try:
            (found,) = self._session.run([output], {self._input: x})
        except Exception as error:  # onnxruntime has no common base class of its errors
            raise DatasetError(f"{self.name}: cannot score arrays of {x.shape} ({error})") from None
        return found

    def _fed(self, windows: Windows) -> npt.NDArray[np.float32]:
        card = self.card
        check_channels(card.channels, windows.channels)
        if card.dt_s is not None and not np.isclose(card.dt_s, windows.dt_s):
            raise DatasetError(f"{self.name}: made for a tick of {card.dt_s:g} s, not {windows.dt_s:g} s")
        if card.ticks is not None and card.ticks != windows.x.shape[1]:
            raise DatasetError(f"{self.name}: made for {card.ticks} ticks a window, not {windows.x.shape[1]}")
        x = np.asarray(shown(windows, card.view), dtype=np.float32)
        unknown = np.isnan(x)
        if card.unknown == "nan" or not unknown.any():
            return x
        if card.unknown == "refuse":
            n = int(unknown.any(axis=tuple(range(1, x.ndim))).sum())
            raise DatasetError(
                f"{self.name}: {n} of {len(x)} windows hold unknown values; set unknown in its card to nan "
                "if it knows NaN, else to the number it was trained with in their place"
            )
        return np.where(unknown, np.float32(card.unknown), x)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror})") from None
