"""A few rows with the scores that a model gave them when it was entered: does it still say the same?"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import DatasetError, EnviroSenseError
from envirosense.core.rng import stream
from envirosense.datasets.files import write_whole
from envirosense.learning.models.bundle import ModelBundle
from envirosense.learning.samples import Samples

type Floats = npt.NDArray[np.float64]

N_ROWS: Final = 8
PROBE: Final = "probe.json"
_MOST_DIFFERENCE: Final = 1e-6  # between two runs of one file, float32 in between


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """Rows and what was said of them.

    Attributes:
        x: (row, feature), NaN where unknown.
        score: (row, class).
    """

    x: Floats
    score: Floats

    def save(self, folder: Path) -> None:
        """Write it beside the model."""
        x = [[value if np.isfinite(value) else None for value in row] for row in self.x.tolist()]
        text = json.dumps({"x": x, "score": self.score.tolist()}, allow_nan=False)
        write_whole(folder / PROBE, text.encode())

    @classmethod
    def load(cls, folder: Path) -> "Probe":
        """The probe of a model's folder.

        Raises:
            DatasetError: if it is missing or damaged.
        """
        try:
            told = json.loads((folder / PROBE).read_bytes())
            x, score = (np.array(told[name], dtype=np.float64) for name in ("x", "score"))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DatasetError(f"{folder / PROBE}: cannot be read ({error}); take another version") from None
        return cls(x, score)

    def check(self, model: ModelBundle) -> None:
        """Refuse a model that does not say what it said.

        Raises:
            DatasetError: naming how it differs.
        """
        found = scored(model, self.x)
        if found.shape != self.score.shape:
            raise DatasetError(f"{model.model_id}: scores are {found.shape}, were {self.score.shape}")
        off = float(np.abs(found - self.score).max())
        if not off <= _MOST_DIFFERENCE:
            raise DatasetError(
                f"{model.model_id}: scores of its {len(found)} probe rows differ by {off:.2g} from those "
                "recorded when it was entered; the file or a package has changed: train again"
            )


def probe_of(model: ModelBundle, rows: Samples | None = None) -> Probe:
    """Probe of a model, on some of the given samples; without any, on rows drawn the same way each time."""
    if rows is not None and len(rows):
        chosen = np.linspace(0, len(rows) - 1, min(N_ROWS, len(rows))).astype(np.intp)
        x = rows.x[chosen]
    else:
        x = stream(0, "probe", *model.card.features, "rows").normal(size=(N_ROWS, len(model.card.features)))
    return Probe(x, scored(model, x))


def scored(model: ModelBundle, x: Floats) -> Floats:
    """Scores of bare rows, (row, class).

    Raises:
        DatasetError: if the model fails on them, or its scores are no probabilities.
    """
    try:
        found = np.asarray(model.score(_samples(x, model.card.features)), dtype=np.float64)
    except EnviroSenseError:
        raise
    except Exception as error:  # what was learned may be anybody's code
        raise DatasetError(f"{model.model_id}: fails to score ({type(error).__name__}: {error})") from None
    if found.shape != (len(x), len(model.classes)):
        raise DatasetError(
            f"{model.model_id}: scores are {found.shape}, not ({len(x)}, {len(model.classes)})"
        )
    if not np.all(np.isfinite(found)) or not np.allclose(found.sum(axis=1), 1.0, atol=1e-4):
        raise DatasetError(f"{model.model_id}: scores are no probabilities: finite, each row summing to one")
    return found


def _samples(x: Floats, features: tuple[str, ...]) -> Samples:
    text = np.full(len(x), "")
    names = np.array([f"probe@{row}" for row in range(len(x))])
    return Samples(x, features, text, text, names, names, np.full(len(x), "simulated"), np.ones(len(x)))
