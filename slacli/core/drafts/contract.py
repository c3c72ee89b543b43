"""Drafts a contract that is small, valid and worth changing: who agrees, what the words mean, who owes what.

Terms and duties rest only on fields that the exports have; what marks a qualified lead, and what a sale is, nobody
can see in a file, so where no column says it the draft asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from slacli.core.dialects import SIGNS
from slacli.core.drafts import Question, names, stages, values
from slacli.core.drafts.lines import OPENED, remark, scalar
from slacli.core.drafts.profiles import Profile
from slacli.core.drafts.records import Drafted
from slacli.core.drafts.stages import Told
from slacli.core.drafts.together import Together, together
from slacli.core.text import scalars
from slacli.core.wording import quoted, sanitised
from slacli.errors import CannotRun
from slacli.values import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """What only the company knows of itself, with what is written where it says nothing."""

    project: str
    today: date
    id: str = "agreement"
    title: str = "Sales and marketing agreement"
    zone: str = "UTC"
    fiscal: str = "january"
    currency: str = "USD"
    sales_signer: str = "VP Sales"
    marketing_signer: str = "VP Marketing"
    marked: str | None = None
    won: str | None = None
    sales_from: str | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A drafted contract: its files, the record of each export, and what is open in it by file and key.

    `stages` are those of a lead in their order, and `remarks` say what to write next. What else `Together` says of the
    exports stands in `exports`.
    """

    files: Mapping[str, str]
    exports: Together
    stages: tuple[str, ...]
    questions: tuple[tuple[str, Question], ...]
    remarks: tuple[str, ...] = ()


_LEAD = Drafted(
    "lead", "Lead",
    {
        "lead_id": "type: text",
        "email": "type: text, format: email, personal: true",
        "company": "type: text",
        "source": "type: text, one_of: [Web, Event, Referral, Paid search, Partner, Demo request]",
        "status": "type: text, one_of: [New, MQL, SAL, SQL, Recycled, Disqualified, Converted]",
        "owner": "type: text, personal: true",
        "created_at": "type: time",
        "qualified_at": "type: time, keeps: first",
        "accepted_at": "type: time, keeps: first",
    },
    key="lead_id", dated="created_at", is_seen=False,
)  # fmt: skip
_OPPORTUNITY = Drafted(
    "opportunity", "Opportunity",
    {
        "opportunity_id": "type: text",
        "stage": "type: text, one_of: [Open, Closed Won, Closed Lost]",
        "amount": "type: money, from: 0",
        "loss_reason": "type: text, one_of: [Price, Competitor, No decision, Missing feature]",
        "closed_on": "type: date, planned: true",
    },
    key="opportunity_id", dated="closed_on", lists={"stage": ("Open", "Closed Won", "Closed Lost")},
    is_seen=False,
)  # fmt: skip


def begun(settings: Settings, profiles: Sequence[Profile], *, is_closed: bool = False) -> Begun:
    """Draft the files of a contract for exports, or one that knows none.

    With `is_closed` a harmless answer stands in every open place, so that the rest can be read. Raises CannotRun where
    a stage is named that leads do not have.
    """
    exports = together(profiles)
    records = _linked({"lead": _LEAD, "opportunity": _OPPORTUNITY} | exports.records)
    work = _Work(settings, records, is_closed=is_closed)
    files = {
        "contract.yaml": work.cover(),
        "definitions.yaml": work.definitions(),
        "responsibilities.yaml": work.responsibilities(),
        "goals.yaml": work.goals(),
    }
    return Begun(files, exports, work.stages, tuple(work.questions), tuple(work.remarks()))


def currency_of(profiles: Sequence[Profile]) -> str | None:
    """Give the currency in which most amounts of exports are, where any says one."""
    often = Counter[str]()
    for profile in profiles:
        for column in profile.columns:
            for one, count in column.amounts.items():
                often[one.currency] += count
            called = names.words(column.header)
            if "currency" in called and column.values and all(code in SIGNS for code in column.values if code):
                often.update({code: count for code, count in column.values.items() if code})
    del often[""]
    return max(often, key=lambda code: (often[code], code)) if often else None


def _linked(records: dict[str, Drafted]) -> dict[str, Drafted]:
    """Tie activities to the leads that they are about."""
    child = records.get("activity")
    if child is not None and child.of:
        if not child.happens:
            records["activity"] = replace(child, happens=child.dated, dated=None)
        return records
    if child is not None and "who_id" in child.fields and records["lead"].key is not None and child.happens:
        records["activity"] = replace(child, of=f"{{lead: [who_id = lead.{records['lead'].key}]}}")
    elif child is not None and child.happens:
        records["activity"] = replace(child, happens=None, dated=child.happens)
    return records


