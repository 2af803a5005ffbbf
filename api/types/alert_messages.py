"""What the `alerts` subscription says: an alert changed, progress, or a gap, each with the cursor to go on from."""

from collections.abc import Hashable
from typing import Annotated, TypeAlias

import strawberry

from api.cursors import ResumePoint
from api.fields import computed, described
from api.scalars import CursorText
from api.types.alert import Alert, alert
from api.types.enums import AlertChange
from projections.alert_lives import Change

_CURSOR = "Where to go on: give it as `after`, and nothing is missed and nothing comes twice."


@strawberry.type(description="Something was said of an alert.")
class AlertChanged:
    point: strawberry.Private[ResumePoint]
    told: strawberry.Private[Change]

    def version(self) -> Hashable:
        """What else than its place decides what is shown: nothing does."""
        return ()

    @computed(_CURSOR)
    def cursor(self) -> CursorText:
        return CursorText(self.point.encode())

    @computed("What it was.")
    def change(self) -> AlertChange:
        return AlertChange(self.told.what)

    @computed("The alert as it stood then. More may have been said of it since: that comes, too.")
    def alert(self) -> Alert:
        return alert(self.told.alert, live=True)


@strawberry.type(description="The log moved on with nothing said of alerts.")
class AlertProgress:
    cursor: CursorText = described(_CURSOR)


@strawberry.type(
    description="Something may have been missed, and what follows is complete; or it ends here, since its reader is too slow."
)
class AlertGap:
    cursor: CursorText = described(_CURSOR)
    reason: str = described("What is missing, or why it ends.")


AlertMessage: TypeAlias = Annotated[
    AlertChanged | AlertProgress | AlertGap,
    strawberry.union("AlertMessage", description="A change of an alert, progress or a gap, each with a cursor."),
]
