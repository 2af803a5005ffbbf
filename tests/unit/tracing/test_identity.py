"""Which trace something is in: the same for every process, and for whoever has the correlation id."""

import subprocess
from shutil import which

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.tracing.identity import Belonging, Place, Share, belonging, read_traceparent, trace_of, trace_of_event
from schema.ids import content_event_id
from tests.support.documents import ROOT, blocks

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.skipif(which("b2sum") is None, reason="the shell of this machine has no b2sum")
def test_the_command_in_the_guide_prints_the_trace_id_of_a_correlation_id() -> None:
    [command] = [text for text in blocks(ROOT / "docs/how-to/tracing.md", "sh") if "b2sum" in text]
    printed = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout
    assert printed.split()[0] == f"{trace_of(command.split()[2]):032x}"


def test_metadata_say_what_an_event_belongs_to_and_follows_from() -> None:
    assert belonging(b'{"source":"x","$correlationId":"c","$causationId":"e"}') == Belonging("c", "e")
    for strange in (b"", b"{}", b'{"$correlationId":1}', b'"$correlationId"', b'{"$correlationId"'):
        assert belonging(strange) == Belonging()


@given(number=st.integers(0, 1 << 40), ratio=st.floats(0, 1), kind=st.sampled_from(["SensorReading", "DeadLettered"]))
def test_who_sees_the_event_and_who_sees_its_trace_choose_alike(number: int, ratio: float, kind: str) -> None:
    event_id, share = content_event_id(number, str(number)), Share(ratio)
    assert share.holds_event(event_id, kind) == share.holds(trace_of_event(event_id))


@pytest.mark.parametrize(("ratio", "least", "most"), [(0, 0, 0), (0.1, 120, 280), (1, 2000, 2000)])
def test_a_share_is_about_as_large_as_it_is_said_to_be(ratio: float, least: int, most: int) -> None:
    share = Share(ratio)
    held = sum(share.holds_event(content_event_id(None, str(number)), "SensorReading") for number in range(2000))
    assert least <= held <= most


def test_what_devices_say_of_commands_is_always_told_of() -> None:
    assert Share(0).holds_event(content_event_id(None, "x"), "CommandAck")
    assert not Share(0).holds_event(content_event_id(None, "x"), "SensorReading")


def test_a_traceparent_is_read_as_it_is_written() -> None:
    place = Place(0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331)
    assert read_traceparent(TRACEPARENT) == place
    assert read_traceparent(TRACEPARENT[:-1] + "0") == Place(place.trace, place.span, sampled=False)
    assert read_traceparent("cc" + TRACEPARENT[2:] + "-what-comes-later") == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00",
        TRACEPARENT[:-1],
        TRACEPARENT.upper(),
        "ff" + TRACEPARENT[2:],
        TRACEPARENT + "\n",
        "00-" + "0" * 32 + TRACEPARENT[35:],
        TRACEPARENT[:36] + "0" * 16 + "-01",
    ],
)
def test_a_traceparent_that_is_none_counts_as_none(text: str) -> None:
    assert read_traceparent(text) is None
