"""Attempts grow apart, up to a bound, and begin anew."""

from adapters.mqtt.backoff import Backoff


def test_waits_grow_to_a_bound_and_start_small_again_after_a_good_connection() -> None:
    backoff = Backoff()
    first = backoff.wait_s()
    waits = [backoff.wait_s() for _ in range(20)]
    assert 0 < first <= 0.2
    assert all(7.5 <= wait <= 15 for wait in waits[-5:])
    backoff.reset()
    assert backoff.wait_s() <= 0.2
