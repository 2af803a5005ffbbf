"""A test message tells whether a target is reached."""

import pytest

from glasshouse.errors import SettingsError
from glasshouse.notify_test import send_test
from glasshouse.settings import Settings, load_settings
from tests.support.receiver import receiving


def settings(url: str) -> Settings:
    return load_settings({"notify": {"office": {"webhook": url, "secret": "sixteen letters, and"}}}, environment={})


async def test_a_target_that_takes_it_is_well_and_one_that_does_not_says_why() -> None:
    async with receiving("204 No Content", "401 Who are you") as receiver:
        assert await send_test(settings(receiver.url), "office") is None
        assert await send_test(settings(receiver.url), "office") == "it answered 401"
    assert b'"state":"test"' in receiver.got[0].body


async def test_a_name_that_no_target_has_is_told_with_those_that_there_are() -> None:
    with pytest.raises(SettingsError, match="there are: office"):
        await send_test(settings("https://office.example"), "offcie")
