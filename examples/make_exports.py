"""Makes the example exports: three months of leads, calls and deals of an invented company, with faults on both sides.

Everything is drawn from one seed, so the files come out alike on every machine. How many rows are at fault is set in
the tables at the top; `--figures` counts again, from the text of the files, what a check has to find in them.

    python examples/make_exports.py             writes examples/exports/
    python examples/make_exports.py --check     exits 1 where a file differs from what would be written
    python examples/make_exports.py --figures   prints what a check has to find
"""

from __future__ import annotations

import argparse
import csv
import io
import random
import string
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from figures import Account

FOLDER = Path(__file__).parent / "exports"
SEED = 20270203
# Exports of a report carry no zone: these and all other times are New York's clocks.
FIRST, EXPORTED = datetime(2026, 11, 1, 9, 5), datetime(2027, 2, 3, 17, 52)  # noqa: DTZ001

# --- how many rows are at fault ---------------------------------------------------------------


@dataclass(frozen=True)
class Marked:
    """The leads of a region that Marketing handed over in a month, and how many of them are no MQL or unclear."""

    rows: int
    fails: int = 0
    unclear: int = 0


@dataclass(frozen=True)
class Decided:
    """What Sales Development did with the leads of a month; the others were accepted in time.

    `waiting` leads have no decision, and the first `untouched` of them no answer either. `unanswered` is how many of
    the `rejected` were given up for want of an answer, the first `too_few` of them before the sixth try.
    """

    rejected: int
    without_reason: int
    recycled: int
    waiting: int
    unanswered: int = 0
    too_few: int = 0
    late_touch: int = 0
    late_decision: int = 0
    untouched: int = 0


@dataclass(frozen=True)
class Handed:
    """What Marketing left open on the leads that it handed over in a month."""

    unknown_to_hubspot: int = 0
    without_campaign: int = 0
    without_company: int = 0
    odd_source: int = 0


@dataclass(frozen=True)
class Deals:
    """Opportunities by the month in which they were created, with those that lack what Sales owes."""

    still_open: int
    neglected: int
    won: int
    lost: int
    without_loss_reason: int

    @property
    def rows(self) -> int:
        return self.still_open + self.won + self.lost


MARKED: Mapping[str, Mapping[str, Marked]] = {
    "2026-11": {"AMER": Marked(66, fails=1), "EMEA": Marked(28, fails=1)},
    "2026-12": {"AMER": Marked(64, fails=1, unclear=1), "EMEA": Marked(24)},
    "2027-01": {"AMER": Marked(70, fails=2, unclear=2), "EMEA": Marked(30, fails=3)},
    "2027-02": {"AMER": Marked(4), "EMEA": Marked(2)},
}
DECIDED: Mapping[str, Decided] = {
    "2026-11": Decided(10, 0, 5, 3, unanswered=7, too_few=2, late_touch=3, late_decision=2, untouched=1),
    "2026-12": Decided(9, 0, 5, 4, unanswered=6, late_touch=4, late_decision=3),
    "2027-01": Decided(11, 2, 4, 8, unanswered=7, too_few=1, late_touch=10, late_decision=3, untouched=1),
    "2027-02": Decided(0, 0, 0, 4),
}
HANDED: Mapping[str, Handed] = {
    "2026-11": Handed(unknown_to_hubspot=1, without_campaign=1),
    "2026-12": Handed(unknown_to_hubspot=1, odd_source=1),
    "2027-01": Handed(unknown_to_hubspot=1, without_campaign=2, without_company=1, odd_source=2),
    "2027-02": Handed(),
}
DEALS: Mapping[str, Deals] = {
    "2026-11": Deals(still_open=10, neglected=1, won=6, lost=11, without_loss_reason=1),
    "2026-12": Deals(still_open=10, neglected=0, won=4, lost=7, without_loss_reason=1),
    "2027-01": Deals(still_open=15, neglected=1, won=2, lost=4, without_loss_reason=0),
    "2027-02": Deals(still_open=2, neglected=0, won=0, lost=0, without_loss_reason=0),
}
NOT_MARKED = {"fails": 98, "unclear": 14, "meets": 7}
TEST_LEADS, COMPETITORS = 6, 7
# Leads that went a way which the lifecycle does not allow, by the month in which they came.
STRAYED = {"2026-12": "moved back", "2027-01": "skipped"}
NURTURED = ("2026-11", "2027-02")  # leads with a status that no stage has, by the month in which they came
SHORT_OF_PEOPLE = 19  # from this day of January on first answers came late
ACTIVITIES_WITHOUT_LEAD = 5
FROM_LEADS = 0.5  # share of the opportunities; the others were found by Sales itself
TRADE_FAIR = ("2027-01", "Event")  # where January's leads that are no MQL came from

# The lead of contracts/disputes.yaml, handed over two days before Marketing contested the finding.
DISPUTED, DISPUTED_ON = "00Q5f00000D1spuEAB", datetime(2027, 1, 4, 10, 22)  # noqa: DTZ001

