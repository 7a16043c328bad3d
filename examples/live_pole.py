"""Listen to a pole while it runs six hundred times faster than time, switch a sensor, and count what came.

Run: python examples/live_pole.py
"""

import asyncio
from collections import Counter

from envirosense.pole.live import LivePole
from envirosense.studio import LiveSession

SENSORS = ["temperature_humidity", "barometer", "voc_array"]


async def listen() -> Counter[str]:
    """Records by type and parameter over three minutes of a fire that begins."""
    pole = LivePole.draw("fire/cellulose_pyrolysis", seed=12, duration_s=180.0, options={"sensors": SENSORS})
    session = LiveSession(pole, speed=600.0)
    records = session.subscribe()
    session.start()
    seen: Counter[str] = Counter()
    async for record in records:
        seen[record.parameter if record.type == "telemetry" else record.type] += 1
        if seen["ENV_PRES"] == 60 and pole.sensors["barometer"]:
            print(f"barometer off from tick {session.switch('barometer', on=False)}")
    session.wait()
    return seen


counted = asyncio.run(listen())
for name, n in sorted(counted.items()):
    print(f"{name:<20}{n:>6}")
