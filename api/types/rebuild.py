"""A rebuild as operators see it: how it gets on, and what the comparison came to."""

from datetime import date
from enum import Enum

import strawberry

from api.fields import described
from api.scalars import BigInt, CursorText
from projections.rebuilds import DifferingDay as Day
from projections.rebuilds import PartReport, RebuildStatus
from projections.rebuilds import RebuildReport as Report


@strawberry.enum(description="What is done with another version of a read model.")
class RebuildAction(Enum):
    REBUILD = strawberry.enum_value("rebuild", description="Fill a new version, compare it, and let it serve.")
    VERIFY = strawberry.enum_value("verify", description="Fill a version, compare it, and throw it away.")
    ROLLBACK = strawberry.enum_value("rollback", description="Let the version before serve again.")


@strawberry.enum(description="Where a rebuild is.")
class RebuildPhase(Enum):
    FILLING = strawberry.enum_value("filling", description="The version is filled from the log.")
    COMPARING = strawberry.enum_value("comparing", description="It runs beside the one that serves, and is compared with it.")
    SWITCHING = strawberry.enum_value("switching", description="It is about to serve.")
    DONE = strawberry.enum_value("done", description="It is over; the report says what came of it.")
    FAILED = strawberry.enum_value("failed", description="It could not be done; the error says why.")


@strawberry.enum(description="What a comparison came to.")
class RebuildOutcome(Enum):
    EQUAL = strawberry.enum_value("equal", description="Both hold the same.")
    NEW_RULES = strawberry.enum_value("new_rules", description="They differ, as they may: the new one is made by other rules.")
    ACCEPTED = strawberry.enum_value("accepted", description="They differ, and whoever asked had said that they may.")
    DIFFERS = strawberry.enum_value("differs", description="They differ though they should not: nothing was switched.")


@strawberry.type(description="A part of a read model in both versions.")
class RebuildPart:
    name: str = described("Its name: `raw`, a span of windows, or that of the read model.")
    serving: str = described("Rows and digest in the version that served.")
    candidate: str = described("Rows and digest in the other.")
    differing: BigInt = described("On how many days of devices they differ; 1 where a part has no days, and differs.")


@strawberry.type(description="A day, in UTC, on which something of a device differs.")
class DifferingDay:
    device_id: strawberry.ID = described("The device.")
    day: date = described("The day; of a day of a site (`site_day`) the date in UTC on which it begins.")
    parts: list[str] = described("The parts that differ.")


@strawberry.type(description="What came of a rebuild: two versions of a read model, compared at one position.")
class RebuildReport:
    projection: str = described("The read model.")
    action: RebuildAction = described("What was done.")
    outcome: RebuildOutcome = described("What the comparison came to.")
    switched: bool = described("Whether the candidate serves since.")
    serving: int = described("The version that served.")
    candidate: int = described("The version that it was compared with; 0 for one that was thrown away.")
    resumed: bool = described("Whether it was begun before.")
    new_rules: bool = described("Whether it is made by other rules.")
    cursor: CursorText = described("Where both stood.")
    events: BigInt = described("How many events were read to fill it, this time.")
    seconds: float = described("How long it took.")
    parts: list[RebuildPart] = described("What both hold.")
    differing_days: BigInt = described("On how many days of devices anything differs.")
    days: list[DifferingDay] = described("The first of them, at most 20.")


@strawberry.type(description="A rebuild that runs, or the last that ran since the process started.")
class Rebuild:
    action: RebuildAction = described("What is done.")
    phase: RebuildPhase = described("Where it is.")
    version: int | None = described("The version that is filled; null while that is not known, 0 for one to be thrown away.")
    progress: float = described("How much of the log it has read: 0 to 1.")
    eta_seconds: float | None = described("How long filling it will still take, by how it went so far.")
    events: BigInt = described("How many events it has read.")
    error: str | None = described("Why it failed.")
    report: RebuildReport | None = described("What came of it, once it is done.")


def rebuild(status: RebuildStatus) -> Rebuild:
    return Rebuild(
        action=RebuildAction(status.action),
        phase=RebuildPhase(status.phase),
        version=status.version,
        progress=status.progress,
        eta_seconds=status.eta_seconds,
        events=BigInt(status.events),
        error=status.error,
        report=None if status.report is None else _report(status.report),
    )


def _report(report: Report) -> RebuildReport:
    return RebuildReport(
        projection=report.projection,
        action=RebuildAction(report.action),
        outcome=RebuildOutcome(report.outcome),
        switched=report.switched,
        serving=report.serving,
        candidate=report.candidate,
        resumed=report.resumed,
        new_rules=report.new_rules,
        cursor=CursorText(report.cursor),
        events=BigInt(report.events),
        seconds=report.seconds,
        parts=[_part(part) for part in report.parts],
        differing_days=BigInt(report.differing_days),
        days=[_day(day) for day in report.days],
    )


def _part(part: PartReport) -> RebuildPart:
    return RebuildPart(name=part.name, serving=part.serving, candidate=part.candidate, differing=BigInt(part.differing))


def _day(day: Day) -> DifferingDay:
    return DifferingDay(device_id=strawberry.ID(day.device_id), day=day.day, parts=list(day.parts))
