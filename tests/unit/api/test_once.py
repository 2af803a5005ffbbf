"""What is made of a view is made once, and anew with the view."""

from sys import getrefcount
from typing import Any

from api.once import once
from api.types.device import device, device_page
from api.types.paging import Page
from api.types.reading import latest_readings
from projections.latest_queries import DeviceView
from tests.support.api import House
from tests.support.house_events import reading


class Seed:
    """Of which something is made."""


def test_what_is_made_of_an_object_is_made_once_and_of_each_for_itself() -> None:
    made: list[Seed] = []

    @once
    def grow(seed: Seed) -> int:
        made.append(seed)
        return len(made)

    @once
    def count(seed: Seed) -> str:
        return f"{grow(seed)} grown"

    first, second = Seed(), Seed()
    assert [grow(first), grow(second), grow(first), grow(second)] == [1, 2, 1, 2]
    assert [count(first), count(second)] == ["1 grown", "2 grown"]
    assert made == [first, second]


def test_a_view_is_not_held_by_what_is_kept_with_it() -> None:
    blank: dict[str, Any] = dict.fromkeys(
        ("site", "location", "name", "device_type", "model", "firmware_version", "status", "status_at", "last_seen")
    )
    view = DeviceView(device_id="a", readings=(), actuators=(), **blank)
    before = getrefcount(view)
    made = device_page([view], Page(1), "cursor")
    assert [edge.node.latest(None, None) for edge in made.edges] == [[]]
    assert getrefcount(view) == before


async def test_a_device_is_the_same_object_until_it_changes(house: House) -> None:
    await house.says([reading("a", 0, temperature=1.0), reading("b", 0, temperature=1.0)])
    before = {name: house.services.latest.device(name) for name in "ab"}
    await house.says([reading("a", 60, temperature=2.0)])
    after = {name: house.services.latest.device(name) for name in "ab"}
    assert before["a"] is not None
    assert before["b"] is not None
    assert after["a"] is not None
    assert after["b"] is not None
    assert device(after["b"]) is device(before["b"])
    assert device(after["a"]) is not device(before["a"])
    assert [one.value for one in latest_readings(after["a"], None, None)] == [2.0]
    assert [one.value for one in latest_readings(before["a"], None, None)] == [1.0]
