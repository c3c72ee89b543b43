"""Counts what a check of the example exports has to find, in plain Python from the text of the files.

It shares no code with slacli and none with what made the files: it knows the reference contract by heart.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache

SOURCES = {"Web", "Event", "Referral", "Paid search", "Partner", "Demo request", "Contact sales", "Chat"}
STATUSES = {"New", "MQL", "SAL", "SQL", "Recycled", "Disqualified", "Converted", "Marketing Qualified"}
RATES = {"USD": Decimal(1), "GBP": Decimal("1.27"), "EUR": Decimal("1.09")}
MISSING = {"-", "N/A", "[not provided]", ""}
COMPETITORS = {"rivalbooks.com", "ledgerly.io"}
MONTHS = ("2026-11", "2026-12", "2027-01", "2027-02")
REGIONS = ("AMER", "EMEA")
HOT = {"Demo request", "Contact sales", "Chat"}
TOUCHES = {"Call", "Email", "ListEmail", "Event"}
AUTOMATIONS = {"integration.user", "outreach.sync"}
CLOSED = {
    "AMER": {date(2026, 11, 26), date(2026, 12, 25), date(2027, 1, 1), date(2027, 1, 18)},
    "EMEA": {date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)},
}
HOUR, MINUTE = 3600, timedelta(minutes=1)
BUSINESS_DAY = {"AMER": 34_200, "EMEA": 28_800}
MOVES = {
    ("New", "MQL"), ("New", "Disqualified"), ("MQL", "SAL"), ("MQL", "Recycled"), ("MQL", "Disqualified"),
    ("SAL", "SQL"), ("SAL", "Recycled"), ("SAL", "Disqualified"), ("SQL", "Converted"), ("SQL", "Recycled"),
    ("Recycled", "MQL"),
}  # fmt: skip
MOVERS = {"SAL": {"SDR New York", "SDR London"}, "SQL": {"AE"}}

Row = Mapping[str, str]


def rows_of(text: str) -> list[Row]:
    """Give the rows of a file without the closing lines of a report."""
    found = csv.DictReader(io.StringIO(text))
    return [row for row in found if sum(value is not None for value in row.values()) > 1]


def newest(rows: Sequence[Row]) -> list[Row]:
    """Keep the row of every lead that changed last."""
    kept: dict[str, Row] = {}
    for row in rows:
        old = kept.setdefault(row["Lead ID"], row)
        if moment(row["Last Modified"]) > moment(old["Last Modified"]):
            kept[row["Lead ID"]] = row
    return list(kept.values())


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%m/%d/%Y %I:%M %p")  # noqa: DTZ007 - all of them are New York's clocks


@cache
def is_open(region: str, minute: datetime) -> bool:
    """Tell whether people work in a minute of New York's clocks; London is five hours ahead all winter."""
    there = minute + timedelta(hours=5) if region == "EMEA" else minute
    day = there.date()
    if day.weekday() > 4 or day in CLOSED[region]:
        return False
    if region == "EMEA":
        return time(9) <= there.time() < (time(17) if day.weekday() == 4 else time(17, 30))
    return time(8, 30) <= there.time() < (time(13) if day == date(2026, 12, 24) else time(18))


def used(region: str, start: datetime, stop: datetime, limit: int) -> tuple[int, int]:
    """Count the working seconds from one minute to another, at least and at most: nobody knows the seconds of either.

    It walks from minute to minute, because that is easy to see through, and no further than two minutes past a limit.
    """
    if stop <= start:
        return 0, 59 * is_open(region, start)
    between, minute = 0, start + MINUTE
    while minute < stop and between <= limit + 120:
        between += 60 * is_open(region, minute)
        minute += MINUTE
    return between + is_open(region, start), between + 60 * is_open(region, start) + 59 * is_open(region, stop)


