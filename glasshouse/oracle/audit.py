"""The audit: ledgers, the whole log and the read models against one another, when all is quiet."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from adapters.event_log.port import EventLog
from glasshouse.oracle.claims import Claims, identity_of
from glasshouse.oracle.findings import EXAMPLES_MOST, Findings
from glasshouse.oracle.probe import Hashes, ReadModelProbe, compare
from glasshouse.oracle.report import AuditReport, Latency
from glasshouse.simulator.faults import Fault
from glasshouse.simulator.ledger import Line
from schema.times import from_micros


async def audit(
    ledger: Path | Sequence[Path],
    log: EventLog,
    rows: ReadModelProbe | None,
    *,
    hashes: Hashes | None = None,
    broker_lived_on: bool = True,
) -> AuditReport:
    """What became of all that the ledgers sent; they must be all ledgers of their devices.

    `rows` shows the readings of a history, `hashes` compares read models with a rebuild; None: there is none to look at.

    `broker_lived_on` false: what only the broker acknowledged may have died with it, and is unknown rather than lost.
    Raises LedgerError where a ledger cannot be read. Writers must be quiet and read models caught up.
    """
    ledgers = [ledger] if isinstance(ledger, Path) else list(ledger)
    claims = await asyncio.to_thread(Claims, ledgers)
    findings = Findings(claims)
    await findings.read(log)
    report = await asyncio.to_thread(_judge, claims, findings, broker_lived_on)
    report.read_models_checked = rows is not None or hashes is not None
    if rows is not None:
        await _check_rows(report, findings, rows)
    if hashes is not None:
        report.diverged = [name for name, pair in (await hashes()).items() if pair.serving != pair.rebuilt]
    return report


def _judge(claims: Claims, findings: Findings, broker_lived_on: bool) -> AuditReport:
    report = AuditReport(latency_ms=Latency(), examples=list(findings.invented))
    report.invented, report.stored_twice = findings.invented_count, findings.stored_twice
    report.double_counted = findings.under_two_ids
    latencies: list[int] = []
    for line in claims.lines():
        if line.sent is None:
            report.dropped += 1
            continue
        _judge_line(report, findings, line, broker_lived_on)
        if line.receipted is not None:
            latencies.append(line.receipted - line.sent)
    report.latency_ms = Latency.of(latencies)
    return report


def _judge_line(report: AuditReport, findings: Findings, line: Line, broker_lived_on: bool) -> None:
    report.sent += 1
    report.pubacked += line.pubacked is not None
    report.receipted += line.receipted is not None
    report.duplicates_received += line.duplicates
    identity = identity_of(line)
    if identity in findings.stored:
        report.stored += 1
        _expect(report, line, malformed=False)
    elif identity in findings.dead:
        report.dead_letters += 1
        _expect(report, line, malformed=True)
    elif identity is not None and (line.receipted is not None or (line.pubacked is not None and broker_lived_on)):
        report.lost += 1
        _name(report, "lost", line)
    else:
        report.unknown += 1


def _expect(report: AuditReport, line: Line, *, malformed: bool) -> None:
    if malformed != (line.fault == Fault.MALFORMED):
        report.misjudged += 1
        _name(report, "misjudged", line)


def _name(report: AuditReport, what: str, line: Line) -> None:
    if len(report.examples) < EXAMPLES_MOST:
        report.examples.append(f"{what}: {line.device} {line.sequence} {line.event_id or ''}".rstrip())


async def _check_rows(report: AuditReport, findings: Findings, probe: ReadModelProbe) -> None:
    if findings.first_us is not None and findings.last_us is not None:
        end = from_micros(findings.last_us) + timedelta(microseconds=1)
        found = await compare(findings.series, from_micros(findings.first_us), end, probe)
        report.double_counted += found.double_counted
        report.invented += found.invented
        report.missing = found.missing
