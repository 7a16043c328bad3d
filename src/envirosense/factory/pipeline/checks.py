"""What is wrong with a manifest, found before anything is simulated."""

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa

from envirosense.core.episode import EpisodeSpec
from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.protocols import Twin
from envirosense.datasets.formats import FORMATS, FileFormat
from envirosense.datasets.memory import MemorySink
from envirosense.datasets.object_store import is_url
from envirosense.datasets.store import schema_difference
from envirosense.factory.augmentation import Augmenter, Recipe
from envirosense.factory.pipeline.balanced import Balance
from envirosense.factory.pipeline.drawing import Drawing
from envirosense.factory.pipeline.manifest import DrawnEpisodes, ExportRequest, PipelineManifest
from envirosense.scenarios.faults import Fault, Path, at

_TRIAL_TICKS: Final = 2
_SECRETS: Final = ("access_key", "secret_key")


type WasTried = Callable[[Drawing], bool]  # whether a run of the same was begun, so that its parts agree


def check_manifest(manifest: PipelineManifest, was_tried: WasTried | None = None) -> None:
    """Refuse what cannot be delivered; first ticks are simulated only of what was not tried before.

    Raises:
        Fault: naming field, value and fix.
    """
    with at("twin"):
        drawing = Drawing(manifest)
    asked: list[tuple[Path, DrawnEpisodes]] = [
        (("parts", at_), part) for at_, part in enumerate(manifest.parts)
    ]
    asked += [
        ((name,), one) for name in ("edge_cases", "balance") if (one := getattr(manifest, name)) is not None
    ]
    specs = {path: _first_spec(drawing, path, one) for path, one in asked}
    _check_made(drawing)
    for place, export in enumerate(manifest.formats):
        with at("formats", place, "format"):
            format_of(export)
    with at("target"):
        _check_target(manifest.target)
    may_differ = len({str((one.options, one.imperfections)) for _, one in asked}) > 1
    if may_differ and not (was_tried and was_tried(drawing)):
        _check_columns(specs, drawing.twin)


def _first_spec(drawing: Drawing, path: Path, asked: DrawnEpisodes) -> EpisodeSpec:
    try:
        return drawing.first_spec(asked)
    except ConfigError as error:
        if error.field in ("dt", "dt_s"):  # one for the whole manifest
            raise Fault(("dt",), error.value, error.fix) from None
        raise Fault((*path, *_field(error)), error.value, error.fix) from None


def _check_made(drawing: Drawing) -> None:
    """Refuse edge cases, classes and recipes that cannot be made."""
    manifest = drawing.manifest
    if manifest.edge_cases is not None:
        with at("edge_cases", "strategies"):
            drawing.edge_cases(manifest.edge_cases.model_copy(update={"count": 1}))
    if manifest.balance is not None:
        with at("balance", "target"):
            Balance(manifest.balance, drawing)
    if manifest.augment is not None:
        with at("augment", "recipe"):
            Augmenter(manifest.twin, Recipe.of(manifest.augment.recipe), manifest.seed)
        if not manifest.parts:
            raise Fault(("augment",), "...", "copies are made of the parts, and there is none; add a part")


def _field(error: ConfigError) -> tuple[str, ...]:
    """Field of a part that an error of its draw is about."""
    if error.field in ("scenario", "scenarios"):
        return ("scenarios",)
    if error.field == "duration_s":
        return ("duration",)
    if error.field.startswith("imperfection"):
        return ("imperfections",)
    return ("options", *error.field.removeprefix("options.").split("."))


def format_of(export: ExportRequest) -> FileFormat:
    """Format on disk that an export asks for.

    Raises:
        UnknownNameError: for an unknown format, one in memory, or an unknown compression.
    """
    known = {name: kind for name, kind in FORMATS.items() if issubclass(kind, FileFormat)}
    if export.format not in known:
        raise UnknownNameError("format", export.format, known)
    kind = known[export.format]()
    if export.compression and export.compression not in kind.compressions:
        raise UnknownNameError("compression", export.compression, kind.compressions)
    return kind


def _check_target(target: str | None) -> None:
    if target is None or not is_url(target):
        return
    url = urlsplit(target)
    if url.password or any(name in parse_qs(url.query) for name in _SECRETS):
        shown = target.replace(url.password or "", "***") if url.password else url.scheme + "://..."
        raise ConfigError("target", shown, "holds a secret; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    if not url.netloc and url.scheme != "file":
        raise ConfigError("target", target, "names no bucket; write s3://bucket/prefix")


def _check_columns(specs: Mapping[Path, EpisodeSpec], twin: Twin) -> None:
    """Refuse parts that write a stream with other columns than the first part, from two ticks of each."""
    (_, spec), *others = specs.items()
    first = _trial(spec, twin)
    for path, spec in others:
        for stream, schema in _trial(spec, twin).items():
            if stream in first and not first[stream].equals(schema, check_metadata=True):
                what = schema_difference(first[stream], schema)
                raise Fault(
                    path, stream,
                    f"this stream differs from that of the first part ({what}); give both the same sensors, "
                    "or make two datasets",
                )  # fmt: skip


def _trial(spec: EpisodeSpec, twin: Twin) -> dict[str, pa.Schema]:
    """Columns of every stream of the first ticks of a spec; none where so short an episode cannot run."""
    short = spec.model_copy(update={"grid": spec.grid.model_copy(update={"n": _TRIAL_TICKS})})
    sink = MemorySink(short)
    try:
        twin.simulate(short, sink)
    except Exception:  # the run itself records why an episode fails
        return {}
    return {stream: sink.table(stream).schema for stream in sink.streams}
