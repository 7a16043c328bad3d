import numpy as np

from envirosense.home.faults.fault_kernels import never_happened
from envirosense.home.log import Origin

DEVICE, PERSON, AUTOMATION = int(Origin.DEVICE), int(Origin.PERSON), int(Origin.AUTOMATION)


def never(cause: list[int], origin: list[int], lost: list[int]) -> list[bool]:
    is_lost = np.isin(np.arange(len(cause)), lost)
    return list(never_happened(np.array(cause), np.array(origin, dtype=np.int8), is_lost, AUTOMATION, DEVICE))


def test_automations_need_to_hear_of_what_they_answer() -> None:
    chain = never([-1, 0, 1, 2], [DEVICE, AUTOMATION, AUTOMATION, DEVICE], [0])
    assert chain == [False, True, True, True]


def test_people_see_for_themselves() -> None:
    assert never([-1, 0, 1], [DEVICE, PERSON, DEVICE], [0]) == [False, False, False]


def test_what_happened_unheard_has_its_effects() -> None:
    assert never([-1, 0], [PERSON, DEVICE], [0]) == [False, False]


def test_nothing_lost_changes_nothing() -> None:
    assert not any(never([-1, 0, 1], [DEVICE, AUTOMATION, AUTOMATION], []))
