"""The page of a week: what its marks say is what was reported."""

import re

import numpy as np

from envirosense.home.weekpage.lanes import LEFT, WIDTH, curves

DAY_S = 86_400.0


def test_a_report_holds_until_the_next_and_the_last_to_the_end():
    power = np.array([[0.0, 0.0], [0.75 * DAY_S, 1000.0], [0.8 * DAY_S, 0.0]])
    (path,) = re.findall(
        r'<path class="line l0" d="([^"]+)"', curves([("Oven", "line l0", power)], ["Mon 1"])
    )
    (start,) = re.findall(r"M([\d.]+),([\d.]+)", path)
    steps = [(float(x), float(y)) for x, y in re.findall(r"H([\d.]+)V([\d.]+)", path)]
    low, high = float(start[1]), 4.0
    assert float(start[0]) == LEFT
    assert steps == [(round(LEFT + 0.75 * WIDTH, 1), high), (round(LEFT + 0.8 * WIDTH, 1), low)]
    assert path.endswith(f"H{LEFT + WIDTH}")