# --- what the contract and the CRM name -------------------------------------------------------

SOURCES = {
    "Web": 30, "Event": 12, "Referral": 8, "Paid search": 16, "Partner": 8, "Demo request": 14, "Contact sales": 7,
    "Chat": 5,
}  # fmt: skip
HOT = ("Demo request", "Contact sales", "Chat")
DECIDERS, OTHERS = ("CFO", "VP", "Director"), ("Manager", "Individual")
REASONS = ("No budget", "Wrong person", "Bad timing")
LOSSES = ("Price", "Competitor", "No decision", "Missing feature")
MISSING = ("-", "N/A", "[not provided]")
TEST_DOMAIN, COMPETING = "acme.com", ("rivalbooks.com", "ledgerly.io")

CAMPAIGNS = (
    "Close faster",
    "Month-end webinar",
    "Audit-ready guide",
    "Pricing page",
    "London trade fair",
    "Newsletter",
)
STEMS = (
    "Velkorra", "Brindlow", "Tarnwick", "Ostavel", "Quillmere", "Harrowmint", "Lumbrick", "Pendrass", "Kestralia",
    "Morvane", "Saltrune", "Wexfold", "Dovelle", "Grantholm", "Nordaxo", "Ystrane", "Cobberly", "Fenwhistle",
    "Montévrin", "Ålgrund",
)  # fmt: skip
TRADES = ("Foods", "Logistics", "Tools", "Analytics", "Clinics", "Paper", "Optics", "Freight", "Garden", "Energy")
ROLES = ("finance", "office", "accounts", "controller", "purchasing", "books")
DOMAINS = ("example.com", "example.org", "example.net")
STEPS = ("Send proposal", "Call with finance", "Security review", "Legal review", "Demo for the team", "Agree on price")

# --- ids and users ----------------------------------------------------------------------------

DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase


def eighteen(short: str) -> str:
    """Give the form of 18 characters of a record's id: three letters say which of the 15 before them are capitals."""
    letters = string.ascii_uppercase + "012345"
    groups = (short[at : at + 5] for at in (0, 5, 10))
    return short + "".join(letters[sum(1 << k for k, char in enumerate(g) if char.isupper())] for g in groups)


def made_id(prefix: str, number: int) -> str:
    """Give the nth id of a kind of record, counted with 62 digits as Salesforce does."""
    text = ""
    while number:
        number, digit = divmod(number, 62)
        text = DIGITS[digit] + text
    return eighteen(prefix + text.rjust(15 - len(prefix), "0"))


@dataclass(frozen=True)
class User:
    """A user of the CRM: an id, a login that names nobody, and a team."""

    id: str
    login: str
    team: str
    active: str = "1"


AUTOMATION = "outreach.sync"
USERS = [
    User(made_id("0055f000007B", 100 + 37 * n), *one)
    for n, one in enumerate(
        [
            *((f"sdr.ny{n}", "SDR New York") for n in range(1, 5)),
            *((f"sdr.lon{n}", "SDR London") for n in range(1, 4)),
            *((f"ae{n}", "AE") for n in range(1, 6)),
            ("marketing.ops", "Marketing"),
            ("revops", "RevOps"),
            ("sdr.ny0", "SDR New York", "0"),
            ("integration.user", "System"),
            (AUTOMATION, "System"),
        ]
    )
]
LOGINS = {user.id: user.login for user in USERS}
SDRS = {
    "AMER": [user.id for user in USERS if user.team == "SDR New York" and user.active == "1"],
    "EMEA": [user.id for user in USERS if user.team == "SDR London"],
}
SELLERS = [user.id for user in USERS if user.team == "AE"]
QUEUE = made_id("00G5f000001C", 77)  # owns what nobody has taken yet

# --- business time, by New York's clocks ------------------------------------------------------

CLOSED = {
    "AMER": {date(2026, 11, 26), date(2026, 12, 25), date(2027, 1, 1), date(2027, 1, 18)},
    "EMEA": {date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)},
}
HOURS = {"AMER": (time(8, 30), time(18, 0)), "EMEA": (time(4, 0), time(12, 30))}  # London is five hours ahead
SHORT = {("AMER", date(2026, 12, 24)): time(13, 0)}
DAY = 570  # open minutes
DECIDE = {"AMER": 1140, "EMEA": 960}  # open minutes that Sales Development has for a decision
ANSWER = {True: 10, False: 240}  # open minutes for the first answer to hot leads, and to the others


def hours(region: str, day: date) -> tuple[datetime, datetime] | None:
    """Give the open hours of a day, or None where there are none."""
    if day.weekday() > 4 or day in CLOSED[region]:
        return None
    opens, closes = HOURS[region]
    if region == "EMEA" and day.weekday() == 4:
        closes = time(12, 0)
    return datetime.combine(day, opens), datetime.combine(day, SHORT.get((region, day), closes))


