"""The native topic layout: `glasshouse/<site>/<device>/<kind>`."""

from collections.abc import Collection
from functools import lru_cache
from typing import Final

import msgspec

from ingest.facts import Code, UnreadableError
from ingest.limits import TOPIC_LENGTH
from schema.ids import is_valid_id

ROOT: Final = "glasshouse"
KINDS: Final = frozenset({"reading", "state", "status", "ack"})
_OURS: Final = frozenset({"command", "receipt"})
_LEVELS: Final = 4


class Route(msgspec.Struct, frozen=True, gc=False):
    """Who speaks, from where, and about what."""

    site: str
    device: str
    kind: str


def route_of(topic: str) -> Route:
    """The route of a topic on which devices speak; UnreadableError for any other."""
    if len(topic) > TOPIC_LENGTH:
        raise UnreadableError(Code.UNKNOWN_TOPIC, f"the topic has {len(topic)} characters, more than {TOPIC_LENGTH}")
    return _parse(topic)


def is_native(topic: str) -> bool:
    """Whether the topic is one of our layout, or was meant to be."""
    return topic.startswith(f"{ROOT}/")


def takes_site(filters: Collection[str], site: str) -> bool:
    """Whether who subscribes to these topic filters owns the site."""
    return f"{ROOT}/#" in filters or f"{ROOT}/{site}/#" in filters


def is_ours(topic: str) -> bool:
    """Whether the topic is one on which devices are spoken to: commands and receipts are no news to us."""
    levels = topic.split("/", _LEVELS)
    return len(levels) >= _LEVELS and levels[0] == ROOT and levels[3] in _OURS


def may_answer_on(response_topic: str, topic: str) -> bool:
    """Whether a receipt for a message on `topic` may go to a response topic, which a stranger may have chosen.

    Outside of ours any plain topic; inside only below the device's own, and never where devices speak or are commanded.
    """
    if not 0 < len(response_topic) <= TOPIC_LENGTH or response_topic.startswith("$") or not response_topic.isprintable():
        return False
    if "+" in response_topic or "#" in response_topic:
        return False
    levels, own = response_topic.split("/"), topic.split("/")
    if not levels[0].startswith(ROOT):
        return True
    return len(own) == _LEVELS and levels[:3] == own[:3] and len(levels) >= _LEVELS and levels[3] not in KINDS | {"command", ""}


@lru_cache(maxsize=16_384)
def _parse(topic: str) -> Route:
    levels = topic.split("/")
    if len(levels) != _LEVELS or levels[0] != ROOT or levels[3] not in KINDS:
        raise UnreadableError(Code.UNKNOWN_TOPIC, f"devices speak on {ROOT}/<site>/<device>/{'|'.join(sorted(KINDS))}")
    _, site, device, kind = levels
    for name, text in (("site", site), ("device", device)):
        if not is_valid_id(text):
            raise UnreadableError(Code.ID_NOT_ALLOWED, f"{text[:80]!r} cannot name a {name}")
    return Route(site, device, kind)
