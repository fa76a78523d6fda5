"""A user's word for a device finds the device, or a sentence that names all there are."""

from __future__ import annotations

import pytest

from engine.sources.capture import choose_device
from t2s_rt.errors import DeviceError
from tests.engine.sources.listening import named

DEVICES = [
    named("Webcam Microphone", index=0),
    named("Scarlett 2i2 USB", index=3, default=True),
    named("Microphone", index=5),
    named("Monitor of Scarlett 2i2 USB", index=12),
]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ("", 3),
        ("webcam", 0),
        ("SCARLETT", 3),
        ("monitor of", 12),
        ("Microphone", 5),
        ("micro", 0),
        ("12", 12),
        ("2i2 usb", 3),
    ],
)
def test_a_device_is_found_by_part_of_its_name_or_its_number(wanted, index):
    assert choose_device(DEVICES, wanted).index == index


def test_without_a_default_the_first_is_taken():
    assert choose_device([named("one", index=4), named("two", index=5)], "").name == "one"


def test_an_unknown_name_is_answered_with_the_names_there_are():
    with pytest.raises(DeviceError, match=r"called 'zoom'; there are: 0 'Webcam Microphone', 3 'Scar"):
        choose_device(DEVICES, "zoom")


def test_an_unknown_number_is_no_device():
    with pytest.raises(DeviceError, match="called '4'"):
        choose_device(DEVICES, "4")


def test_no_device_at_all_says_what_to_do():
    with pytest.raises(DeviceError, match=r"no microphone on this machine.* --source demo"):
        choose_device([], "anything")