def verdict(row: Row) -> str:
    """Say whether a lead meets, fails or leaves open the term `mql`."""
    amount, months = row["Annual Budget"], row["Timeframe (Months)"]
    budget = None if amount in MISSING else Decimal(amount.replace(",", "")) * RATES[row["Annual Budget Currency"]]
    tests = (
        None if budget is None else budget >= 10_000,
        row["Decision Role"] in {"CFO", "VP", "Director"} if row["Decision Role"] else None,
        {"1": True, "0": False}.get(row["Need Confirmed"]),
        int(months) <= 6 if months.isdigit() else None,
    )
    if tests.count(True) >= 3:
        return "meets"
    return "fails" if tests.count(False) >= 2 else "unclear"


def left_out(row: Row) -> str:
    """Name the rule that leaves a lead out, or give nothing."""
    domain = row["Email"].partition("@")[2]
    if domain == "acme.com":
        return "test"
    return "competitor" if domain in COMPETITORS or row["Competitor"] == "1" else ""


def complete(row: Row, campaigns: Mapping[str, str]) -> bool:
    """Tell whether a lead came with what `mql_facts` asks for."""
    facts = (row["Email"], row["Company / Account"], campaigns.get(row["Lead ID"], ""))
    return not MISSING & set(facts) and row["Lead Source"] in SOURCES


@dataclass(frozen=True)
class Figure:
    """What became of a duty in a period: of how many rows it was met, missed, and neither."""

    duty: str
    period: str
    met: int
    missed: int
    unclear: int = 0

    def __str__(self) -> str:
        total = self.met + self.missed + self.unclear
        # What unclear rows do to a rate depends on why they are unclear, which nobody counts here.
        rate = "" if self.unclear else f": {1000 * self.met // (total or 1) / 10} %"
        counts = f"{self.met} met, {self.missed} missed, {self.unclear} unclear"
        return f"  {self.duty}: {f'{counts}{rate}' if total else 'no rows'}"


