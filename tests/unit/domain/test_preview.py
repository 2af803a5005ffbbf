"""What a correction would change: the same as looking at each reading before and after."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.preview import SAMPLE, Worth, preview

counted = st.tuples(st.floats(-100, 100), st.booleans())
readings = st.lists(st.tuples(st.integers(0, 30), counted, counted | st.none()), max_size=60).map(
    lambda told: sorted(told, key=lambda one: one[0])
)


def worth(pairs: list[tuple[float, bool]]) -> Worth:
    return Worth(np.array([value for value, _ in pairs], np.float64), np.array([bad for _, bad in pairs], np.bool_))


@given(readings)
def test_it_counts_what_looking_at_each_reading_finds(
    told: list[tuple[int, tuple[float, bool], tuple[float, bool] | None]],
) -> None:
    times = [time for time, _, _ in told]
    pairs = [(before, after or before) for _, before, after in told]
    found = preview(np.array(times, np.int64), worth([before for before, _ in pairs]), worth([after for _, after in pairs]))
    changed = [row for row, (before, after) in enumerate(pairs) if before != after]
    assert (found.readings, found.changed) == (len(told), len(changed))
    assert found.healed == sum(before[1] and not after[1] for before, after in pairs)
    assert found.spoiled == sum(not before[1] and after[1] for before, after in pairs)
    assert (found.first_us, found.last_us) == ((times[changed[0]], times[changed[-1]]) if changed else (None, None))
    kept = [after[0] for _, after in pairs if not after[1]]
    assert (found.after.count, found.after.max) == (len(kept), max(kept, default=None))
    assert set(found.sample) <= set(changed)
    assert len(found.sample) == min(SAMPLE, len(changed))
