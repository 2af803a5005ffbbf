"""Messages that come over HTTP: each in an envelope that says who speaks about what, as a topic does elsewhere."""

from typing import Final

import msgspec

from ingest.decoders.strict_json import read_list, read_object
from ingest.facts import Code, UnreadableError
from ingest.topics import KINDS, ROOT
from schema.ids import is_valid_id

SOURCE: Final = "http"
TOPIC: Final = "/ingest"
"""Where an item came that names no topic that could be read."""


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """An item. `payload` is what the device would publish on the topic, byte for byte."""

    site: str
    device: str
    topic: str
    payload: msgspec.Raw

    def quotes(self) -> int:
        return 2 * 7 + bytes(self.payload).count(b'"')

    @property
    def mqtt_topic(self) -> str:
        return f"{ROOT}/{self.site}/{self.device}/{self.topic}"


_decoder = msgspec.json.Decoder(Envelope)


def read_items(body: bytes) -> list[bytes]:
    """The items of a JSON body: those of a list, else the one that it is. What is no JSON is one item, and unreadable."""
    if body.lstrip()[:1] != b"[":
        return [body]
    try:
        return read_list(body)
    except UnreadableError:
        return [body]


def read_envelope(item: bytes) -> Envelope:
    """The envelope of an item; UnreadableError where it is none, or names what cannot speak."""
    envelope = read_object(_decoder, item)
    for name, text in (("site", envelope.site), ("device", envelope.device)):
        if not is_valid_id(text):
            raise UnreadableError(Code.ID_NOT_ALLOWED, f"{text[:80]!r} cannot name a {name}")
    if envelope.topic not in KINDS:
        raise UnreadableError(
            Code.UNKNOWN_TOPIC, f"topic is one of {', '.join(sorted(KINDS))}, and not {envelope.topic[:80]!r}"
        )
    return envelope
