"""What a correction would change: the same as looking at each reading before and after."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.corrections import EVER, FOR_EVER, Correction, correct
from domain.gates import range_verdict
from domain.preview import SAMPLE, Stretch, preview
from schema.events import Operation

METRIC = "temperature"
decided = st.builds(
    Correction,
    st.just("c"),
    st.none(),
    st.just(METRIC),
    st.integers(0, 20) | st.just(EVER),
    st.integers(10, 30) | st.just(FOR_EVER),
    st.sampled_from(Operation),
    st.sampled_from([-40.0, 0.5, 2.0, 1000.0]),
    st.just("because"),
    st.none(),
    st.just(0),
)
readings = st.lists(st.tuples(st.integers(0, 30), st.floats(-100, 100), st.booleans()), max_size=60).map(sorted)


def alone(reading: tuple[int, float, bool], corrections: list[Correction]) -> tuple[float, bool]:
    """The value that counts, and whether it is bad."""
    time_us, value, said_bad = reading
    now = correct(value, time_us, corrections)
    return now.value, now.excluded or range_verdict(METRIC, now.value) is not None or (said_bad and not now.replaced)


@given(readings, st.lists(decided, max_size=3), st.lists(decided, max_size=3))
def test_it_counts_what_looking_at_each_reading_finds(
    told: list[tuple[int, float, bool]], now: list[Correction], more: list[Correction]
) -> None:
    times, values, said_bad = ([reading[place] for reading in told] for place in range(3))
    stretch = Stretch(
        METRIC,
        np.array([0, len(told)]),
        np.array(times, np.int64),
        np.array(values, np.float64),
        np.array(said_bad, np.bool_),
    )
    found = preview(stretch, {0: now}, {0: [*now, *more]})
    pairs = [(alone(reading, now), alone(reading, [*now, *more])) for reading in told]
    changed = [row for row, (before, after) in enumerate(pairs) if before != after]
    assert (found.readings, found.changed) == (len(told), len(changed))
    assert found.healed == sum(before[1] and not after[1] for before, after in pairs)
    assert found.spoiled == sum(not before[1] and after[1] for before, after in pairs)
    assert (found.first_us, found.last_us) == ((told[changed[0]][0], told[changed[-1]][0]) if changed else (None, None))
    counted = [after[0] for _, after in pairs if not after[1]]
    assert (found.after.count, found.after.max) == (len(counted), max(counted, default=None))
    assert set(found.sample) <= set(changed)
    assert len(found.sample) == min(SAMPLE, len(changed))