class Account:
    """The files, read, and what they say. `leads` are those that are judged, each once."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.rows = rows_of(files["salesforce-leads.csv"])
        self.contacts = rows_of(files["hubspot-contacts.csv"])
        self.activities = rows_of(files["salesforce-activities.csv"])
        self.deals = rows_of(files["salesforce-opportunities.csv"])
        self.history = [row for row in rows_of(files["salesforce-history.csv"]) if row["Field / Event"] == "Status"]
        self.teams = {row["User ID"]: row["Team"] for row in rows_of(files["salesforce-users.csv"])}
        self.once = newest(self.rows)
        self.leads = [row for row in self.once if not left_out(row)]
        self.touches: dict[str, list[tuple[datetime, str]]] = {}
        for row in self.activities:
            is_human = row["Direction"] == "Outbound" and row["Assigned Username"] not in AUTOMATIONS
            if is_human and row["Task Subtype"] in TOUCHES:
                at = moment(row["Completed Date/Time"])
                self.touches.setdefault(row["Lead ID"], []).append((at, row["Task Subtype"]))
        self.now = max(
            *(
                moment(row[name])
                for row in self.rows
                for name in row
                if name.endswith((" Date", "Modified")) and row[name]
            ),
            *(moment(row["Completed Date/Time"]) for row in self.activities),
            *(moment(row["Edit Date"]) for row in self.history),
            *(created_at(row).replace(second=0) for row in self.deals),
        )
        self.campaigns = {row["Salesforce Lead ID"]: row["First Conversion Campaign"] for row in self.contacts}

    def left_out(self) -> dict[str, int]:
        """Count the leads that each rule leaves out."""
        return dict(Counter(filter(None, map(left_out, self.once))))

    def cells(self) -> dict[tuple[bool, str], int]:
        """Count the leads by whether they are marked as MQLs and by whether they meet the term."""
        return dict(Counter((bool(row["MQL Date"]), verdict(row)) for row in self.leads))

    def without_lead(self) -> int:
        """Count the activities that hang on no lead of the report."""
        ids = {row[column] for row in self.rows for column in ("Lead ID", "Converted Contact ID")}
        return sum(row["Lead ID"] not in ids for row in self.activities)

    def figures(self) -> Iterator[Figure]:
        """Give what became of every duty that counts shares, period by period."""
        for month in MONTHS:
            mine = self.handed_over(month)
            found = Counter(map(verdict, mine))
            yield Figure("mql_quality", month, found["meets"], found["fails"], found["unclear"])
            good = sum(complete(row, self.campaigns) for row in mine)
            yield Figure("mql_facts", month, good, len(mine) - good)
            rejected = [row for row in mine if row["Rejected Date"]]
            named = sum(row["Reject Reason"] not in MISSING for row in rejected)
            yield Figure("reject_reasons", month, named, len(rejected) - named)
            yield figure("first_touch", month, map(self.first_touch, mine))
            yield figure("decision", month, map(self.decision, mine))
            came = [row for row in self.leads if f"{moment(row['Create Date']):%Y-%m}" == month]
            yield figure("kept_lifecycle", month, map(self.lifecycle, came))
            pending = [row for row in self.deals if not row["STAGENAME"].startswith("Closed") and created(row) == month]
            tidy = sum(bool(row["NEXTSTEP"] and row["AMOUNT"]) for row in pending)
            yield Figure("opportunity_hygiene", month, tidy, len(pending) - tidy)
        lost = [row for row in self.deals if row["STAGENAME"] == "Closed Lost"]
        named = sum(bool(row["LOSS_REASON__C"]) for row in lost)
        yield Figure("loss_reasons", "FY27-Q4", named, len(lost) - named)
        quarter = [row for month in MONTHS[:3] for row in self.handed_over(month)]
        yield figure("persistence", "FY27-Q4", map(self.persistence, quarter))

    def touched(self, row: Row) -> list[tuple[datetime, str]]:
        """Give when people tried to reach a lead since it was handed over, and how, in order."""
        found = [*self.touches.get(row["Lead ID"], ()), *self.touches.get(row["Converted Contact ID"] or "-", ())]
        return sorted(one for one in found if one[0] > moment(row["MQL Date"]))

    def clock(self, row: Row, stops: Sequence[datetime], limit: int) -> str:
        """Say whether the first of the stops came within so many working seconds after the hand-over."""
        start = moment(row["MQL Date"])
        least, most = used(row["Region"], start, min(stops, default=self.now), limit)
        if most <= limit:
            return "met" if stops else "open"
        if least > limit:
            return "missed" if stops else "silence"
        return "unclear"

    def first_touch(self, row: Row) -> str:
        if row["Lead Source"] == "Partner":
            return "left out"
        limit = 600 if row["Lead Source"] in HOT else 4 * HOUR
        found = self.clock(
            row, [*dates(row, "Accepted", "Rejected", "Recycled"), *(at for at, _ in self.touched(row))], limit
        )
        if row["Lead Source"] not in SOURCES and found != "open":
            return "unclear"
        return "missed" if found == "silence" else found

    def decision(self, row: Row) -> str:
        return self.clock(row, dates(row, "Accepted", "Rejected"), 2 * BUSINESS_DAY[row["Region"]])

    def persistence(self, row: Row) -> str:
        """Say whether there were six tries over two channels before a lead was given up, each four hours apart."""
        if not row["Rejected Date"] or row["Reject Reason"] not in {"No response", *MISSING}:
            return "left out"
        if row["Reject Reason"] in MISSING:
            return "unclear"
        start, end, region = moment(row["MQL Date"]), moment(row["Rejected Date"]), row["Region"]
        last = 15 * BUSINESS_DAY[region]
        tries = [one for one in self.touched(row) if one[0] < end and used(region, start, one[0], last)[1] <= last]
        found = set()
        # Once so that each try counts that may, and once so that only those count that do for certain.
        for may in (0, 1):
            counted = tries[:1]
            for at, how in tries:
                if tries[0][0] < at and used(region, counted[-1][0], at, 4 * HOUR)[may] >= 4 * HOUR:
                    counted.append((at, how))
            found.add(len(counted) >= 6 and len({how for _, how in counted}) >= 2)
        return "unclear" if len(found) == 2 else "met" if found == {True} else "missed"

    def lifecycle(self, row: Row) -> str:
        """Say whether a lead went from stage to stage as agreed."""
        mine = [one for one in self.history if one["Lead ID"] == row["Lead ID"]]
        mine.sort(key=lambda one: moment(one["Edit Date"]))
        steps = [(one["Old Value"], one["New Value"]) for one in mine]
        today = row["Lead Status"].replace("Marketing Qualified", "MQL")
        stages = ["New", *(new for _, new in steps)]
        if not {*stages, today} <= STATUSES:
            return "unclear"
        whole = stages[-1] == today and stages[:-1] == [old for old, _ in steps]
        hands = all(
            self.teams[one["Edited By"]] in MOVERS[one["Old Value"]] for one in mine if one["Old Value"] in MOVERS
        )
        facts = row["Lead Source"] in SOURCES or ("MQL", "SAL") not in steps
        reason = row["Reject Reason"] not in MISSING or "Recycled" not in stages
        return "met" if whole and set(steps) <= MOVES and hands and facts and reason else "missed"

    def handed_over(self, month: str) -> list[Row]:
        """Give the leads that were marked in a month."""
        return [row for row in self.leads if row["MQL Date"] and f"{moment(row['MQL Date']):%Y-%m}" == month]

    def volume(self, month: str) -> dict[str, tuple[int, int]]:
        """Count by region how many leads of a month are MQLs for certain, and how many may be."""
        found = Counter((row["Region"], verdict(row)) for row in self.handed_over(month))
        return {region: (found[region, "meets"], found[region, "unclear"]) for region in REGIONS}

    def lines(self) -> Iterator[str]:
        """Give the whole account as text."""
        yield f"leads: {len(self.rows)} rows, {len(self.rows) - len(self.once)} of them repeated"
        yield f"left out: {self.left_out()}"
        cells = self.cells()
        for marked, word in ((True, "marked"), (False, "not marked")):
            counts = (f"{found} {cells.get((marked, found), 0)}" for found in ("meets", "fails", "unclear"))
            yield f"mql, {word}: {', '.join(counts)}"
        for column, allowed in (("Lead Source", SOURCES), ("Lead Status", STATUSES)):
            odd = Counter(row[column] for row in self.leads if row[column] not in allowed)
            yield f"{column}, not listed: {dict(odd)}"
        yield f"leads that HubSpot does not know: {sum(row['Lead ID'] not in self.campaigns for row in self.leads)}"
        yield f"activities: {len(self.activities)} rows, {self.without_lead()} without a lead"
        period = ""
        for figure in self.figures():
            if figure.period != period:
                period = figure.period
                yield period
                if period in MONTHS:
                    counts = (f"{region} {low} (+{more})" for region, (low, more) in self.volume(period).items())
                    yield f"  mql_volume: {', '.join(counts)}"
            yield str(figure)


def figure(duty: str, period: str, found: Iterable[str]) -> Figure:
    """Count what became of the rows of a duty; what is open, left out or settled by silence counts nowhere."""
    counts = Counter(found)
    return Figure(duty, period, counts["met"], counts["missed"], counts["unclear"])


def dates(row: Row, *names: str) -> list[datetime]:
    """Give the dates of a lead that are filled."""
    return [moment(row[f"{name} Date"]) for name in names if row[f"{name} Date"]]


def created_at(row: Row) -> datetime:
    """Give when an opportunity was created, by New York's clocks, five hours behind UTC all winter."""
    return datetime.fromisoformat(row["CREATEDDATE"].removesuffix("Z")) - timedelta(hours=5)


def created(row: Row) -> str:
    """Give the month in which an opportunity was created."""
    return f"{created_at(row):%Y-%m}"
