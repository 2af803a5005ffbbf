"""The sensors that make up a series."""

from domain.replacements import BEGINNING, END, Replacement, Segment, SensorKey, segments


def key(name: str) -> SensorKey:
    device, _, sensor = name.partition("/")
    return SensorKey(device, sensor)


def parts(start: str, **replaced: tuple[str, int]) -> list[tuple[str, int, int]]:
    known = {key(name.replace("__", "/")): Replacement(key(by), at) for name, (by, at) in replaced.items()}
    found: list[Segment] = segments(key(start), known.get)
    return [(f"{one.sensor.device}/{one.sensor.sensor}", one.start_us, one.end_us) for one in found]


def test_a_sensor_that_nobody_replaced_is_its_own_series() -> None:
    assert parts("a/s") == [("a/s", BEGINNING, END)]


def test_a_series_goes_on_through_all_who_took_its_place() -> None:
    assert parts("a/s", a__s=("b/s", 10), b__s=("b/t", 20)) == [("a/s", BEGINNING, 10), ("b/s", 10, 20), ("b/t", 20, END)]
    assert parts("b/s", a__s=("b/s", 10), b__s=("b/t", 20)) == [("b/s", BEGINNING, 20), ("b/t", 20, END)]


def test_one_that_was_replaced_before_it_took_over_never_counted() -> None:
    assert parts("a/s", a__s=("b/s", 10), b__s=("c/s", 5)) == [("a/s", BEGINNING, 10), ("c/s", 10, END)]


def test_a_circle_ends_where_it_closes() -> None:
    assert parts("a/s", a__s=("b/s", 10), b__s=("a/s", 20)) == [("a/s", BEGINNING, 10), ("b/s", 10, END)]
