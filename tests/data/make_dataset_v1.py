"""Makes `dataset_v1`, the frozen dataset of schema version 1 that every later version must still read.

It was run once, by the version that wrote schema version 1; its output is never made again. When the
schema version grows, freeze another dataset beside this one with a script of its own.
"""

import sys
from pathlib import Path

from envirosense.factory.generator import generate
from envirosense.factory.request import GenerationRequest
from envirosense.factory.twins import TWINS
from envirosense.testing.twins import CoinTwin

TARGET = Path(__file__).with_name("dataset_v1")


def main(target: Path = TARGET) -> None:
    """Write the dataset."""
    if "coin" not in TWINS:
        TWINS.register("coin")(CoinTwin)
    request = GenerationRequest.parse({
        "twin": "coin", "episodes": 5, "duration_s": 30.0, "seed": 3, "n_groups": 5, "name": "frozen",
        "options": {"fail": [4]},
    })  # fmt: skip
    generate(request, target, workers=1, allow_failures=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
