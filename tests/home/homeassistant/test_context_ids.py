import numpy as np

from envirosense.home.homeassistant.context_ids import context_ids, ulids, user_id

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
TIME_US = np.array([0, 1_767_567_600_123_456, 1_767_567_600_123_456, 4_102_444_800_000_000])


def test_an_id_begins_with_the_time_in_milliseconds():
    ids = context_ids("home", np.arange(4), TIME_US)
    assert [int.from_bytes(row[:6].tobytes()) for row in ids] == (TIME_US // 1000).tolist()


def test_letters_are_the_number_in_base_32():
    ids = context_ids("home", np.arange(4), TIME_US)
    for row, text in zip(ids, ulids(ids), strict=True):
        number = 0
        for letter in text.tobytes().decode():
            number = number * 32 + LETTERS.index(letter)
        assert number == int.from_bytes(row.tobytes())


def test_the_first_letters_of_a_known_moment():
    # the example of the ULID specification's JavaScript package (from memory)
    ids = context_ids("home", np.array([1]), np.array([1_469_918_176_385_000]))
    assert ulids(ids)[0].tobytes().startswith(b"01ARYZ6S41")


def test_ids_of_events_and_homes_differ():
    many = np.arange(20_000)
    times = np.zeros(20_000, dtype=np.int64)
    ids = np.concatenate([context_ids(home, many, times) for home in ("home-0001", "home-0002")])
    assert len({row.tobytes() for row in ids}) == 40_000


def test_the_same_event_has_the_same_id():
    once, again = (context_ids("home", np.array([5, 9]), TIME_US[1:3]) for _ in range(2))
    assert np.array_equal(once, again)


def test_bits_after_the_time_are_even():
    """Each of the 80 bits is set in half of 20,000 ids, within five standard errors."""
    ids = context_ids("home", np.arange(20_000), np.zeros(20_000, dtype=np.int64))
    share = np.unpackbits(ids[:, 6:], axis=1).mean(axis=0)
    assert np.abs(share - 0.5).max() < 5.0 * 0.5 / np.sqrt(20_000)


def test_people_have_accounts_of_their_own():
    assert len({user_id(home, name) for home in ("a", "b") for name in ("anna", "ben")}) == 4
    assert len(user_id("a", "anna")) == 16