class _Work:
    """The files of a contract while they are drafted."""

    def __init__(self, settings: Settings, records: Mapping[str, Drafted], *, is_closed: bool) -> None:
        self.settings = settings
        self.records = records
        self.lead = records["lead"]
        self.sold = records["opportunity"]
        self.questions: list[tuple[str, Question]] = []
        self.is_closed = is_closed
        self.stages: tuple[str, ...] = ()
        self.mark = self._mark()
        self.won = self._won()
        if is_closed:
            self.mark = self.mark or f"{self._any(self.lead)} is not blank"
            self.won = self.won or f"{self._any(self.sold)} is not blank"

    # --- the cover ---

    def cover(self) -> str:
        one = self.settings
        year = one.today.year
        return f"""\
# yaml-language-server: $schema=../schemas/contract.schema.json
# The cover of the agreement: who agrees, who signs, which days count. Change what is not yours.
format: 1
id: {one.id}
project: {one.project}  # tells this agreement from all others; never change it
title: {scalar(one.title)}
version: 1
effective: {year}-01-01  # the first day that is judged by this version
expires: {year}-12-31
amendment: First draft.
time_zone: {scalar(one.zone)}
fiscal_year: {{starts: {one.fiscal}}}
calendar: office
currency: {one.currency}

parties:
  marketing: {{title: Marketing, mandate: Fill the pipeline with buyers that Sales wants to meet}}
  sales: {{title: Sales, mandate: Win and keep profitable customers}}

sign_off:  # nothing is in force until all of them have signed
  sales: {{title: {scalar(one.sales_signer)}, for: sales}}
  marketing: {{title: {scalar(one.marketing_signer)}, for: marketing}}
  ceo: {{title: CEO}}
  revops: {{title: Head of RevOps, steward: true}}  # keeps bindings and holidays

calendars:  # add holidays with `slacli calendar`
  office:
    time_zone: {scalar(one.zone)}
    hours: {{mon-fri: "09:00-17:00"}}
    covers: {year - 1}-01-01..{year + 1}-12-31

reviews:
  sales_monthly: {{kind: separate, parties: [sales], every: month, by: 10th business day}}
  marketing_monthly: {{kind: separate, parties: [marketing], every: month, by: 10th business day}}
  quarterly: {{kind: joint, parties: [sales, marketing], every: quarter, by: 15th business day}}
  mid_quarter: {{kind: interim, parties: [sales, marketing], every: quarter, by: 30th business day}}

incentives:  # what each side is paid on
  sales: [{self._metric()}]
  marketing: [{self._metric()}]
"""

    # --- what words mean ---

    def definitions(self) -> str:
        lines = [
            "# yaml-language-server: $schema=../schemas/definitions.schema.json",
            "# What the words mean. A term is tested on every row; `means` is prose and decides nothing.",
            "",
            "records:",
        ]
        for record in self.records.values():
            if not record.is_seen:
                lines.append("  # No export shows this one yet: bring its fields in line with yours.")
            lines += [*record.lines(), ""]
        lines += ["terms:", *self._qualified(), "", *self._ready(), "", *self._sale()]
        cycles = [line for record in self.records.values() for line in self._lifecycle(record)]
        if cycles:
            lines += ["", "lifecycles:  # nobody is judged by them until a duty `follows` one", *cycles]
        return "\n".join(lines) + "\n"

    def _lifecycle(self, record: Drafted) -> list[str]:
        """Draft the lifecycle of a record that passes stages: a lead, an opportunity, and what exports show moving."""
        is_moving = bool(record.flow.moves or record.entered)
        if not record.stage or not (is_moving or record.id in {"lead", "opportunity"}):
            return []
        listed = record.lists[record.stage]
        column = record.columns[record.stage]
        told = Told(
            flow=record.flow,
            dated=stages.dates_by_stage(record.flow, listed),
            entered=record.entered,
            owner="sales" if record.id == "opportunity" else "",
            sales_from=self._sales_from(listed) if record.id == "lead" else None,
        )
        cycle = stages.drafted(record.id, record.stage, listed, column.values or {}, told)
        if record.id == "lead":
            self.stages = cycle.path
        if self.is_closed:
            return [line for line in cycle.lines if f": {OPENED}" not in line]
        self.questions += [(f"definitions.yaml: {one.key}", one) for one in cycle.questions]
        return [*cycle.lines]

    def _sales_from(self, listed: Sequence[str]) -> str | None:
        """Give the stage from which on a lead is owned by Sales; raises CannotRun where there is none of this name."""
        wanted = self.settings.sales_from
        if wanted is None:
            return None
        found = wanted if wanted in listed else values.meant(wanted, listed)
        if found is None:
            raise CannotRun(f"leads have no stage `{sanitised(wanted, 60)}`", f"their stages are {quoted(listed)}")
        return found

    def _known(self, *names: str) -> list[str]:
        return [name for name in names if name in self.lead.fields]

    def _mark(self) -> str | None:
        """Give the criterion by which the CRM calls a lead qualified, or None where it is asked."""
        if self.settings.marked is not None:
            return self.settings.marked
        if "qualified_at" in self.lead.fields:
            return "qualified_at is not blank"
        for name in ("lifecycle", "status", "stage"):
            found = values.meant("MQL", self.lead.lists.get(name, ()))
            if found is not None:
                return f"{name} = {_literal(found)}"
        return None

    def _won(self) -> str | None:
        """Give the criterion by which an opportunity is won, or None where it is asked."""
        if self.settings.won is not None:
            return self.settings.won
        found = values.meant("Closed Won", self.sold.lists.get("stage", ()))
        if found is not None:
            return f"stage = {_literal(found)}"
        return "is_won" if "is_won" in self.sold.fields else None

    def _asked(self, key: str, question: Question) -> str:
        self.questions.append((f"definitions.yaml: {key}", question))
        return f"{OPENED}{remark(question.comment)}"

    def _qualified(self) -> list[str]:
        known = self._known("email", "company", "source")[:2] or [self._any(self.lead)]
        mark = _criterion(self.mark) if self.mark else None
        if mark is None:
            offers = [f"{name} = {_literal(one)}" for name, listed in self.lead.lists.items() for one in listed
                      if name in {"status", "lifecycle"}][:4]  # fmt: skip
            question = Question(
                "terms.mql.marked", "which leads does the CRM call qualified", tuple(offers), optional=True
            )
            mark = self._asked("terms.mql.marked", question)
        dated = "qualified_at" if "qualified_at" in self.lead.fields else self.lead.dated
        return [
            "  mql:",
            "    stands_for: qualified_lead",
            "    title: Marketing qualified lead",
            "    short: MQL",
            "    of: lead",
            "    owner: marketing",
            "    means: A person that Sales can reach and wants to talk to. Say here what else it takes.",
            "    criteria:",
            *(f"      known_{name}: {name} is not blank" for name in known),
            f"    marked: {mark}  # how the CRM claims it" if self.mark else f"    marked: {mark}",
            *([f"    dated: {dated}"] if dated else []),
            "    examples:",
            f"      - {{fails: {{{self._example(known)}}}, because: nothing is known of it}}",
        ]

    def _example(self, known: Sequence[str]) -> str:
        """Give a value of another field, so that an example is about something, and all that counts is blank."""
        return ", ".join(f'{name}: ""' for name in known[:1])

    def _any(self, record: Drafted) -> str:
        return record.key or next(iter(record.fields))

    def _ready(self) -> list[str]:
        more = self._known("owner", "source", "status", "company", "email")
        more = [name for name in more if name not in self._known("email", "company", "source")[:2]] or [
            self._any(self.lead)
        ]
        return [
            "  sales_ready_lead:",
            "    title: Sales-ready lead",
            "    of: lead",
            "    owner: sales",
            "    narrows: mql",
            "    criteria:",
            "      qualified: mql",
            f"      known_{more[0]}: {more[0]} is not blank",
            "    examples:",
            f'      - {{fails: {{{more[0]}: ""}}, because: it is not known}}',
        ]

    def _sale(self) -> list[str]:
        shown = values.meant("Closed Won", self.sold.lists.get("stage", ())) if self.settings.won is None else None
        won = _criterion(self.won) if self.won else None
        if won is None:
            question = Question("terms.sale.criteria.won", "which opportunities are won", ("stage = 'Closed Won'",))
            won = self._asked("terms.sale.criteria.won", question)
        return [
            "  sale:",
            "    title: Sale",
            "    of: opportunity",
            "    owner: sales",
            "    criteria:",
            f"      won: {won}",
            *([f"    dated: {self.sold.dated}"] if self.sold.dated else []),
            *([f"    examples: [{{meets: {{stage: {scalar(shown)}}}}}]"] if shown else []),
        ]

    # --- who owes what ---

    def responsibilities(self) -> str:
        lines = [
            "# yaml-language-server: $schema=../schemas/responsibilities.schema.json",
            "# What each side owes the other; read the sentences that bind with `slacli show`.",
            "",
            "responsibilities:",
        ]
        per = " per month" if self.lead.dated else ""
        if self.mark is not None:
            lines += [
                "  mql_quality:",
                "    title: Every MQL is one",
                "    owed_by: marketing",
                "    owed_to: sales",
                "    covers: {marked: mql}",
                "    must: mql",
                f"    target: 95%{per}",
            ]
        known = self._known("email", "company", "source") or [self._any(self.lead)]
        lines += [
            "  known_leads:",
            "    title: A lead comes with what Sales needs",
            "    owed_by: marketing",
            "    owed_to: sales",
            "    covers: lead",
            f"    complete: [{', '.join(known)}]",
            f"    target: 90%{per}",
        ]
        if self.mark is not None and {"qualified_at", "accepted_at"} <= self.lead.fields.keys():
            lines += [
                "  first_answer:",
                "    title: An answer in time",
                "    owed_by: sales",
                "    owed_to: marketing",
                "    covers: {marked: mql}",
                "    clock: {starts: qualified_at, stops: [accepted_at], calendar: office, within: 4 business hours}",
                "    target: 90% per month",
            ]
        facts = [name for name in ("amount", "closed_on", "loss_reason") if name in self.sold.fields]
        lines += [
            "  known_sales:",
            "    title: Every sale has its facts",
            "    owed_by: sales",
            "    owed_to: marketing",
            "    covers: sale",
            f"    complete: [{', '.join(facts[:2] or [self._any(self.sold)])}]",
            f"    target: 95%{' per quarter' if self.sold.dated else ''}",
        ]
        for record in self._own():
            facts = [name for name, column in record.columns.items() if column.filled and name != record.key][:3]
            lines += [
                f"  {_duty_of(record)}:  # a beginning: say who owes it, and what it really takes",
                f"    title: {scalar(f'Every row of {record.title} has its facts')}",
                "    owed_by: marketing",
                "    owed_to: sales",
                f"    covers: {record.id}",
                f"    complete: [{', '.join(facts or [self._any(record)])}]",
                f"    target: 90%{' per month' if record.dated or record.happens else ''}",
            ]
        return "\n".join(lines) + "\n"

    def _own(self) -> list[Drafted]:
        """Give the records that exports show, where none of them holds leads or opportunities."""
        if self.lead.is_seen or self.sold.is_seen:
            return []
        return [one for one in self.records.values() if one.is_seen and not one.history]

    def remarks(self) -> list[str]:
        """Say what to write next, where no export holds what the usual terms are about."""
        own = self._own()
        if not own:
            return []
        duties, rows = quoted([_duty_of(one) for one in own]), quoted([one.id for one in own])
        return [
            "no export looks like leads or opportunities: `lead`, `opportunity` and what is said of them are a pattern",
            f"your rows are judged by {duties} in responsibilities.yaml: begin there, and make terms of {rows}",
        ]

    # --- what both want ---

    def _metric(self) -> str:
        return "revenue" if "amount" in self.sold.fields and self.sold.dated else "sales"

    def goals(self) -> str:
        is_money = self._metric() == "revenue"
        metric = "{title: Revenue, sum: amount, of: sale}" if is_money else "{title: Sales, count: sale}"
        return f"""\
# yaml-language-server: $schema=../schemas/goals.schema.json
metrics:
  {self._metric()}: {metric}
goals:
  more_{self._metric()}:
    title: More {"revenue" if is_money else "sales"}
    owned_by: [sales, marketing]
    audience: [ceo]
    kind: {"financial" if is_money else "performance"}
    metric: {self._metric()}
    baseline: collect  # until the figure of before is known, collecting it is the goal
    target: at least {"100000" if is_money else "10"}{" per quarter" if self.sold.dated else ""}
"""


def _duty_of(record: Drafted) -> str:
    """Give the id of the duty about a record: as many letters as an id may have."""
    return f"facts_of_{record.id}"[:64]


def _criterion(text: str) -> str:
    """Give a criterion as YAML writes it, in quotes where it would not stand for itself."""
    return scalars.in_quotes(text) if ": " in text or " #" in text or text[:1] in "'\"" else text


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
