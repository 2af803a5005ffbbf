"""Whatever happens to a key: its newest secret opens, the one before only for its grace, a dead key nothing."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from projections.key_book import KeyBook
from schema.keys import KeyIssued, KeyRevoked, KeyRotated

START = datetime(2026, 6, 1, tzinfo=UTC)
HOURS = st.integers(0, 48).map(lambda hours: timedelta(hours=hours))


@given(
    rotations=st.lists(st.tuples(HOURS, HOURS), max_size=5),
    looked=HOURS,
    ends=st.none() | HOURS,
    revoked=st.booleans(),
)
def test_two_secrets_at_most_open_and_the_older_one_within_its_grace(
    rotations: list[tuple[timedelta, timedelta]], looked: timedelta, ends: timedelta | None, *, revoked: bool
) -> None:
    book, now = KeyBook(), START
    expires_at = None if ends is None else START + ends
    book.take(_issued(expires_at), now)
    old_until = None
    for number, (waited, grace) in enumerate(rotations, 2):
        now += waited
        old_until = now + grace
        book.take(_rotated(number, old_until), now)
    if revoked:
        book.take(KeyRevoked(account_id="main", key_id="k"), now)
    now += looked
    newest = len(rotations) + 1
    expected = [newest]
    if old_until is not None and now < old_until:
        expected.append(newest - 1)
    if revoked or (expires_at is not None and now >= expires_at):
        expected = []
    view = book.key("k")
    assert view is not None
    assert [secret.number for secret in view.good_secrets(now)] == expected
    assert len(view.secrets) <= 2


def _issued(expires_at: datetime | None) -> KeyIssued:
    return KeyIssued(account_id="main", key_id="k", name="k", role="viewer", secret_sha256="1", expires_at=expires_at)


def _rotated(number: int, old_until: datetime) -> KeyRotated:
    return KeyRotated(account_id="main", key_id="k", number=number, secret_sha256=str(number), old_until=old_until)
