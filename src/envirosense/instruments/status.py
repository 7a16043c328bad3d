"""What a device can know about a reading, as bits."""

from enum import IntFlag


class Status(IntFlag):
    """Flags of one reading; a fault that the device cannot notice has none."""

    NO_DATA = 1  # sampled, and at least one channel has no value, or nothing arrived
    AT_LIMIT = 2  # a channel is at an end of its range: the reading is a bound
    WARMING_UP = 4
    OFF = 8  # switched off, shed to save the battery, or the device has no power
    MAINTENANCE = 16  # the sensor looks after itself: shutter closed, fan cleaning
    DISTURBED = 32  # the sensor notices that something is in its way: rain, noise floor
