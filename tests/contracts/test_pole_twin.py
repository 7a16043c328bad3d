import pytest

from envirosense.pole.twin import PoleTwin
from envirosense.testing.twin_contract import check_twin


@pytest.mark.parametrize("scenario", PoleTwin().scenarios())
def test_the_pole_twin_keeps_the_contract(scenario):
    check_twin(PoleTwin(block_ticks=100), scenario, duration_s=300.0)
