"""Stored episodes written once more, as if they were simulated."""

from collections.abc import Mapping

import pyarrow as pa

from envirosense.core.episode import EpisodeSpec, EpisodeSummary
from envirosense.core.protocols import Sink
from envirosense.datasets.episode import Episode


class Stored:
    """Stored episodes, written again as if they were simulated."""

    def __init__(self, episodes: Mapping[str, Episode]) -> None:
        self.episodes = episodes

    def simulate(self, spec: EpisodeSpec, out: Sink) -> EpisodeSummary:
        """Write the rows of the stored episode of a spec."""
        episode = self.episodes[spec.episode_id]
        for stream in episode.streams:
            schema = unkeyed_schema(episode.schema(stream))
            out.write(stream, pa.RecordBatch.from_pylist([], schema=schema))
            for batch in episode.batches(stream):
                out.write(
                    stream, pa.RecordBatch.from_arrays([batch[name] for name in schema.names], schema=schema)
                )
        return EpisodeSummary.model_validate(episode.summary)


def unkeyed_schema(schema: pa.Schema) -> pa.Schema:
    """Schema of a stored stream as a twin writes it: without what the store adds."""
    own = [field for field in schema if field.name not in ("episode_id", "time_utc")]
    return pa.schema([_without_field_id(field) for field in own], schema.metadata)


def _without_field_id(field: pa.Field) -> pa.Field:
    facts = {key: value for key, value in (field.metadata or {}).items() if key != b"PARQUET:field_id"}
    return field.with_metadata(facts) if facts else field.remove_metadata()
