"""A recorded pole in the loop: its windows are samples like simulated ones, and feedback makes them teach."""

import numpy as np
import pytest

import envirosense as es
from envirosense.datasets.recorded import ImportMap, import_logs
from envirosense.learning.feedback import FeedbackRecord, feedback_samples
from envirosense.learning.feedback.field_log import FieldLog
from envirosense.learning.samples import Samples
from envirosense.pole.loop import PoleLoop

pytestmark = pytest.mark.slow


def test_feedback_on_a_recorded_pole_can_be_trained_on_with_simulated_windows(tmp_path):
    simulated = es.generate(
        "electrical/arcing_event,normal/diurnal_cycle", episodes=2, duration="3m", seed=1, card=False,
        out=tmp_path / "simulated", sensors=["barometer", "temperature_humidity"], workers=1,
    )  # fmt: skip
    rows = "".join(f"2026-11-22 12:{at // 60:02d}:{at % 60:02d},96300\n" for at in range(600))
    (tmp_path / "log.csv").write_text("time,pressure\n" + rows)
    wanted = ImportMap.parse(
        {
            "twin": "pole",
            "like": str(tmp_path / "simulated"),
            "tick": "1s",
            "time": {"column": "time", "timezone": "UTC"},
            "columns": {"pressure": {"channel": "barometer.pressure_pa", "unit": "Pa"}},
            "group": "pole-17",
        }
    )
    recorded = import_logs(wanted, [tmp_path / "log.csv"], tmp_path / "recorded")
    subject = PoleLoop()
    (episode,) = recorded
    told = {"episode_id": episode.episode_id, "verdict": "missed", "event_type": "arcing"}
    record = FeedbackRecord.parse({**told, "start_s": 60.0, "end_s": 180.0})
    judged = feedback_samples([record], subject.samples(recorded), recorded, subject.task, weight=5.0)
    assert judged.y.tolist() == ["arcing"] * 2
    assert judged.weight.tolist() == [5.0] * 2
    assert np.isnan(judged.slices["start_wind_m_s"].astype(float)).all()
    mixed = Samples.concat([subject.samples(simulated), judged])
    assert len(mixed.of_origin("real")) == 2
    assert mixed.of_origin("real").groups[0].startswith("pole-17-")

    (verdict,) = (log := FieldLog.of([record], subject.samples(recorded), recorded)).verdicts
    assert (verdict.is_event, verdict.is_alarmed, verdict.n_samples) == (True, False, 2)
    assert log.n_samples == {verdict.group: 10}  # a minute each
