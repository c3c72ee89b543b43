"""Reports made by hand: what the formats are tested on, since a format may not care where a report came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from slacli.findings import (
    AsOf,
    Blame,
    ContractFacts,
    Counts,
    ExportFacts,
    Finding,
    LeftOut,
    NotChecked,
    Outcome,
    PeriodFacts,
    Related,
    Report,
    RowCount,
    Rows,
    Severity,
    Status,
    TermCells,
)
from slacli.places import Address, SourceMap, Span

DEFINITIONS = """\
terms:
  mql:
    title: Marketing qualified lead
    criteria:
      budget: budget >= 10000
      authority: authority in ('CFO', 'VP', 'Director')
  # what Sales takes on
  sal:
    title: Sales accepted lead
    short: SAL
    of: lead

    owner: sales
    is: mlq
"""

RESPONSIBILITIES = """\
responsibilities:
  decision:
    title: Accept or reject
    target: 95% per month
  mql_quality:
    title: Every MQL is one
    target: 97% per month
"""


def place(text: str, words: str, occurrence: int = 1) -> Span:
    """Find the span of some words on one line of a text."""
    at = -1
    for _ in range(occurrence):
        at = text.index(words, at + 1)
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    return Span(line, column, line, column + len(words))


IS = Address("definitions.yaml", ("terms", "sal", "is"))
MQL = Address("definitions.yaml", ("terms", "mql"))
SAL = Address("definitions.yaml", ("terms", "sal"))
BUDGET = MQL / "criteria" / "budget"
DECISION = Address("responsibilities.yaml", ("responsibilities", "decision"))
QUALITY = Address("responsibilities.yaml", ("responsibilities", "mql_quality"))

SOURCES = SourceMap(
    {"definitions.yaml": DEFINITIONS, "responsibilities.yaml": RESPONSIBILITIES},
    {
        IS: place(DEFINITIONS, "mlq"),
        MQL: Span(3, 5, 6, 57),
        BUDGET: place(DEFINITIONS, "budget >= 10000"),
    },
    {
        MQL: place(DEFINITIONS, "mql"),
        SAL: place(DEFINITIONS, "sal"),
        DECISION: place(RESPONSIBILITIES, "decision"),
        QUALITY: place(RESPONSIBILITIES, "mql_quality"),
    },
)

UNDEFINED = Finding(
    "undefined-term",
    Severity.ERROR,
    "`sal` refers to the term `mlq`, which no file defines",
    IS,
    "not defined",
    "did you mean `mql` (definitions.yaml:2)?",
)


def validated(*findings: Finding, sources: SourceMap = SOURCES) -> Report:
    return Report(
        "validate",
        findings,
        sources,
        contents="14 responsibilities, 7 terms, 4 goals",
    )


def untidy() -> Report:
    """A contract with findings of every weight and shape."""
    return validated(
        UNDEFINED,
        Finding(
            "same-meaning",
            Severity.WARNING,
            "`mql` and `sal` mean the same: no lead can meet one of them and not the other",
            MQL,
            "the first",
            "remove one of the two, or say with `stands_for` which name of the trade it goes by",
            key=True,
            related=(Related(SAL, "the second", key=True),),
        ),
        Finding(
            "money-without-decimals",
            Severity.NOTE,
            "`10000` is compared with money",
            BUDGET,
            "read as 10000.00",
            part=(10, 15),
        ),
        Finding(
            "several-lines",
            Severity.WARNING,
            "the term `mql` goes on over several lines",
            MQL,
        ),
        Finding("missing-file", Severity.ERROR, "there is no `contract.yaml`", Address("contract.yaml"), "not there"),
        Finding("no-place", Severity.WARNING, "something that stands nowhere"),
    )


# --- checks of data ---------------------------------------------------------------------------

NEW_YORK = ZoneInfo("America/New_York")
FEBRUARY = PeriodFacts("2027-02", "February 2027", date(2027, 2, 1), date(2027, 2, 28), "finished")
MARCH = PeriodFacts("2027-03", "March 2027", date(2027, 3, 1), date(2027, 3, 31), "running")
QUARTER = PeriodFacts("FY28-Q1", "FY28 Q1", date(2027, 2, 1), date(2027, 4, 30), "running")
MONTHS = (
    PeriodFacts("2026-10", "October 2026", date(2026, 10, 1), date(2026, 10, 31), "not covered"),
    PeriodFacts("2026-11", "November 2026", date(2026, 11, 1), date(2026, 11, 30), "finished"),
    PeriodFacts("2026-12", "December 2026", date(2026, 12, 1), date(2026, 12, 31), "finished"),
    PeriodFacts("2027-01", "January 2027", date(2027, 1, 1), date(2027, 1, 31), "finished"),
    FEBRUARY,
    MARCH,
)


SDR = ("sdr", "marketing")
MARKETING = ("marketing", "sdr")
DUTIES = {
    "first_answer": ("A first answer to every hot lead, whatever its source is", *SDR),
    "decision": ("Accept or reject", *SDR),
    "reject_reasons": ("A reason with every rejection", *SDR),
    "handover_notes": ("Notes on every handover", *SDR),
    "hygiene": ("No opportunity lies still", "ae", "marketing"),
    "loss_reasons": ("Win and loss reasons", "ae", "marketing"),
    "mql_quality": ("Every MQL is one", *MARKETING),
    "mql_facts": ("A lead comes with what Sales needs", *MARKETING),
}


def share(duty: str, counts: Counts, target: str, period: PeriodFacts = FEBRUARY, **more: Any) -> Outcome:
    """A duty over rows, judged by ruling 4."""
    wanted = Fraction(target) / 100
    below = counts.met + counts.missed + counts.may_miss
    above = counts.met + counts.may_meet + counts.missed
    lower = Fraction(counts.met, below) if below else None
    upper = Fraction(counts.met + counts.may_meet, above) if above else None
    status: Status = "unclear"
    if lower is None or upper is None:
        status = "no data"
    elif lower >= wanted:
        status = "met"
    elif upper < wanted:
        status = "missed"
    settings = {"status": status, "judged": True, **more}
    title, owed_by, owed_to = DUTIES[duty]
    return Outcome(
        duty, title, "must", owed_by, owed_to, period, "share", counts, lower, upper, wanted, **settings
    )  # fmt: skip


def counted(met: int, missed: int, unclear: int = 0, **more: int) -> Counts:
    total = met + missed + unclear + sum(more.values())
    return Counts(total, met, missed, unclear=unclear, may_meet=unclear, may_miss=unclear, **more)


def parts_of(outcome: Outcome, field: str, values: Mapping[str, Counts]) -> tuple[Outcome, ...]:
    """The same duty by the values of a field that only shows."""
    target = str(outcome.target * 100 if outcome.target else 0)
    return tuple(
        replace(
            share(outcome.duty, counts, target, outcome.period),
            target=None,
            part_of=((field, value),),
        )
        for value, counts in values.items()
    )


def volume(amounts: Mapping[str, tuple[int, int]], period: PeriodFacts = FEBRUARY, **more: Any) -> Outcome:
    """A duty of enough rows, by region."""

    def one(there: int, wanted: int, part_of: tuple[tuple[str, str], ...]) -> Outcome:
        return Outcome(
            "mql_volume",
            "Enough qualified leads",
            "volume",
            "marketing",
            "sales",
            period,
            "number",
            Counts(there, there),
            Fraction(there),
            Fraction(there),
            Fraction(wanted),
            **{"status": "met" if there >= wanted else "missed", "judged": True, **more},
            part_of=part_of,
        )

    parts = tuple(one(*amount, (("region", region),)) for region, amount in amounts.items())
    whole = one(sum(a for a, _ in amounts.values()), sum(b for _, b in amounts.values()), ())
    missed = any(part.status == "missed" for part in parts)
    return replace(whole, parts=parts, status="missed" if missed and "status" not in more else whole.status)


KEPT = Report(
    "check",
    sources=SOURCES,
    contract=ContractFacts(
        "acme",
        "Acme sales and marketing agreement",
        1,
        "sha256:" + "0123456789abcdef" * 4,
        data_files=(("evidence.yaml", "fedcba9876543210" * 4),),
    ),
    titles={
        "sales": "Sales",
        "sdr": "Sales Development",
        "ae": "Account Executives",
        "marketing": "Marketing",
        "lead": "Lead",
        "opportunity": "Opportunity",
        "first_touch": "First touch",
        "persistence": "Six tries before giving up",
        "win_loss": "Win and loss reasons",
    },
    teams={"sdr": "sales", "ae": "sales"},
    as_of=AsOf(datetime(2027, 3, 2, 6, tzinfo=NEW_YORK), "--as-of"),
    tz_database="2026.3",
    judge="latest",
    files=(
        ExportFacts("lead", "salesforce_leads", "exports/leads.csv", "ab" * 32, 1204311, "utf-8", RowCount(4310, 4310)),
    ),
    outcomes=(
        share("decision", counted(571, 30), "95"),
        share("mql_quality", counted(598, 14), "97"),
        volume({"AMER": (418, 400), "EMEA": (194, 170)}),
    ),
)


def broken() -> Report:
    """The picture of the command line: two of the duties missed, others met, unclear, running and not checked."""
    decision = share("decision", counted(541, 60, by_silence=11), "95", provisional=False)
    quality = share("mql_quality", counted(571, 33, 8), "97")
    quality = replace(
        quality,
        parts=parts_of(quality, "region", {"AMER": counted(402, 12, 6), "EMEA": counted(169, 21, 2)})
        + parts_of(quality, "source", {"Web": counted(321, 4), "": counted(250, 29, 8)}),
        samples=(Rows("exports/leads.csv", ("00Q5f00000A1b2CEAV", "00Q5f00000A1b9KEAV"), (311, 874), 31),),
    )
    before = share("mql_quality", counted(610, 9), "97", MONTHS[3], judged=False)
    return replace(
        KEPT,
        findings=(
            Finding(
                "objective-missed",
                Severity.ERROR,
                "Marketing kept “Every MQL is one” for 571 of 604 leads in February 2027 (8 unclear): "
                "94.5 %, target 97 %",
                QUALITY,
                help="slacli check exports/leads.csv exports/tasks.csv --list mql_quality",
                key=True,
                subject="mql_quality",
                period="2027-02",
                data=quality.samples,
            ),
            Finding(
                "objective-missed",
                Severity.ERROR,
                "Sales Development kept “Accept or reject” for 541 of 601 leads in February 2027: 90.0 %, target 95 %",
                DECISION,
                key=True,
                subject="decision",
                period="2027-02",
                data=(Rows("exports/leads.csv", ("00Q5f00000A1b2CEAV",), (311,), 59),),
            ),
            Finding(
                "value-not-listed",
                Severity.WARNING,
                "212 rows hold `MQL - Hot`, which `lead.status` does not list",
                Address("definitions.yaml", ("records", "lead", "fields", "status")),
                help="add it to `one_of` of `lead.status`, or map it in the binding",
                subject="lead.status",
                data=(Rows("exports/leads.csv", (), (14, 15, 2207), 209),),
            ),
            Finding(
                "not-checked",
                Severity.WARNING,
                "`win_loss` was not checked: no export of `opportunity` was given",
                subject="win_loss",
            ),
            Finding("target-out-of-reach", Severity.NOTE, "an older period was missed", subject="decision"),
        ),
        files=(
            ExportFacts(
                "lead",
                "salesforce_leads",
                "exports/leads.csv",
                "ab" * 32,
                1204311,
                "utf-8",
                RowCount(4321, 4310, 5, 1, 2, 3),
                (("footer", 4), ("subtotal", 1)),
            ),
            ExportFacts(
                "activity",
                "salesforce_activities",
                "exports/tasks.csv",
                "cd" * 32,
                5120345,
                "windows-1252",
                RowCount(18209, 18204, 5),
                (("footer", 5),),
                ("read as Windows-1252: row 17 is not UTF-8",),
                31,
                "lead",
            ),
        ),
        left_out=(
            LeftOut("lead", "test", 12),
            LeftOut("lead", "competitor", 9),
            LeftOut("lead", "student", 31),
            LeftOut("lead", "customer", 0),
        ),
        terms=(
            TermCells(
                "mql", "MQL", "lead", has_mark=True, marked_meets=571, marked_fails=33, marked_unclear=8,
                unmarked_meets=88, unmarked_fails=3490, unmarked_unclear=68,
                unclear_because=(Blame("budget", "blank", 70), Blame("authority", "not allowed", 6)),
            ),
            TermCells(
                "srl", "Sales-ready lead", "lead", has_mark=False,
                unmarked_meets=402, unmarked_fails=3812, unmarked_unclear=44,
            ),
        ),
        outcomes=(
            share("first_answer", counted(97, 3), "92"),
            decision,
            share("reject_reasons", counted(95, 1, 4), "98"),
            share("handover_notes", counted(7, 2), "90", status="too few", judge_from=20),
            share("hygiene", counted(0, 0), "90"),
            share(
                "loss_reasons", counted(60, 12), "90", QUARTER,
                status="running", judged=False,
            ),
            before,
            quality,
            share("mql_facts", counted(612, 2, left_out=14), "99.95"),
            volume({"AMER": (418, 400), "EMEA": (150, 170)}),
        ),
        not_checked=(
            NotChecked("first_touch", "duty", "no export of `activity` was given", DECISION),
            NotChecked("persistence", "duty", "no export of `activity` was given"),
            NotChecked("win_loss", "duty", "no export of `opportunity` was given"),
        ),
    )  # fmt: skip


def unjudged() -> Report:
    """Nothing could be judged, and an error says why."""
    return replace(
        KEPT,
        findings=(
            Finding(
                "no-rows",
                Severity.ERROR,
                "`exports/leads.csv` holds a header and no rows",
                help="export it again, details included",
                subject="exports/leads.csv",
            ),
        ),
        as_of=AsOf(
            datetime(2027, 3, 1, 17, 2, 9, tzinfo=NEW_YORK), "latest time", "exports/leads.csv", 4
        ),
        files=(replace(KEPT.files[0], rows=RowCount()),),
        outcomes=(
            share("decision", Counts(), "95", MONTHS[0], status="not covered", judged=False),
            share("decision", counted(4, 0), "95", MARCH, status="running", judged=False),
            share("mql_quality", counted(4, 1), "97", MARCH, status="running", judged=False),
        ),
        not_checked=(NotChecked("first_touch", "duty", "no export of `activity` was given"),),
    )  # fmt: skip


def undecided() -> Report:
    """No duty missed, one that the unclear rows decide, and an error beside it."""
    return replace(
        KEPT,
        findings=(Finding("contradictory-keys", Severity.ERROR, "3 keys have rows that do not agree", subject="lead"),),
        outcomes=(
            *KEPT.outcomes,
            share("mql_facts", counted(1190, 30, 40), "97", undated=3),
        ),
    )


def many() -> Report:
    """Every period judged, as with `--judge all`."""
    figures = ((0, 0), (402, 2), (388, 40), (1204, 18), (571, 33), (20, 9))
    outcomes = [
        share(
            "mql_quality", counted(met, missed), "97", period,
            **({"judged": False, "status": period.state} if period.state != "finished" else {}),
        )
        for period, (met, missed) in zip(MONTHS, figures, strict=True)
    ]  # fmt: skip
    volumes = [volume({"AMER": (400 + n, 402), "EMEA": (170 + n, 170)}, m) for n, m in enumerate(MONTHS[1:5])]
    return replace(KEPT, outcomes=(*outcomes, *volumes), judge="all")


# --- text that would do harm ------------------------------------------------------------------

HARM = (
    "\x1b[31mred\x1b]8;;http://x\x07link\x1b]52;c;YQ==\x07 [bold]x[/bold] [/x] [link=http://x]y[/link] :smile:"
    "\n::error file=a::bad ::add-mask::e ##[error]bad ##vso[task.x]y \r\x00\x7f\x9b31m \u202etxt\u2066 \u200b \u2028"
    "\u2029 \ud800 \U000e0041"
)


def hostile(report: Report, text: str = HARM) -> Report:
    """The same report with every text in it that could come from a file made harmful."""
    made: Report = _harmed(report, text)
    return made


_KEEP = {"journey", "status", "state", "measure", "source", "severity", "sources"}


def _harmed(value: Any, text: str) -> Any:
    if isinstance(value, str):
        return f"{value}{text}"
    if isinstance(value, Address):
        return value
    if isinstance(value, Finding):
        # a fingerprint is made of bytes, and a lone surrogate has none
        encoded = text.encode(errors="ignore").decode()
        named = {name: getattr(value, name) + encoded for name in ("rule", "subject", "period")}
        return replace(value, **{**dict(_changed(value, text)), **named})
    if isinstance(value, tuple):
        return tuple(_harmed(item, text) for item in value)
    if isinstance(value, Mapping):
        return {key: _harmed(item, text) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **dict(_changed(value, text)))
    return value


def _changed(value: Any, text: str) -> Iterator[tuple[str, Any]]:
    for field in fields(value):
        if field.name not in _KEEP:
            yield field.name, _harmed(getattr(value, field.name), text)
