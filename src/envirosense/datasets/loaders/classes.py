"""Classes that windows of a dataset can have."""

from typing import TYPE_CHECKING

from envirosense.datasets.window_events import BENIGN, NORMAL

if TYPE_CHECKING:
    from envirosense.datasets.dataset import DatasetView


def dataset_classes(view: "DatasetView") -> tuple[str, ...]:
    """Classes of windows: "normal", then the event types of the whole dataset, sorted.

    The same for every split; what only looks like trouble is normal.
    """
    found: set[str] = set()
    for place in view.manifest.files:
        if place.startswith("events/"):
            with view.files.open(place) as opened:
                n_groups = opened.metadata.num_row_groups
            found.update(view.files.read(place, range(n_groups), ["event_type"])["event_type"].to_pylist())
    return (NORMAL, *sorted(found - {NORMAL, BENIGN}))
