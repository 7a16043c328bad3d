"""A 160x120 camera through the whole house: generated, stored, checked, cut into windows and shown."""

import numpy as np
import pytest

from envirosense.core.settings import settings
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.finish import finish
from envirosense.datasets.frames import FrameLayout
from envirosense.datasets.output import prepare_output
from envirosense.datasets.plan import Plan
from envirosense.datasets.quality import validate
from envirosense.datasets.shard import write_shard
from envirosense.factory.planning import draw_specs
from envirosense.factory.request import GenerationRequest
from envirosense.instruments.configuration import SensorConfiguration
from envirosense.instruments.faults import Fault
from envirosense.instruments.status import Status
from envirosense.pole.outfit import default_configuration
from envirosense.pole.page import episode_page
from envirosense.pole.rules import pole_rules
from envirosense.pole.site import Site
from envirosense.pole.twin import PoleTwin

PART = "thermal_camera/lepton_3_5"


def guardian(**camera):
    usual = default_configuration(Site(), frame_interval_s=20.0)
    changes = {"thermal_camera": {"part": PART} | camera, "barometer": {}}
    chosen = [sensor for sensor in usual.sensors if sensor.sensor_type in changes]
    sensors = (sensor.model_copy(update=changes[sensor.sensor_type]) for sensor in chosen)
    return SensorConfiguration(sensors=tuple(sensors))


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    faults = (Fault(kind="disconnected", begin_s=200.0, end_s=400.0),)
    sensing = guardian(faults=faults).model_dump(mode="json")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENVIROSENSE_HOME", str(folder / "home"))
        settings.cache_clear()
        twin = PoleTwin()
        request = GenerationRequest(
            twin="pole",
            scenarios=("fire/*",),
            episodes=1,
            duration_s=1800.0,
            dt_s=10.0,
            seed=7,
            options={"sensing": sensing},
        )
        episodes = [(spec, "train") for spec in draw_specs(request, twin)]
        plan = Plan.build(name="large", twin="pole", seed=7, episodes=episodes, code_version="test")
        with prepare_output(plan, folder / "data") as output:
            for shard in output.pending:
                write_shard(output.folder, shard, twin.simulate)
            finish(output)
        yield Dataset.open(folder / "data")
    settings.cache_clear()


def test_frames_are_stored_as_large_as_they_are(stored):
    layout = FrameLayout.of(stored.schema("thermal").field("frame_lo"))
    assert (layout.height, layout.width) == (120, 160)
    episode = next(iter(stored))
    frames = layout.values(episode.frames())
    ticks = episode.table("thermal")["tick"].to_numpy()
    assert frames.shape == (ticks.size, 120, 160)
    assert not np.any((ticks >= 20) & (ticks < 40))  # the link was down
    assert 230.0 < np.median(frames) < 330.0
    assert episode.table("thermal")["n_clipped"].to_numpy().dtype == np.uint16


def test_masks_have_one_bit_for_every_pixel(stored):
    for episode in stored:
        rows = episode.table("masks").to_pylist()
        assert rows
        for row in rows:
            bits = np.unpackbits(np.frombuffer(row["mask"], np.uint8))
            assert bits.size == 120 * 160
            assert bits.sum() == row["n_pixels"]


def test_status_says_that_frames_were_lost(stored):
    table = next(iter(stored)).table("status")
    column = table["thermal_camera.status"].to_numpy(zero_copy_only=False)
    quality = table["thermal_camera.quality"].to_numpy(zero_copy_only=False)
    assert np.isfinite(quality[0])
    assert (column[20], quality[20]) == (int(Status.NO_DATA), 0.0)
    assert np.isnan(column[1])  # nothing was due


def test_quality_rules_windows_and_page_read_it(stored):
    report = validate(stored, pole_rules())
    assert report.is_ok, str(report)
    windows = stored.windows(600.0, 600.0, 600.0)
    names = [name for name in windows.channels if name.startswith("thermal.")]
    assert len(names) == 8
    page = episode_page(stored, next(iter(stored)).episode_id)
    assert "Lepton 3.5" in page
