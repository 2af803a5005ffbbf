"""The list of keys for people: what they need for the next command is in it, on whatever terminal."""

from collections.abc import Sequence

import pytest
from rich.console import Console

from glasshouse.cli.keys import key_table
from glasshouse.key_record import Key


def key(key_id: str, name: str, sites: Sequence[str] = (), *, revoked: bool = False) -> Key:
    return Key(
        id=key_id,
        account_id="main",
        name=name,
        role="operator",
        expires_at=None if sites else "2027-01-31T12:00:00Z",
        revoked=revoked,
        old_secret_until=None,
        issued_at="2026-11-29T13:33:08.186403Z",
        sites=tuple(sites),
        devices=(),
    )


KEYS = [
    key("428506293d53", "first admin"),
    key("c8d39ee16f8d", "the gateway of the northern houses", ("north", "north-annex-with-a-long-name")),
    key("e0b6a8eed2a0", "[bold]", revoked=True),
]


def shown(width: int) -> str:
    console = Console(width=width)
    with console.capture() as captured:
        console.print(key_table(KEYS))
    return captured.get()


@pytest.mark.parametrize("width", [40, 80, 200])
def test_an_id_is_whole_on_any_terminal_since_the_other_commands_take_it(width: int) -> None:
    lines = shown(width).splitlines()
    assert [sum(each.id in line for line in lines) for each in KEYS] == [1, 1, 1]
    assert "…" not in shown(width)


def test_what_a_key_is_good_for_and_until_when_is_told_in_a_line_where_there_is_room() -> None:
    admin, gateway, bold = shown(200).splitlines()[1:]
    assert ("all" in admin, "2026-11-29T13:33Z" in admin, "2027-01-31T12:00Z" in admin) == (True, True, True)
    assert ("north, north-annex-with-a-long-name" in gateway, "never" in gateway) == (True, True)
    assert ("[bold]" in bold, "revoked" in bold) == (True, True)
