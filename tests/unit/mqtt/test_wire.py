"""However a stream is cut into reads, the same packets come out, and holding back loses none."""

import asyncio

from gmqtt.mqtt.package import Package
from hypothesis import given
from hypothesis import strategies as some

from adapters.mqtt.wire import Wire


class Line:
    """A listener that takes so many messages at a time, and gmqtt's connection, as far as a wire needs them."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.heard: list[bytes] = []
        self.lost: list[Exception | None] = []

    def on_publish(self, head: int, data: bytes, at: int, end: int) -> None:
        assert head == 0x32
        self.room -= 1
        self.heard.append(data[at:end])

    def on_puback(self, packet_id: int, reason: int) -> None:
        self.heard.append(b"puback %d %d" % (packet_id, reason))

    def on_read(self) -> None: ...

    def has_room(self) -> bool:
        return self.room > 0

    def on_writable(self) -> None: ...

    def on_lost(self, reason: int, error: Exception | None) -> None:
        assert reason == 0
        self.lost.append(error)

    def touch(self) -> None: ...

    def put_package(self, package: Package) -> None:
        self.heard.append(b"other " + package.data)


class Pipe(asyncio.Transport):
    """A transport that knows whether it is read from."""

    reading = True
    aborted = False

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True


def wired(line: Line, pipe: Pipe) -> Wire:
    wire = Wire(line, loop=asyncio.new_event_loop(), connection_state=None, id_generator=None)
    wire._loop.close()
    wire.set_connection(line)
    wire._transport = pipe
    return wire


def packet(head: int, body: bytes) -> tuple[bytes, bytes]:
    size = len(body)
    length = bytes([size]) if size < 128 else bytes([size % 128 | 0x80, size // 128])
    expected = {0x32: body, 0x40: b"puback 7 0", 0xD0: b"other " + body}[head]
    return bytes([head]) + length + body, expected


PACKETS = some.lists(
    some.one_of(
        some.binary(max_size=300).map(lambda body: packet(0x32, body)),
        some.just(packet(0x40, b"\0\7")),
        some.just(packet(0xD0, b"")),
    ),
    max_size=12,
)


@given(PACKETS, some.lists(some.integers(1, 90)), some.integers(1, 3))
def test_packets_come_out_whole_and_in_order_however_they_were_cut(
    packets: list[tuple[bytes, bytes]], cuts: list[int], room: int
) -> None:
    line, pipe = Line(room), Pipe()
    wire = wired(line, pipe)
    stream = b"".join(sent for sent, _ in packets)
    for size in [*cuts, len(stream)]:
        wire.data_received(stream[:size])
        stream = stream[size:]
        while wire.on_hold:
            assert not pipe.reading
            line.room = room
            wire.read_on()
    assert pipe.reading
    assert line.heard == [expected for _, expected in packets]


def test_what_is_held_is_not_handed_over() -> None:
    line, pipe = Line(1), Pipe()
    wire = wired(line, pipe)
    wire.data_received(packet(0x32, b"1")[0] + packet(0x40, b"\0\7")[0] + packet(0x32, b"2")[0] + packet(0x32, b"3")[0])
    wire.read_on()
    assert line.heard == [b"1", b"puback 7 0"]
    assert not pipe.reading


def test_a_stream_that_is_not_mqtt_breaks_the_connection_and_says_so() -> None:
    line, pipe = Line(1), Pipe()
    wired(line, pipe).data_received(b"\x32\xff\xff\xff\xff\x01")
    assert pipe.aborted
    assert "not MQTT 5" in str(line.lost[0])
