"""Card of a model: what it is, what it eats, how it was made."""

from typing import Any, Final, Literal

from pydantic import Field, PositiveInt

from envirosense.core.config import FrozenModel
from envirosense.core.fingerprint import fingerprint

CARD: Final = "model.json"
SCHEMA_VERSION: Final = 1

type ModelFormat = Literal["skops", "onnx"]


class ModelFile(FrozenModel):
    """The file that holds what was learned."""

    name: str
    format: ModelFormat
    sha256: str
    n_bytes: PositiveInt


class ModelCard(FrozenModel):
    """Everything about a model but its weights.

    Attributes:
        task: name of the `ModelTask`.
        classes: of the columns of a score, in order.
        negative: the class that raises no alarm.
        features: names of the columns that it eats, in order; NaN stands for unknown.
        threshold: alarm where one minus the score of `negative` is above it.
        trainer: `name@version` of what made it.
        trained_on: content hashes of samples and logical hashes of datasets.
        facts: seeds, settings, versions; plain data.
    """

    schema_version: Literal[1] = 1
    task: str
    classes: tuple[str, ...]
    negative: str
    features: tuple[str, ...]
    threshold: float
    trainer: str
    trained_on: tuple[str, ...] = ()
    facts: dict[str, Any] = Field(default_factory=dict)
    file: ModelFile

    @property
    def model_id(self) -> str:
        """Content address: hash of the file and of all that decides what the model says, 16 hex digits."""
        return fingerprint([
            self.task, self.classes, self.negative, self.features, self.threshold, self.file.sha256,
        ])[:16]  # fmt: skip