def later(region: str, moment: datetime, minutes: int) -> datetime:
    """Give the moment so many open minutes after another."""
    day = moment.date()
    while True:
        window = hours(region, day)
        if window is not None:
            start = max(moment, window[0])
            room = int((window[1] - start).total_seconds()) // 60
            if room > minutes:
                return start + timedelta(minutes=minutes)
            minutes -= max(room, 0)
        day += timedelta(days=1)


def windows(region: str, month: str) -> list[tuple[datetime, datetime]]:
    """Give the open hours of the days of a month up to the export."""
    first = date.fromisoformat(f"{month}-01")
    days = (first + timedelta(days=n) for n in range(31))
    found = (hours(region, day) for day in days if day.month == first.month and day <= EXPORTED.date())
    return [window for window in found if window is not None]


def held(moment: datetime) -> datetime:
    """Give a moment, or one shortly before the export where it lies after it."""
    return min(moment, EXPORTED - timedelta(minutes=21))


# --- the records ------------------------------------------------------------------------------


@dataclass
class Activity:
    """A call, a mail or a meeting. After a conversion it hangs on the contact that the lead became."""

    at: datetime
    kind: str
    direction: str
    by: str
    with_contact: bool = False
    who: str = ""
    id: str = ""


@dataclass
class Deal:
    """An opportunity; `closed` is a plan while it is open."""

    created: datetime
    source: str
    owner: str
    amount: int
    closed: date
    stage: str
    step: str
    loss: str = ""
    id: str = ""
    account: str = ""


@dataclass
class Lead:
    """A lead as Salesforce and HubSpot know it; times that did not happen are None."""

    region: str
    created: datetime
    verdict: str
    source: str
    company: str
    email: str
    owner: str
    campaign: str
    currency: str
    competitor: str
    budget: str = ""
    authority: str = ""
    need: str = ""
    timeframe: str = ""
    status: str = "New"
    reason: str = ""
    qualified: datetime | None = None
    accepted: datetime | None = None
    rejected: datetime | None = None
    recycled: datetime | None = None
    touched: datetime | None = None
    wait: int = 0
    worked: datetime | None = None
    strayed: str = ""
    deal: Deal | None = None
    contact: str = ""
    in_hubspot: bool = True
    disputed: bool = False
    id: str = ""
    activities: list[Activity] = field(default_factory=list)

    @property
    def since(self) -> datetime:
        """When Sales first dealt with it, else when it was handed over, else when it came."""
        return self.touched or self.qualified or self.created

    @property
    def modified(self) -> datetime:
        """When it last changed."""
        deal = self.deal.created if self.deal else None
        times = (self.since, self.accepted, self.worked, self.rejected, self.recycled, deal)
        return max(time for time in times if time is not None) + timedelta(minutes=3)


