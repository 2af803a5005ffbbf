"""Dead letters are sent again in portions that one mutation may look at, and shown so that nobody is fooled."""

from msgspec.structs import replace

from glasshouse.cli.letters import as_text
from glasshouse.letters import Letter, portions


def letters(*sizes: int) -> list[Letter]:
    return [
        Letter(str(number), "open", "http", "/ingest", "notJson", "it is no JSON", size, "2026-06-02T00:00:00Z")
        for number, size in enumerate(sizes)
    ]


def test_letters_without_a_payload_are_sent_again_like_any_other() -> None:
    assert portions(letters(0, 0, 5)) == [["0", "1", "2"]]
    assert portions([]) == []


def test_no_portion_holds_more_bytes_than_one_answer_may_but_for_a_letter_that_is_larger_alone() -> None:
    assert portions(letters(600_000, 300_000, 1, 1_000_000, 0)) == [["0", "1"], ["2"], ["3"], ["4"]]


def test_no_portion_holds_more_than_fifty_letters() -> None:
    assert [len(portion) for portion in portions(letters(*[1] * 101))] == [50, 50, 1]


def test_what_somebody_sent_does_nothing_to_the_terminal_that_shows_it() -> None:
    [letter] = letters(5)
    shown = as_text(replace(letter, topic="a\u202eb", payload="\x1b[2J\r\n{}"))
    assert [line.strip() for line in shown.splitlines()] == [
        "0  open  2026-06-02T00:00:00Z  a\\u202eb",
        "notJson: it is no JSON",
        "\\x1b[2J\\r\\n{}",
    ]
