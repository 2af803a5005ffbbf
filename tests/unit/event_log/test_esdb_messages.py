"""What is asked of an EventStoreDB and what its answers mean, without one."""

import re
from uuid import UUID

import pytest
from esdbclient.protos.Grpc import shared_pb2, streams_pb2
from hypothesis import given
from hypothesis import strategies as st

from adapters.event_log.esdb import requests
from adapters.event_log.esdb.records import number_of, position_of, recorded
from adapters.event_log.esdb.versions import check_version, version_in
from adapters.event_log.port import ANY, NO_STREAM, LogError
from schema.envelope import Filter, NewEvent

names = st.from_regex(r"[A-Za-z0-9_.$+]{1,8}", fullmatch=True)


@given(st.frozensets(names, min_size=1, max_size=3), names, st.from_regex(r"(-[a-z0-9.-]{0,8})?", fullmatch=True))
def test_the_servers_filter_lets_through_just_the_streams_of_the_categories(
    categories: frozenset[str], category: str, rest: str
) -> None:
    asked = requests.subscribe_to_everything(None, Filter(categories=categories)).options.filter.stream_identifier.regex
    assert bool(re.search(asked, category + rest)) == (category in categories)


@given(st.frozensets(names, min_size=1, max_size=3), names)
def test_the_servers_filter_lets_through_just_the_types(types: frozenset[str], kind: str) -> None:
    asked = requests.read_everything(None, only=Filter(types=types)).options.filter.event_type.regex
    assert bool(re.search(asked, kind)) == (kind in types)


@pytest.mark.parametrize(("stream", "ours"), [("device-a", True), ("$stats-1", False), ("$$device-a", False), ("x$", True)])
def test_without_a_filter_all_comes_but_what_the_server_wrote_itself(stream: str, ours: bool) -> None:
    asked = requests.read_everything(None).options.filter.stream_identifier.regex
    assert bool(re.search(asked, stream)) == ours


@pytest.mark.parametrize(
    ("expected", "told"), [(ANY, "any"), (NO_STREAM, "no_stream"), (0, "stream_position"), (7, "stream_position")]
)
def test_what_is_expected_of_a_stream_is_told(expected: int, told: str) -> None:
    options = requests.append(1, "device-a", expected, [], 2.0).options
    assert options.WhichOneof("expected_stream_position") == told
    assert told != "stream_position" or options.stream_position == expected


@given(st.binary(min_size=16, max_size=16), st.binary(max_size=20))
def test_an_id_comes_back_as_it_was_sent(event_id: bytes, data: bytes) -> None:
    request = requests.append(1, "device-a", ANY, [NewEvent(event_id, "Happened", data, b"{}")], 1.0)
    (sent,) = request.proposed_messages
    assert UUID(bytes=event_id).int >> 64 == sent.id.structured.most_significant_bits % (1 << 64)
    told = streams_pb2.ReadResp.ReadEvent.RecordedEvent(
        id=sent.id,
        stream_identifier=request.options.stream_identifier,
        metadata={**sent.metadata, "created": "17000000000000019"},
        data=sent.data,
        custom_metadata=sent.custom_metadata,
    )
    event = recorded(streams_pb2.ReadResp.ReadEvent(event=told))
    assert (event.id, event.type, event.data, event.stream) == (event_id, "Happened", data, "device-a")
    assert event.recorded_us == 1_700_000_000_000_001


def test_a_correlation_id_is_known_in_either_of_its_forms() -> None:
    assert number_of(requests.append(77, "a", ANY, [], 1.0).correlation_id) == 77
    assert number_of(shared_pb2.UUID(string=str(UUID(int=77)))) == 77


def test_a_position_that_the_server_does_not_know_is_none() -> None:
    success = streams_pb2.BatchAppendResp.Success
    there = shared_pb2.AllStreamPosition(commit_position=5, prepare_position=5)
    unknown = shared_pb2.AllStreamPosition(commit_position=(1 << 64) - 1)
    assert position_of(success(position=there)) == 5
    assert position_of(success(position=unknown)) is None
    assert position_of(success()) is None


@pytest.mark.parametrize("answer", [b"", b"\xff\xff\xff", b"\x10\x07", b"\x12\x02\xff\xfe", b"\x12\x7f"])
def test_an_answer_without_a_version_is_no_version(answer: bytes) -> None:
    assert version_in(answer) == ""


def test_the_version_is_read_from_between_what_is_not_known() -> None:
    assert version_in(b"\x0a\x03abc\x12\x0625.1.0\x1a\x01x") == "25.1.0"


@pytest.mark.parametrize("version", ["24.10.5", "24.10.11.2209", "25.0.1", "25.1.0-rc1", "30.0"])
def test_versions_that_skip_nothing_are_taken(version: str) -> None:
    check_version(version, "it")


@pytest.mark.parametrize("version", ["", "unknown", "21.10.11", "23.10.9", "24.10.4", "25.0.0", "25.0.0-rc.2"])
def test_versions_that_can_skip_or_are_not_told_are_refused(version: str) -> None:
    with pytest.raises(LogError, match=r"24\.10\.5"):
        check_version(version, "it")