class Story:
    """Three months, drawn from one random sequence in one order."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.leads: list[Lead] = []
        self.deals: list[Deal] = []
        self.activities: list[Activity] = []
        for month in MARKED:
            self._handed_over(month)
        for month in DEALS:
            self._opportunities(month)
        self._not_handed_over()
        self._left_out()
        self._work()
        self._stray()
        self._number()

    def _chance(self, share: float) -> bool:
        return self.rng.random() < share

    def _minutes(self, low: int, high: int) -> timedelta:
        return timedelta(minutes=self.rng.randint(low, high))

    def _moment(self, region: str, month: str) -> datetime:
        opens, closes = self.rng.choice(windows(region, month))
        return held(opens + self._minutes(0, int((closes - opens).total_seconds()) // 60 - 5))

    # --- leads ---

    def _lead(self, region: str, created: datetime, verdict: str) -> Lead:
        rng = self.rng
        stem = rng.choice(STEMS)
        plain = stem.lower().replace("é", "e").replace("å", "a")
        return Lead(
            region, created, verdict,
            source=rng.choices(list(SOURCES), list(SOURCES.values()))[0],
            company=f"{stem} {rng.choice(TRADES)}",
            email=f"{rng.choice(ROLES)}.{plain}{rng.randint(10, 999)}@{rng.choice(DOMAINS)}",
            owner=rng.choice(SDRS[region]),
            campaign=rng.choice(CAMPAIGNS),
            currency="USD" if region == "AMER" else rng.choices(("GBP", "EUR", "USD"), (5, 4, 1))[0],
            competitor=rng.choices(("0", ""), (9, 1))[0],
        )  # fmt: skip

    def _facts(self, lead: Lead) -> None:
        """Give a lead budget, authority, need and timeframe that bring about its verdict."""
        rng = self.rng
        names = ("budget", "authority", "need", "timeframe")
        good, blank = set(names), set[str]()
        if lead.verdict == "fails":
            good = set(rng.sample(names, 2 if lead.qualified else rng.randint(0, 2)))
        elif lead.verdict == "unclear":
            blank = {"budget"}
            good -= {"budget", rng.choice(("need", "timeframe"))}
        elif self._chance(0.55):
            odd = rng.choice(names)
            good.discard(odd)
            blank = {odd} if self._chance(0.4) else set()
        high = rng.choice((12_000, 15_000, 18_500, 25_000, 40_000, 60_000, 85_000, 120_000))
        low = rng.randrange(8, 75) * 100  # below 10,000 in dollars too
        placeholder = rng.choice(("", "", *MISSING))
        lead.budget = placeholder if "budget" in blank else f"{high if 'budget' in good else low:,}.00"
        authority = rng.choice(DECIDERS if "authority" in good else OTHERS)
        months = rng.randint(1, 6) if "timeframe" in good else rng.choice((9, 12, 18))
        lead.authority = "" if "authority" in blank else authority
        lead.need = "" if "need" in blank else "1" if "need" in good else "0"
        lead.timeframe = "" if "timeframe" in blank else str(months)

    def _handed_over(self, month: str) -> None:
        """Make the leads that Marketing marked in a month, and what Sales Development did with them."""
        found: list[Lead] = []
        for region, wanted in MARKED[month].items():
            good = wanted.rows - wanted.fails - wanted.unclear
            for verdict in ["fails"] * wanted.fails + ["unclear"] * wanted.unclear + ["meets"] * good:
                moment = self._moment(region, month)
                lead = self._lead(region, moment, verdict)
                lead.qualified = moment
                most = min(9 * 24 * 60, int((moment - FIRST).total_seconds()) // 60)
                lead.created -= self._minutes(1, 40) if lead.source in HOT else self._minutes(60, most)
                if verdict == "fails" and month == TRADE_FAIR[0]:
                    lead.source = TRADE_FAIR[1]
                self._facts(lead)
                found.append(lead)
        if month == f"{DISPUTED_ON:%Y-%m}":
            lead = next(lead for lead in found if lead.verdict == "fails" and lead.region == "AMER")
            lead.disputed, lead.qualified = True, DISPUTED_ON
            lead.created = DISPUTED_ON - timedelta(days=3, minutes=47)
            lead.budget, lead.authority, lead.need, lead.timeframe = "8,500.00", "VP", "0", "3"
        found.sort(key=lambda lead: (lead.since, lead.email))
        decided = DECIDED[month]
        waiting = found[len(found) - decided.waiting :]
        owed = [lead for lead in found if lead.source != "Partner" and lead not in waiting]
        if month == "2027-01":
            owed = [lead for lead in owed if lead.since.day >= SHORT_OF_PEOPLE]
        late = self.rng.sample(owed, decided.late_touch)
        for lead in found:
            if lead not in waiting[: decided.untouched]:
                self._touch(lead, late=lead in late)
        self._decide(decided, found)
        self._leave_open(HANDED[month], [lead for lead in found if lead.verdict == "meets" and lead not in late])
        self.leads += found

    def _touch(self, lead: Lead, *, late: bool) -> None:
        """Log the first answer to a lead, and what a machine sent before it."""
        rng = self.rng
        if self._chance(0.4):
            self._log(lead, lead.since + self._minutes(1, 9), "ListEmail", "Outbound", AUTOMATION)
        most = ANSWER[lead.source in HOT]
        wait = rng.randint(most + 6, 4 * most) if late else rng.randint(1, most - 2)
        first = later(lead.region, lead.since, wait)
        if first <= EXPORTED:
            lead.touched, lead.wait = first, wait
            self._log(lead, first, rng.choice(("Call", "Call", "Email")), "Outbound", LOGINS[lead.owner])

    def _talk(self, lead: Lead) -> None:
        """Log what else was written to and by a lead."""
        rng = self.rng
        if lead.touched and self._chance(0.45):
            at = later(lead.region, lead.touched, rng.randint(60, 1500))
            self._log(lead, at, "Email", "Outbound", LOGINS[lead.owner])
        if lead.touched and self._chance(0.2):
            at = later(lead.region, lead.touched, rng.randint(90, 1200))
            self._log(lead, at, "Email", "Inbound", LOGINS[lead.owner])

    def _log(self, lead: Lead, at: datetime, kind: str, direction: str, by: str) -> None:
        if at <= EXPORTED:
            lead.activities.append(Activity(at, kind, direction, by))

    def _decide(self, wanted: Decided, found: list[Lead]) -> None:
        """Reject and recycle as many as wanted, the poor ones first, leave the latest waiting, and accept the rest."""
        rng = self.rng
        decided, waiting = found[: len(found) - wanted.waiting], found[len(found) - wanted.waiting :]
        poor = [lead for lead in decided if lead.verdict == "fails" and not lead.disputed]
        rest = [lead for lead in decided if lead.verdict != "fails"]
        early = [lead for lead in rest if lead.touched and lead.since < EXPORTED - timedelta(days=24)]
        given_up = rng.sample(early, wanted.unanswered)
        rest = [lead for lead in rest if lead not in given_up]
        rng.shuffle(rest)
        gone = (poor + rest)[: wanted.rejected - wanted.unanswered + wanted.recycled]
        rejected, recycled = gone[: len(gone) - wanted.recycled], gone[len(gone) - wanted.recycled :]
        kept = [lead for lead in decided if lead not in gone and lead not in given_up]
        slow = rng.sample([lead for lead in kept if lead.since < EXPORTED - timedelta(days=8)], wanted.late_decision)
        for number, lead in enumerate(given_up):
            self._give_up(lead, too_few=number < wanted.too_few)
        for number, lead in enumerate(rejected):
            self._talk(lead)
            lead.rejected, lead.status = self._in_time(lead), "Disqualified"
            silent = number >= len(rejected) - wanted.without_reason
            lead.reason = rng.choice(("", "N/A") if silent else REASONS)
        for number, lead in enumerate(recycled):
            self._talk(lead)
            lead.accepted = self._in_time(lead) if number % 2 else None
            lead.recycled = held(later(lead.region, lead.accepted or lead.since, rng.randint(300, 1900)))
            lead.status, lead.reason = "Recycled", rng.choice(("Bad timing", "No budget", "No response"))
        for lead in kept:
            self._talk(lead)
            lead.accepted = self._in_time(lead)
            if lead in slow:
                lead.accepted = later(
                    lead.region, lead.qualified or lead.since, DECIDE[lead.region] + rng.randint(90, 900)
                )
            lead.status = rng.choices(("SAL", "SQL"), (6, 4))[0]
        for lead in waiting:
            self._talk(lead)
            # The word that Salesforce used before the picklist was tidied up; the binding still knows it.
            lead.status = "Marketing Qualified" if lead.since.year == 2026 else "MQL"

    def _in_time(self, lead: Lead) -> datetime:
        """Give a moment after the first answer at which a decision about a lead is in time."""
        minutes = self.rng.randint(lead.wait + 12, min(lead.wait + 500, DECIDE[lead.region] - 3))
        return held(later(lead.region, lead.qualified or lead.created, minutes))

    def _give_up(self, lead: Lead, *, too_few: bool) -> None:
        """Reject a lead that was accepted, after several tries for want of an answer."""
        rng = self.rng
        lead.accepted, last = self._in_time(lead), lead.touched or lead.since
        first = next(one for one in reversed(lead.activities) if one.by != AUTOMATION)
        for number in range(rng.choice((3, 4)) if too_few else rng.choice((6, 6, 7))):
            if number:
                last = later(lead.region, last, rng.randint(330, 740))
                kind = ("Email", "Call")[(number + (first.kind == "Email")) % 2]
                self._log(lead, last, kind, "Outbound", LOGINS[lead.owner])
        last = max(last, lead.accepted)
        lead.rejected = held(later(lead.region, last, rng.randint(30, 400)))
        lead.status, lead.reason = "Disqualified", "No response"

    def _leave_open(self, wanted: Handed, good: list[Lead]) -> None:
        changes: list[tuple[str, object]] = [
            *[("in_hubspot", False)] * wanted.unknown_to_hubspot,
            *[("campaign", "")] * wanted.without_campaign,
            *[("company", "[not provided]")] * wanted.without_company,
            *[("source", "Webinar")] * wanted.odd_source,
        ]
        for lead, (fact, value) in zip(self.rng.sample(good, len(changes)), changes, strict=True):
            setattr(lead, fact, value)

    def _not_handed_over(self) -> None:
        """Make the leads that Marketing keeps: most are no MQL, a few are and slipped through."""
        rng = self.rng
        verdicts = [verdict for verdict, count in NOT_MARKED.items() for _ in range(count)]
        rng.shuffle(verdicts)
        failing: list[Lead] = []
        for verdict in verdicts:
            region = rng.choices(("AMER", "EMEA"), (7, 3))[0]
            lead = self._lead(region, self._moment(region, rng.choices(list(MARKED), (30, 26, 34, 4))[0]), verdict)
            self._facts(lead)
            if verdict == "fails" and self._chance(0.25):
                lead.rejected = held(later(region, lead.created, rng.randint(200, 4000)))
                lead.status, lead.reason = "Disqualified", rng.choice(("Wrong person", "No budget"))
            elif self._chance(0.5):
                lead.owner = QUEUE
            failing += [lead] * (verdict == "fails" and lead.status == "New")
            self.leads.append(lead)
        for month in NURTURED:
            here = [lead for lead in failing if f"{lead.created:%Y-%m}" == month and lead.status == "New"]
            rng.choice(here).status = "Nurture"
        odd, *unnamed = rng.sample([lead for lead in failing if lead.status == "New"], 5)
        for lead in unnamed:
            lead.company = rng.choice(MISSING)
        # Somebody typed a range where the contract wants a number of months.
        odd.timeframe, odd.authority, odd.need = "3-6", "Individual", "0"

    def _left_out(self) -> None:
        """Make the leads that the contract leaves out: our own tests, and competitors by address or by their box."""
        rng = self.rng
        for number, kind in enumerate(["test"] * TEST_LEADS + ["competitor"] * COMPETITORS):
            region = rng.choice(("AMER", "EMEA"))
            month = rng.choice(("2026-11", "2026-12", "2027-01"))
            lead = self._lead(region, self._moment(region, month), rng.choice(("meets", "fails")))
            self._facts(lead)
            if kind == "test":
                lead.email, lead.company = f"test{number + 1}@{TEST_DOMAIN}", "Acme (test)"
            elif number % 3:
                lead.email = f"{rng.choice(ROLES)}{number}@{rng.choice(COMPETING)}"
            else:
                lead.competitor = "1"
            if number % 2:
                lead.qualified, lead.status = lead.created + self._minutes(5, 300), "MQL"
            self.leads.append(lead)

    # --- opportunities ---

    def _opportunities(self, month: str) -> None:
        """Make the opportunities of a month: some of accepted leads, some that Sales found itself."""
        rng = self.rng
        wanted = DEALS[month]
        accepted = [
            (lead, lead.accepted)
            for lead in self.leads
            if lead.accepted and lead.status in {"SAL", "SQL"} and not lead.deal
        ]
        rng.shuffle(accepted)
        found: list[Deal] = []
        for lead, since in accepted:
            when = later("AMER", since + timedelta(days=rng.randint(1, 9)), rng.randint(10, 500))
            if f"{when:%Y-%m}" == month and when == held(when) and len(found) < wanted.rows * FROM_LEADS:
                lead.deal = self._deal(when, lead.source)
                lead.status = "Converted"
                met = when - self._minutes(30, 90)
                by = LOGINS[lead.deal.owner]
                lead.activities.append(Activity(met, "Event", "Outbound", by, with_contact=True))
                found.append(lead.deal)
        while len(found) < wanted.rows:
            source = rng.choice(("Outbound", "Existing customer", "Partner"))
            found.append(self._deal(self._moment("AMER", month), source))
        found.sort(key=lambda deal: (deal.created, deal.owner, deal.amount))
        self._close(wanted, found)
        self.deals += found

    def _deal(self, when: datetime, source: str) -> Deal:
        rng = self.rng
        return Deal(
            when, source,
            owner=rng.choice(SELLERS),
            amount=rng.choice((4800, 7200, 9600, 12000, 14400, 18000, 24000, 36000, 48000)),
            closed=when.date() + timedelta(days=rng.randint(45, 120)),
            stage=rng.choices(("Discovery", "Prospecting", "Proposal", "Negotiation"), (4, 1, 4, 3))[0],
            step=rng.choice(STEPS),
        )  # fmt: skip

    def _close(self, wanted: Deals, found: list[Deal]) -> None:
        """Close the oldest opportunities of a month, and forget on some what Sales owes."""
        rng = self.rng
        stages = ["Closed Won"] * wanted.won + ["Closed Lost"] * wanted.lost
        rng.shuffle(stages)
        for deal, stage in zip(found, stages, strict=False):
            deal.stage, deal.step = stage, ""
            deal.closed = min(deal.created.date() + timedelta(days=rng.randint(7, 45)), date(2027, 1, 29))
            deal.loss = rng.choice(LOSSES) if stage == "Closed Lost" else ""
        for deal in rng.sample([deal for deal in found if deal.loss], wanted.without_loss_reason):
            deal.loss = ""
        for deal in rng.sample(found[len(stages) :], wanted.neglected):
            deal.step = ""

    # --- what the history shows ---

    def _work(self) -> None:
        """Say when Sales Development passed each lead that it accepted to Field Sales."""
        for lead in self.leads:
            if lead.accepted and lead.status in {"SQL", "Converted"}:
                until = lead.deal.created if lead.deal else min(EXPORTED, lead.accepted + timedelta(days=4))
                room = int((until - lead.accepted).total_seconds()) // 60
                lead.worked = lead.accepted + timedelta(minutes=self.rng.randint(room // 5, room // 2))

    def _stray(self) -> None:
        """Let some leads go a way that the lifecycle does not allow."""
        for month, way in STRAYED.items():
            here = [lead for lead in self.leads if lead.status == "SQL" and f"{lead.created:%Y-%m}" == month]
            self.rng.choice(here).strayed = way

    # --- ids ---

    def _number(self) -> None:
        """Give ids in the order in which records came, so that the disputed lead gets the id of the dispute."""
        self.leads.sort(key=lambda lead: (lead.created, lead.email))
        here = next(n for n, lead in enumerate(self.leads) if lead.disputed)
        number = 0
        for char in DISPUTED[12:15]:
            number = number * 62 + DIGITS.index(char)
        for n, lead in enumerate(self.leads):
            lead.id = made_id(DISPUTED[:12], number + 7 * (n - here))
            lead.contact = made_id("0035f000003R", 310 + 5 * n) if lead.deal else ""
            for one in lead.activities:
                one.who = lead.contact if one.with_contact else lead.id
            self.activities += lead.activities
        for n, deal in enumerate(self.deals):
            deal.id = made_id("0065f000002K", 5200 + 11 * n)
            deal.account = made_id("0015f000004M", 9100 + 13 * n)
        for _ in range(ACTIVITIES_WITHOUT_LEAD):
            at = EXPORTED - timedelta(days=self.rng.randint(1, 80), minutes=self.rng.randint(0, 400))
            gone = made_id("00Q5f00000C9", self.rng.randint(1000, 90000))
            self.activities.append(Activity(at, "Call", "Outbound", LOGINS[self.rng.choice(SDRS["AMER"])], who=gone))
        self.activities.sort(key=lambda one: (one.at, one.who, one.by))
        for n, one in enumerate(self.activities):
            one.id = made_id("00T5f000006P", 4000 + 3 * n)


# --- the files --------------------------------------------------------------------------------

LEAD_COLUMNS = (
    "Lead ID", "Lead Owner ID", "Company / Account", "Email", "Lead Source", "Region", "Lead Status",
    "Annual Budget Currency", "Annual Budget", "Decision Role", "Need Confirmed", "Timeframe (Months)", "Competitor",
    "Create Date", "MQL Date", "Accepted Date", "Rejected Date", "Recycled Date", "Reject Reason", "Last Modified",
    "Converted Contact ID", "Converted Opportunity ID",
)  # fmt: skip
CONTACT_COLUMNS = (
    "Record ID", "Email", "Lifecycle Stage", "HubSpot Score", "First Conversion Campaign", "Create Date",
    "Last Modified Date", "Salesforce Lead ID",
)  # fmt: skip
ACTIVITY_COLUMNS = (
    "Activity ID", "Task Subtype", "Direction", "Completed Date/Time", "Assigned Username", "Lead ID",
)  # fmt: skip
DEAL_COLUMNS = (
    "ID", "ISDELETED", "ACCOUNTID", "STAGENAME", "AMOUNT", "CLOSEDATE", "NEXTSTEP", "LEADSOURCE", "OWNERID",
    "CREATEDDATE", "LOSS_REASON__C",
)  # fmt: skip
USER_COLUMNS = ("User ID", "Username", "Team", "Active")
HISTORY_COLUMNS = ("Lead ID", "Field / Event", "Old Value", "New Value", "Edit Date", "Edited By")


def local(moment: datetime | None) -> str:
    """Write a time as a report does for somebody in New York: `2/3/2027 10:22 AM`."""
    if moment is None:
        return ""
    half = "AM" if moment.hour < 12 else "PM"
    return f"{moment.month}/{moment.day}/{moment.year} {(moment.hour - 1) % 12 + 1}:{moment.minute:02} {half}"


def lead_row(lead: Lead) -> tuple[str, ...]:
    return (
        lead.id, lead.owner, lead.company, lead.email, lead.source, lead.region, lead.status, lead.currency,
        lead.budget, lead.authority, lead.need, lead.timeframe, lead.competitor, local(lead.created),
        local(lead.qualified), local(lead.accepted), local(lead.rejected), local(lead.recycled), lead.reason,
        local(lead.modified), lead.contact, lead.deal.id if lead.deal else "",
    )  # fmt: skip


def lead_rows(leads: Sequence[Lead]) -> Iterator[tuple[str, ...]]:
    """Give the rows of the report: one lead twice alike, and one also as it stood before its last change."""
    accepted = [lead for lead in leads if lead.status == "SAL" and lead.verdict == "meets"]
    twice, stale = accepted[7], accepted[11]
    for lead in leads:
        yield lead_row(lead)
        if lead is stale:
            before = dict(zip(LEAD_COLUMNS, lead_row(lead), strict=True))
            before |= {"Lead Status": "MQL", "Accepted Date": "", "Last Modified": local(lead.qualified)}
            yield tuple(before.values())
    yield lead_row(twice)


def contact_rows(leads: Sequence[Lead], rng: random.Random) -> Iterator[tuple[str, ...]]:
    for number, lead in enumerate(leads):
        if lead.in_hubspot:
            score = {"meets": 62, "unclear": 48, "fails": 30}[lead.verdict] + rng.randint(-14, 30)
            stage = "Marketing Qualified Lead" if lead.qualified else "Lead"
            came, changed = lead.created - timedelta(minutes=1), (lead.qualified or lead.created) + timedelta(minutes=2)
            yield (
                str(31_400_000 + 17 * number), lead.email, stage, str(score), lead.campaign,
                f"{came:%Y-%m-%d %H:%M}", f"{changed:%Y-%m-%d %H:%M}", lead.id,
            )  # fmt: skip


def moves(lead: Lead) -> Iterator[tuple[datetime, str, str, str]]:
    """Give the moves of a lead in order: when, from which status to which, and the id of who made it."""
    ops, sync = (
        next(user.id for user in USERS if user.login == name) for name in ("marketing.ops", "integration.user")
    )
    stage = "New"
    steps: list[tuple[datetime | None, str, str]] = [
        (lead.qualified, "MQL", sync),
        (None if lead.strayed == "skipped" else lead.accepted, "SAL", lead.owner),
    ]
    if lead.strayed == "moved back" and lead.accepted:
        steps += [(lead.accepted + timedelta(minutes=4), "MQL", lead.owner)]
        steps += [(lead.accepted + timedelta(minutes=9), "SAL", lead.owner)]
    steps += [
        (lead.worked, "SQL", lead.owner),
        (lead.recycled, "Recycled", lead.owner),
        (lead.rejected, "Disqualified", lead.owner if lead.qualified else ops),
    ]
    if lead.deal:
        steps.append((lead.deal.created, "Converted", lead.deal.owner))
    if lead.status == "Nurture":
        steps.append((lead.modified, "Nurture", ops))
    for at, status, by in steps:
        if at is not None:
            yield at, stage, status, by
            stage = status


def history_rows(leads: Sequence[Lead]) -> Iterator[tuple[str, ...]]:
    """Give the changes of status, and some of owners, which the contract does not ask for, the latest first."""
    ops = next(user.id for user in USERS if user.login == "marketing.ops")
    found: list[tuple[datetime, str, int, tuple[str, ...]]] = []
    for lead in leads:
        for number, (at, old, new, by) in enumerate(moves(lead)):
            found.append((at, lead.id, number, ("Status", old, new, local(at), by)))
        if lead.qualified and lead.source in HOT:
            found.append((lead.qualified, lead.id, 9, ("Owner", QUEUE, lead.owner, local(lead.qualified), ops)))
    for _, key, _, cells in sorted(found, reverse=True):
        yield (key, *cells)


def deal_rows(deals: Sequence[Deal], rng: random.Random) -> Iterator[tuple[str, ...]]:
    for deal in deals:
        # Data Loader writes UTC, and New York is five hours behind it all winter.
        created = deal.created + timedelta(hours=5, seconds=rng.randint(0, 59))
        yield (
            deal.id, "false", deal.account, deal.stage, f"{deal.amount}.0", f"{deal.closed:%Y-%m-%d}", deal.step,
            deal.source, deal.owner, f"{created:%Y-%m-%dT%H:%M:%S}.000Z", deal.loss,
        )  # fmt: skip


def written(columns: Sequence[str], rows: Iterable[Sequence[str]], *, quoted: bool = True) -> str:
    """Write rows as CSV, with every value in quotes as Salesforce does or only where needed as HubSpot does."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


