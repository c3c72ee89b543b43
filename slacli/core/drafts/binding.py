"""Drafts a binding: the text of the file, and the questions that are open in it.

An answer that was given stands in the text as if the export had shown it; without one the place stays open.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field

from slacli.core import dialects
from slacli.core.dialects import Dialect, normal
from slacli.core.drafts import Question, matching, shapes, values
from slacli.core.drafts.lines import OPENED, can_stand, remark, scalar, sequence, shown
from slacli.core.drafts.matching import Fit, Match
from slacli.core.drafts.profiles import Column, Profile
from slacli.core.text import scalars
from slacli.core.wording import counted, number, quoted, sanitised
from slacli.errors import CannotRun
from slacli.model import Binding, Contract, Field, Record
from slacli.values import dataclass

LEFT_OUT = "-"
"""The answer that takes an optional line out."""

_MODELINE = "# yaml-language-server: $schema=../../schemas/binding.schema.json"
_REPORT, _EXCEL = "salesforce_report", "salesforce_excel"
_MOST_OFFERED = 6
_MOST_LISTED = 12
_TOLERATED = 1000  # one unreadable cell in so many needs no word
_HEADERS = 3


@dataclass(frozen=True, slots=True)
class Draft:
    """A drafted binding: its text, and what is to be said about it.

    `record` is empty where it is asked, and `likely` is the one of its columns. `matched` and `unused` are headers of
    the export, `remarks` what was noticed and decides nothing.
    """

    id: str
    record: str
    likely: str
    text: str
    columns: int
    matched: tuple[str, ...]
    unused: tuple[str, ...]
    questions: tuple[Question, ...]
    dialect: str
    remarks: tuple[str, ...] = ()

    @property
    def figures(self) -> str:
        """Say how many columns found their field, and how many questions are open."""
        return (
            f"{counted(self.columns, 'column')}: {number(len(self.matched))} matched, "
            f"{number(len(self.unused))} not used, {counted(len(self.questions), 'question')}"
        )


def drafted(
    profile: Profile,
    contract: Contract,
    name: str,
    record: str | None = None,
    answers: Mapping[str, str] | None = None,
    others: Mapping[str, Sequence[str]] | None = None,
    joins_on: str | None = None,
) -> Draft:
    """Draft the binding `name` for an export.

    `record` says which record a row is, `answers` holds what people answered by the key of the question, `others` the
    `matches` of bindings beside those of the contract, and `joins_on` the field by which others will be joined. Raises
    CannotRun where no column looks like any field, and for an answer that fits no question.
    """
    work = _Work(profile, contract, name, dict(answers or {}), dict(others or {}), joins_on)
    work.decide(record)
    return work.draft()


def closed(draft: Draft) -> str:
    """Give the text of a draft without its open places, and without the keys that are empty then."""
    kept: list[str] = []
    for line in reversed(draft.text.splitlines()):
        depth = len(line) - len(line.lstrip())
        inner = len(kept[-1]) - len(kept[-1].lstrip()) if kept else 0
        if f": {OPENED}" in line:
            if line.startswith("binds:"):
                kept.append(f"binds: {draft.likely}")
        elif not line.partition("  #")[0].endswith(":") or inner > depth:
            kept.append(line)
    return "\n".join(reversed(kept)) + "\n"


def bound_by(profile: Profile, contract: Contract) -> Binding | None:
    """Give the binding that reads an export as it is, or None where none does or more than one."""
    there = {normal(column.header) for column in profile.columns}
    found = [
        one
        for one in contract.bindings.values()
        if one.matches
        and all(normal(header) in there for header in one.matches)
        and all(any(normal(header) in there for header in column.headers) for column in one.columns.values())
    ]
    return found[0] if len(found) == 1 else None


def dialect_of(profile: Profile) -> Dialect:
    """Give the dialect of an export by its headers and, where several share them, by how its times look."""
    if profile.footer:
        return dialects.DIALECTS[_REPORT]
    headers = [column.header for column in profile.columns]
    found = dialects.told(headers)
    # Headers that a program writes to the letter tell more than those that only read alike.
    exact = [one for one in found if any(set(group) <= set(headers) for group in one.told_by)]
    found = tuple(exact) or found
    if any(one.id == _REPORT for one in found):
        found = tuple(one for one in found if one.id != _EXCEL)
    kinds = {kind for column in profile.columns for kind in column.kinds}
    is_numeric = bool(kinds & shapes.NUMERIC_DATES) and "offset" not in kinds
    for one in found:
        is_apart = one.date_order is None if is_numeric else one.zone is None or not kinds & shapes.NAIVE
        if is_apart:
            return one
    return dialects.DIALECTS["csv"]


@dataclass(slots=True)
class _Line:
    """A field and its column, how its values are read, and what is to be said behind the line."""

    of: Field
    column: Column
    comment: str = ""
    currency: str = ""
    values: list[tuple[str, str, str]] = field(default_factory=list)
    words: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Work:
    """A draft while it is made."""

    profile: Profile
    contract: Contract
    name: str
    answers: dict[str, str]
    others: dict[str, Sequence[str]]
    joins_on: str | None = None
    record: Record = field(init=False)
    dialect: Dialect = field(init=False)
    fit: Fit = field(init=False)
    is_told: bool = True
    questions: list[Question] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    lines: dict[str, _Line] = field(default_factory=dict)
    compared: dict[str, _Line] = field(default_factory=dict)
    open_columns: dict[str, Question] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    # --- which record ---

    def decide(self, wanted: str | None) -> None:
        """Decide on dialect and record, or leave the record open."""
        self.dialect = dialect_of(self.profile)
        told = dialects.told([column.header for column in self.profile.columns]) or (self.dialect,)
        bindings = [one for one in self.contract.bindings.values() if one.id != self.name]
        fits = matching.fits(self.profile, self.contract.records.values(), told, bindings)
        wanted = wanted or self.answer("binds")
        if wanted is not None:
            found = [fit for fit in fits if fit.record.id == wanted]
            if not found:
                known = quoted(self.contract.records, "or")
                raise CannotRun(f"the contract has no record `{sanitised(wanted, 60)}`", f"name one of {known}")
            self.fit = found[0]
        else:
            if not fits or not any(match.sure or match.likely for match in fits[0].matches.values()):
                raise CannotRun(
                    f"no column of {self.profile.shown} looks like a field of any record of the contract",
                    "name the record of its rows with `--record`, or add it to `definitions.yaml` first",
                )
            self.fit = fits[0]
            if not matching.is_told(fits):
                self.is_told = False
                offers = [
                    f"{fit.record.id} ({counted(fit.decided, 'column')})" for fit in fits if fit.weight > 0
                ][:_MOST_OFFERED]  # fmt: skip
                self.questions.append(
                    Question("binds", f"which record is a row? the columns below are those of {self.fit.record.id}",
                             tuple(offers))
                )  # fmt: skip
        self.record = self.fit.record

    def answer(self, key: str) -> str | None:
        """Give the answer to a question, if there is one."""
        found = self.answers.get(key)
        if found is not None:
            self.used.add(key)
        return found

    def ask(self, question: Question) -> str | None:
        """Give the answer to a question, or leave it open."""
        found = self.answer(question.key)
        if found is None:
            self.questions.append(question)
        return found

    # --- the whole ---

    def draft(self) -> Draft:
        joined = [
            one for one in self.contract.bindings.values() if one.record == self.record.id and one.id != self.name
        ]
        joins_on = (next((one.joins_on for one in joined if one.joins_on), None) or self.record.key) if joined else None
        joins_on = joins_on or self.joins_on
        given = {name: one.id for one in joined for name in one.columns if name != joins_on}
        for name, match in self.fit.matches.items():
            if name in given:
                continue
            self.place(name, match, is_needed=self.is_needed(name, joins_on))
        reads = self.reads()
        if given:
            by = quoted(sorted({*given.values()}))
            doubled = [name for name in given if name in self.fit.matches and self.fit.matches[name].sure]
            self.compare(doubled, zone=any(line.startswith("time_zone:") for line in reads))
            doubled = [name for name in doubled if name not in self.compared]
            if doubled:
                self.left.append(f"{by} gives already: {', '.join(doubled)}")
        lacking = [one.id for one in joined if one.joins_on is None]
        if joins_on is not None and lacking:
            self.remarks.append(f"{quoted(lacking)} needs `joins_on: {joins_on}` too, since both are of one record")
        matches = self.matches()
        text = self.text(joins_on, matches, reads)
        unknown = [key for key in self.answers if key not in self.used]
        if unknown:
            open_ones = quoted([question.key for question in self.questions][:_MOST_OFFERED], "or")
            raise CannotRun(
                f"`{sanitised(unknown[0], 80)}` is no question about {self.profile.shown}",
                f"open: {open_ones}" if self.questions else "nothing is open",
            )
        read = [*self.lines.values(), *self.compared.values()]
        bound = [line.column.header for line in read]
        bound += [line.currency for line in read if line.currency]
        headers = [column.header for column in self.profile.columns]
        unused = [header for header in headers if header not in bound]
        missing = [
            name for name, match in self.fit.matches.items()
            if name not in self.lines and name not in given and name not in self.open_columns and not match.unfit
            and not any(said.startswith(f"{name}: ") for said in self.left)
        ]  # fmt: skip
        text += "".join(f"# {sanitised(line, 400)}\n" for line in self.left)
        if missing:
            text += f"# no column was found for: {', '.join(missing)}\n"
        order = {"binds": 0, "reads": 1, "columns": 2}
        asked = sorted(self.questions, key=lambda question: order[question.key.split(".")[0]])
        return Draft(
            id=self.name,
            record=self.record.id if self.is_told else "",
            likely=self.record.id,
            text=text,
            columns=len(headers),
            matched=tuple(header for header in headers if header in bound),
            unused=tuple(unused),
            questions=tuple(asked),
            dialect=self.dialect.id,
            remarks=tuple(self.remarks),
        )

    # --- columns ---

    def is_needed(self, name: str, joins_on: str | None) -> bool:
        """Tell whether nothing can be judged without a field: what tells rows apart, and when a change happened."""
        history = self.record.history
        return name in {self.record.key, joins_on, self.record.happens} or (history is not None and name == history.new)

    def place(self, name: str, match: Match, *, is_needed: bool) -> None:
        """Find the column of a field, or ask for it, or leave it out with the reason."""
        key = f"columns.{name}"
        if key in self.answers:
            chosen = self.answer(key) or LEFT_OUT
            if chosen == LEFT_OUT:
                return
            found = [one for one in self.profile.columns if normal(one.header) == normal(chosen)]
            if len(found) != 1:
                near = quoted([one.header for one in self.profile.columns if one.header][:_MOST_OFFERED], "or")
                raise CannotRun(
                    f"{self.profile.shown} has no single column `{sanitised(chosen, 60)}`",
                    f"its columns are {near} ...",
                )
            self.read(name, match.field, found[0], is_asked=True)
        elif len(match.sure) == 1:
            self.read(name, match.field, match.sure[0], is_asked=False)
        elif match.sure:
            self.open(name, Question(key, f"which column is it, {shown(_heads(match.sure))}", optional=not is_needed))
        elif match.likely:
            heads = _heads(match.likely)[:_MOST_OFFERED]
            ask = f"is it {shown(heads)}" if len(heads) == 1 else f"which column is it, {shown(heads)}"
            self.open(name, Question(key, ask, optional=not is_needed))
        elif match.unfit:
            says = f"nearly all cells of {shown(_heads(match.unfit))} are no {match.field.type} in a plain form"
            if is_needed:
                self.open(name, Question(key, f"which column is it? {says}"))
            else:
                self.left.append(f"{name}: left out, since {says}")
        elif is_needed:
            dated = match.field.type in {"date", "time"}
            there = [one for one in self.profile.columns if one.header and not one.repeated and one.filled]
            if dated:
                able = [one for one in there if matching.is_fit(one, match.field)]
            elif name == self.record.key:
                able = [one for one in there if one.alone] or there
            else:
                able = there
            says = "which column says when it happened" if dated else "which column tells its rows apart"
            if name != self.record.key and not dated:
                says = "which column is it"
            self.open(name, Question(key, says, tuple(f'"{one}"' for one in _heads(able)[:_MOST_OFFERED])))

    def open(self, name: str, question: Question) -> None:
        self.open_columns[name] = question
        self.questions.append(question)

    def read(self, name: str, of: Field, column: Column, *, is_asked: bool) -> None:
        """Say how the values of a column are read as a field."""
        key = f"columns.{name}"
        line = _Line(of, column)
        if not can_stand(column.header):
            self.left.append(f"{name}: left out, since the header of its column holds signs that nobody sees")
            return
        if not column.filled:
            line.comment = "it is blank in every row"
        elif name == self.record.key and not column.alone:
            line.comment = "some stand more than once: `newest_by` below `reads` can say which row is the newest"
        if of.type in {"date", "time"} and column.kinds.get("offset", 0) and column.count(shapes.NAIVE):
            naive = number(column.count(shapes.NAIVE))
            self.left.append(
                f"{name}: left out, since {naive} times of {shown([column.header])} say no zone and "
                f"{number(column.kinds.get('offset', 0))} say one: export them alike"
            )
            return
        if of.one_of and not of.personal and not is_asked and self.is_strange(of, column):
            ask = f"is it {shown([column.header])}, none of whose values the field lists"
            self.open(name, Question(key, ask, optional=True))
            return
        if of.type == "money":
            line.currency = self.currency_of(column)
            without = self.without_a_rate(line.currency)
            if without:
                self.left.append(
                    f"{name}: left out, since the contract has no rate for {without}: add it to `rates` there"
                )
                return
        if of.one_of:
            self.translate(key, line)
        elif of.type == "yes_no":
            self.tell_apart(key, line)
        self.lines[name] = line

    def compare(self, names: Sequence[str], *, zone: bool) -> None:
        """Keep the columns of fields that another binding gives, where nothing has to be asked to read them."""
        kept = self.lines, self.open_columns, self.questions, self.left
        order = self.answers.get("reads.date_order")
        bound = [line for line in self.lines.values() if line.of.type in {"date", "time"}]
        proved = [one for one, kinds in shapes.PROOFS.items() if any(line.column.count(kinds) for line in bound)]
        order = order or (proved[0] if len(proved) == 1 else None)
        missing = self.missing()
        thousands, decimal, _ = self.signs()
        for name in names:
            match = self.fit.matches[name]
            # The ids of two systems are of two kinds: a key that is alike is what joins them.
            if len(match.sure) != 1 or f"columns.{name}" in self.answers or name == self.record.key:
                continue
            self.lines, self.open_columns, self.questions, self.left = {}, {}, [], []
            self.read(name, match.field, match.sure[0], is_asked=False)
            line = self.lines.get(name)
            if line is None or self.questions or line.comment or not line.column.filled:
                continue
            is_dated = match.field.type in {"date", "time"}
            is_open = is_dated and (
                (bool(line.column.count(shapes.NAIVE)) and not zone)
                or (bool(line.column.count(shapes.NUMERIC_DATES)) and order is None)
            )
            blanks = {one for one in line.column.values or () if one in values.PLACEHOLDERS} - {*missing}
            if not is_open and not blanks and not self.bad_cells(line, order, thousands, decimal):
                self.compared[name] = line
        self.lines, self.open_columns, self.questions, self.left = kept

    @staticmethod
    def is_strange(of: Field, column: Column) -> bool:
        """Tell whether a column holds many values and none that its field lists."""
        if column.values is None:
            return True
        known = [one for one in column.values if one in of.one_of or values.meant(one, of.one_of) is not None]
        return not known and len(column.values) > _MOST_OFFERED

    def currency_of(self, column: Column) -> str:
        """Give the header of the column that says the currency of an amount."""
        wanted = {normal(f"{column.header} Currency"), *map(normal, self.dialect.facts.get("currency", ()))}
        found = [one.header for one in self.profile.columns if normal(one.header) in wanted and not one.repeated]
        return found[0] if len(found) == 1 and can_stand(found[0]) else ""

    def without_a_rate(self, header: str) -> str:
        """Say which currencies of a column the contract has no rate for."""
        found = next((one.values or {} for one in self.profile.columns if one.header == header), {})
        known = {self.contract.currency, *self.contract.rates, ""} | values.PLACEHOLDERS
        unknown = sorted(code for code in found if code.upper() not in known)
        if all(re.fullmatch(r"[A-Za-z]{3}", code) for code in unknown):
            return ", ".join(unknown)
        return f"{counted(len(unknown), 'value')} of {shown([header])}"

    def translate(self, key: str, line: _Line) -> None:
        """Translate the values that a field does not list, where they are plainly meant, and ask about the others."""
        of = line.of
        if line.column.values is None:
            line.comment = "it has too many values to compare them with those that the field lists"
            return
        allowed = {one.casefold() for one in of.one_of} if of.ignore_case else set(of.one_of)
        unknown = {
            value: often
            for value, often in sorted(line.column.values.items())
            if (value.casefold() if of.ignore_case else value) not in allowed and value not in values.PLACEHOLDERS
        }
        may_stand = values.may_stand(unknown) and not of.personal and not of.person
        told = 0
        for value, often in unknown.items():
            if value == "" or not can_stand(value) or not may_stand:
                told += 1
                continue
            meant = values.meant(value, of.one_of)
            if meant is not None:
                line.values.append((value, scalar(meant), ""))
                continue
            offers = tuple(scalar(one) for one in of.one_of[:_MOST_LISTED])
            question = Question(
                f"{key}.values.{value}", f"what is it in the agreement ({counted(often, 'row')})", offers,
                optional=True,
                is_told=any(comment for _, _, comment in line.values),
            )  # fmt: skip
            answered = self.ask(question)
            if answered is None:
                line.values.append((value, OPENED, question.comment))
            elif answered != LEFT_OUT:
                line.values.append((value, scalar(answered), ""))
        if told:
            line.comment = f"{counted(told, 'value')} that the field does not list: add them there, or translate them"

    def tell_apart(self, key: str, line: _Line) -> None:
        """Say which texts mean yes and no, where they are not the usual ones."""
        found = {one for one in line.column.values or () if one not in values.PLACEHOLDERS}
        if all(shapes.kind(one) in {"yes", "no", "one", "zero"} for one in found):
            return
        pairs = [pair for pair in values.TRUE_FALSE if found <= set(pair)]
        if len(pairs) == 1:
            line.words += [("true_when", sequence([pairs[0][0]]), ""), ("false_when", sequence([pairs[0][1]]), "")]
            return
        offers = tuple(scalar(one) for one in sorted(found)) if values.may_stand(found) else ()
        for word, means in (("true_when", "yes"), ("false_when", "no")):
            question = Question(f"{key}.{word}", f"which text means {means}", offers)
            answered = self.ask(question)
            if answered is None:
                line.words.append((word, OPENED, question.comment))
            else:
                line.words.append((word, sequence([answered]), ""))

    # --- how text is read ---

    def reads(self) -> list[str]:
        """Give the lines below `reads:`."""
        found = []
        if self.profile.sheet:
            found.append(f"sheet: {scalar(self.profile.sheet)}")
        if self.dialect.id != "csv":
            found.append(f"dialect: {self.dialect.id}{remark(self.dialect.title)}")
        dated = [line for line in self.lines.values() if line.of.type in {"date", "time"}]
        found += self.zone([line for line in dated if line.column.count(shapes.NAIVE)])
        order, order_lines = self.date_order([line for line in dated if line.column.count(shapes.NUMERIC_DATES)])
        found += order_lines
        thousands, decimal, sign_lines = self.signs()
        found += sign_lines
        missing = self.missing()
        if missing:
            found.append(f"missing: {sequence(missing)}{remark('taken for blanks')}")
        return found + self.unreadable(order, thousands, decimal)

    def zone(self, naive: list[_Line]) -> list[str]:
        if not naive:
            return []
        offers = dict.fromkeys([*([self.dialect.zone] if self.dialect.zone else []), self.contract.time_zone])
        heads = [line.column.header for line in naive][:_MOST_OFFERED]
        question = Question("reads.time_zone", f"in which time zone are the times of {shown(heads)} written",
                            tuple(offers))  # fmt: skip
        answered = self.ask(question)
        return [
            f"time_zone: {OPENED}{remark(question.comment)}" if answered is None else f"time_zone: {scalar(answered)}"
        ]

    def date_order(self, numeric: list[_Line]) -> tuple[str | None, list[str]]:
        if not numeric:
            return None, []
        proofs = [
            order for order, kinds in shapes.PROOFS.items() if any(line.column.count(kinds) for line in numeric)
        ]  # fmt: skip
        if len(proofs) == 1:
            shown_by = shown(
                [next(line for line in numeric if line.column.count(shapes.PROOFS[proofs[0]])).column.header]
            )
            return proofs[0], [f"date_order: {proofs[0]}{remark(f'proved by a date of {shown_by}')}"]
        heads = [line.column.header for line in numeric][:_MOST_OFFERED]
        ask = f"do the dates of {shown(heads)} begin with the month (mdy) or the day (dmy)"
        if proofs:
            ask += ", of which some prove the one and some the other"
        question = Question("reads.date_order", ask, ("mdy", "dmy"))
        answered = self.ask(question)
        if answered is None:
            return None, [f"date_order: {OPENED}{remark(question.comment)}"]
        return answered, [f"date_order: {scalar(answered)}"]

    def signs(self) -> tuple[str, str, list[str]]:
        """Give the signs of thousands and decimals, and their lines."""
        numbers = [line for line in self.lines.values() if line.of.type in {"integer", "number", "money"}]
        amounts = [(one, often) for line in numbers for one, often in line.column.amounts.items()]

        def count(*kinds: shapes.Kind) -> int:
            able = frozenset(kinds)
            return sum(line.column.count(able) for line in numbers) + sum(n for one, n in amounts if one.kind in able)

        grouped = count("grouped", "grouped_decimal")
        comma = count("comma", "comma3", "comma_grouped")
        points = count("decimal", "decimals", "grouped_decimal")
        split = Counter[str]()
        for one, often in amounts:
            split[one.thousands] += often * bool(one.thousands)
        between = max(split, key=lambda sign: (split[sign], sign), default="")
        if between and split[between] and not grouped and not count("comma_grouped"):
            decimal = "," if comma and not points else "."
            return (
                between,
                decimal,
                [f"thousands: {scalars.in_quotes(between)}", *(['decimal: ","'] * (decimal == ","))],
            )
        if comma and not points:
            return ".", ",", ['thousands: "."', 'decimal: ","']
        if grouped:
            return ",", ".", ['thousands: ","']
        return "", ".", []

    def missing(self) -> list[str]:
        found = {
            value
            for line in self.lines.values()
            for value in line.column.values or ()
            if value in values.PLACEHOLDERS and value not in line.of.one_of and line.of.format != "email"
        }
        said = {text for line in self.lines.values() for _, texts, _ in line.words for text in (texts,)}
        return sorted(one for one in found if f"[{scalar(one)}]" not in said)

    def unreadable(self, order: str | None, thousands: str, decimal: str) -> list[str]:
        """Say which columns hold cells that cannot be read, and ask how many may."""
        worst, told = 0.0, []
        for name, line in list(self.lines.items()):
            bad = self.bad_cells(line, order, thousands, decimal)
            other = self.other_currencies(line)
            if other and bad * 2 > line.column.filled and not self.is_needed(name, None):
                del self.lines[name]
                self.left.append(
                    f"{name}: left out, since {shown([line.column.header])} is in {other} and the contract counts "
                    f"in {self.contract.currency}: say `currency: {other}` in contract.yaml, or export its currency too"
                )
                continue
            if not bad:
                continue
            filled = line.column.filled
            head = shown([line.column.header])
            says = f"{number(bad)} of {counted(filled, 'cell')} of {head} cannot be read as {line.of.type}"
            if bad * 2 > filled and not self.is_needed(name, None):
                del self.lines[name]
                self.left.append(f"{name}: left out, since {says}")
                continue
            line.comment = line.comment or f"{number(bad)} of {counted(filled, 'cell')} cannot be read"
            if bad * _TOLERATED > filled:
                told.append(says)
                worst = max(worst, bad / filled)
        if not told:
            return []
        enough = min(100.0, int(worst * 1000 + 1) / 10)
        question = Question("reads.unreadable", f"{told[0]}: how many may", (f"at most {enough:g}%",))
        answered = self.ask(question)
        return [
            f"unreadable: {OPENED}{remark(question.comment)}" if answered is None else f"unreadable: {scalar(answered)}"
        ]

    def other_currencies(self, line: _Line) -> str:
        """Give the currency that most amounts of a column carry, where it is not that of the contract."""
        often = Counter[str]()
        for one, count in line.column.amounts.items():
            often[one.currency] += count * bool(one.currency)
        most = max(often, key=lambda code: (often[code], code), default="")
        is_other = (
            line.of.type == "money" and not line.currency and bool(often[most]) and most != self.contract.currency
        )
        return most if is_other else ""

    def bad_cells(self, line: _Line, order: str | None, thousands: str, decimal: str) -> int:
        of, column = line.of, line.column
        if of.type == "yes_no" or (of.type in {"text", "ids"} and of.format != "email"):
            return 0
        placeholders = sum(often for one, often in (column.values or {}).items() if one in values.PLACEHOLDERS)
        if of.format == "email":
            return max(0, column.filled - column.kinds.get("email", 0))
        able = shapes.readable(of.type, order, thousands, decimal, of.decimals)
        if order is None and of.type in {"date", "time"}:
            able |= shapes.NUMERIC_DATES
        signed = 0
        if of.type == "money":
            signed = column.counted(able, None if line.currency else self.contract.currency, thousands)
        elif of.type in {"integer", "number"}:
            signed = sum(n for one, n in column.amounts.items() if one.kind in able and not one.currency
                         and one.thousands == thousands)  # fmt: skip
        return max(0, column.filled - column.count(able) - signed - placeholders)

    # --- how the export is told from others ---

    def matches(self) -> list[str]:
        """Choose the headers that tell this export from those of the other bindings."""
        headers = [one.header for one in self.profile.columns if one.header and can_stand(one.header)]
        there = {normal(header) for header in headers}
        known: dict[str, set[str]] = {
            one.id: {normal(header) for header in _headers_of(one)}
            for one in self.contract.bindings.values()
            if one.id != self.name
        }
        known |= {name: set(map(normal, heads)) for name, heads in self.others.items() if name not in known}
        key = self.lines[self.record.key].column.header if self.record.key in self.lines else None
        bound = [line.column.header for line in self.lines.values() if line.column.header != key]

        def rank(header: str) -> tuple[int, int, int]:
            often = sum(normal(header) in heads for heads in known.values())
            return (often, header not in bound, headers.index(header))

        ranked = sorted(dict.fromkeys([*bound, *headers]), key=rank)
        chosen = ([key] if key is not None else []) + [header for header in ranked if header != key][
            : _HEADERS - (key is not None)
        ]
        for heads in known.values():
            if all(normal(header) in heads for header in chosen):
                other = next((header for header in ranked if normal(header) not in heads), None)
                if other is not None:
                    chosen.append(other)
        twins = [
            one.id
            for one in self.contract.bindings.values()
            if one.id != self.name and one.matches and all(normal(header) in there for header in one.matches)
        ]
        if twins:
            self.remarks.append(
                f"{quoted(twins)} matches this export too: add a header to its `matches` that this one lacks, or name "
                f"the binding with the export, such as `{self.name}=...`"
            )
        return chosen

    # --- the text ---

    def text(self, joins_on: str | None, matches: list[str], reads: list[str]) -> str:
        asked = next((question for question in self.questions if question.key == "binds"), None)
        about = "" if self.dialect.id == "csv" else f", {self.dialect.title}"
        called = f'"{sanitised(self.profile.name, 60)}"' if self.profile.name else "standard input"
        size = f"{counted(self.profile.rows, 'row')}, {counted(len(self.profile.columns), 'column')}"
        if len(self.profile.files) > 1:
            size += f", {counted(len(self.profile.files), 'file')}"
        found = [
            _MODELINE,
            f"# Drafted from {called}: {size}{about}. Look it through before it is signed.",
            f"binds: {OPENED}{remark(asked.comment)}" if asked else f"binds: {self.record.id}",
        ]
        if joins_on is not None:
            found.append(f"joins_on: {joins_on}")
        if matches:
            found.append(f"matches: {sequence(matches)}")
        if reads:
            found += ["reads:", *(f"  {line}" for line in reads)]
        found.append("columns:")
        for name in self.fit.matches:
            if name in self.open_columns:
                found.append(f"  {name}: {OPENED}{remark(self.open_columns[name].comment)}")
            elif name in self.lines:
                found += self.lines_of(name, self.lines[name])
        if self.compared:
            found += ["# Another binding gives these too: `slacli reconcile` compares both, nothing is judged by them.",
                      "compares:"]  # fmt: skip
            for name, line in self.compared.items():
                found += self.lines_of(name, line)
        if not self.lines and not self.open_columns:
            raise CannotRun(
                f"no column of {self.profile.shown} is left that `{self.record.id}` needs",
                "name another record with `--record`, or mend the binding that there is with `--refresh`",
            )
        return "\n".join(found) + "\n"

    @staticmethod
    def lines_of(name: str, line: _Line) -> list[str]:
        header = scalar(line.column.header)
        if not (line.values or line.words or line.currency):
            return [f"  {name}: {header}{remark(line.comment)}"]
        found = [f"  {name}:{remark(line.comment)}", f"    column: {header}"]
        if line.currency:
            found.append(f"    currency: {scalar(line.currency)}")
        found += [f"    {word}: {texts}{remark(comment)}" for word, texts, comment in line.words]
        if line.values:
            found.append("    values:")
            found += [f"      {scalar(value)}: {meant}{remark(comment)}" for value, meant, comment in line.values]
        return found


def _heads(columns: Sequence[Column]) -> list[str]:
    return [column.header for column in columns]


def _headers_of(one: Binding) -> list[str]:
    found = [header for column in one.columns.values() for header in column.headers]
    return [*found, *one.matches]


def id_of(text: str) -> str:
    """Give the id that a name of a file makes, or nothing where none can be made of it."""
    plain = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).lower()).strip("_")
    return plain[:60].strip("_") if re.match(r"[a-z]", plain) else f"export_{plain}"[:60].strip("_") if plain else ""
