"""Arguments that many fields share."""

from typing import Annotated

from api.fields import argument
from api.scalars import CursorText

AtLeast = Annotated[CursorText | None, argument("Answer only once the read model has read up to here; waits at most 2 s.")]
First = Annotated[int | None, argument("How many to give: at most 500, by default 50.")]
After = Annotated[str | None, argument("Only what follows this cursor.")]
Last = Annotated[int | None, argument("How many to give of those at the end, instead of `first`: at most 500.")]
Before = Annotated[str | None, argument("Only what comes before this cursor.")]