def report(name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a report as Salesforce exports its details, closing lines included."""
    closing = (
        name,
        "Copyright (c) 2000-2027 salesforce.com, inc. All rights reserved.",
        "Confidential Information - Do Not Distribute",
        f"Generated By: RevOps reporting {local(EXPORTED)}",
        "Acme",
    )
    return written(columns, rows) + "\n" + "".join(f'"{line}"\n' for line in closing)


def texts() -> dict[str, str]:
    """Give the name and the text of every export."""
    story = Story(SEED)
    rng = random.Random(SEED + 1)
    activities = ((one.id, one.kind, one.direction, local(one.at), one.by, one.who) for one in story.activities)
    people = ((user.id, user.login, user.team, user.active) for user in USERS)
    return {
        "salesforce-leads.csv": report("MQL hand-off", LEAD_COLUMNS, lead_rows(story.leads)),
        "hubspot-contacts.csv": written(CONTACT_COLUMNS, contact_rows(story.leads, rng), quoted=False),
        "salesforce-activities.csv": report("Activities of leads", ACTIVITY_COLUMNS, activities),
        "salesforce-history.csv": report("Lead history", HISTORY_COLUMNS, history_rows(story.leads)),
        "salesforce-opportunities.csv": written(DEAL_COLUMNS, deal_rows(story.deals, rng)),
        "salesforce-users.csv": report("Users by team", USER_COLUMNS, people),
    }


def main() -> int:
    """Do what the command line asks; gives 1 where `--check` finds a difference."""
    parser = argparse.ArgumentParser(description="Makes the example exports.")
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--write", action="store_true", help="write the files (the default)")
    modes.add_argument("--check", action="store_true", help="exit 1 where a file differs from what would be written")
    modes.add_argument("--figures", action="store_true", help="print what a check has to find")
    chosen = parser.parse_args()
    files = texts()
    if chosen.figures:
        sys.stdout.write("\n".join(Account(files).lines()) + "\n")
        return 0
    if chosen.check:
        kept = {path.name: path.read_bytes().decode() for path in FOLDER.glob("*")}
        stale = sorted(name for name in files.keys() | kept.keys() if files.get(name) != kept.get(name))
        if stale:
            sys.stderr.write(f"not as generated: {', '.join(stale)}; run `python examples/make_exports.py`\n")
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for name, text in files.items():
        (FOLDER / name).write_bytes(text.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
