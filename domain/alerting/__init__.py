"""Alert rules at work: one evaluator, the same live, after a restart and in a back-test.

How the files go together, from the outside in; each asks only those that come after it:

- `house` is told of each event of the log, and `evaluator` of what that means: a reading, a correction, a rule, a place, time.
- `refitting` is what becomes of what is known where a rule or a place changes. `state` is all that is known, and what is
  answered; `evidence` beside it tells which readings show an answer.
- `quiet` is a device under rules about silence. `books` finds the rules that are about a series or a device, `alarms` whom time
  alone concerns.
- `series` is one series under all its rules. These sleep in its `rulebook` until a value breaks them; `minutes` are its means,
  and for each rule that is awake a `watch` knows what was said. `computed` makes climate indices, `points` are the readings at
  hand.
- `limiting` is a rule's numbers, for `episodes`, the heart of it: from values in the order of time to stretches of alert.
- `naming` is what series are called, `signals` what limits are held against, `places` and `hours` where and when a rule holds.

`hindsight` stands beside `series`: the same episodes of the same signals, over whole columns of history at once.
"""
