"""The fake twin keeps the contract it is used to test."""

import pyarrow as pa
import pytest

from envirosense.testing.twin_contract import check_twin
from envirosense.testing.twins import CoinTwin


@pytest.mark.parametrize("scenario", CoinTwin().scenarios())
def test_the_coin_keeps_the_contract(scenario):
    check_twin(CoinTwin(), scenario)


class Forgetful(CoinTwin):
    """Draws from a generator that remembers."""

    count = 0

    def draw(self, scenario, request):
        Forgetful.count += 1
        spec = super().draw(scenario, request)
        return spec.model_copy(update={"world_seed": Forgetful.count})


class Swayed(CoinTwin):
    """Lets the sensors into the labels."""

    def simulate(self, spec, out):
        class Into:
            def write(self, stream, batch):
                if stream == "truth":
                    shifted = pa.array([spec.sensing_seed % 97 + 0.5] * batch.num_rows)
                    batch = pa.RecordBatch.from_arrays([batch.column(0), shifted], schema=batch.schema)
                out.write(stream, batch)

        return super().simulate(spec, Into())


@pytest.mark.parametrize("kind", [Forgetful, Swayed])
def test_the_contract_catches_a_twin_that_breaks_it(kind):
    with pytest.raises(AssertionError):
        check_twin(kind(), "toss/heads")
