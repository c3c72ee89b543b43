"""The oracle: what slacli says, said a second time, slowly and plainly, by code that shares nothing with slacli.

Criteria. A row is a dict from field to a plain Python value: `str` (text), a tuple of `str` (ids), `Decimal` (integer,
number, money), `bool` (yes_no), `date` (date), `When(low, high)` (time: whole seconds of UTC, both ends included), or
`Odd("blank")`, `Odd("unreadable")`, `Odd("not allowed")`. A field that is not in the row is not bound.
The three truths are the numbers -1 (false), 0 (unclear) and 1 (true), so that `and` is the least of them, `or` the
greatest, and `not` the negative.
"""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

FALSE, UNCLEAR, TRUE = -1, 0, 1
COMPARE = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
SECONDS = {"day": 86_400, "hour": 3_600, "minute": 60}
WORD = re.compile(r"\s*('(?:[^']|'')*'|\d+(?:\.\d+)?|\w+|<>|<=|>=|[=<>(),+-])")


@dataclass(frozen=True)
class Odd:
    """What stands in a row in place of a value: `blank`, `unreadable` or `not allowed`."""

    why: str


@dataclass(frozen=True)
class When:
    """A time that lies somewhere between two whole seconds of UTC."""

    low: int
    high: int


@dataclass(frozen=True)
class World:
    """What criteria may name: fields (and whether their case is ignored), lists, terms as (at least, criteria)."""

    fields: Mapping[str, bool]
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    terms: Mapping[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))


def judge(text: str, row: Mapping[str, object], world: World) -> bool | None:
    """Say whether a criterion holds of a row; None is unclear."""
    return {FALSE: False, UNCLEAR: None, TRUE: True}[_Line(text, row, world).all()]


def judge_term(name: str, row: Mapping[str, object], world: World) -> str:
    """Say whether a row `meets` a term, `fails` it, or is `unclear`."""
    at_least, texts = world.terms[name]
    truths = [_Line(text, row, world).all() for text in texts]
    true, false = truths.count(TRUE), truths.count(FALSE)
    if true >= at_least:
        return "meets"
    return "fails" if len(texts) - false < at_least else "unclear"


class _Line:
    """Reads a line from left to right and judges while it reads."""

    def __init__(self, text: str, row: Mapping[str, object], world: World) -> None:
        self.words = WORD.findall(text)
        self.row, self.world = row, world

    def all(self) -> int:
        truth = self.several()
        assert not self.words, f"not read: {self.words}"
        return truth

    def several(self) -> int:
        truths = [self.one()]
        joined = self.words[0] if self.words else ""
        while joined in {"and", "or"} and self.words[:1] == [joined]:
            self.words.pop(0)
            truths.append(self.one())
        return max(truths) if joined == "or" else min(truths)

    def one(self) -> int:
        word = self.words.pop(0)
        if word == "not":
            return -self.one()
        if word == "(":
            truth = self.several()
            assert self.words.pop(0) == ")"
            return truth
        follows = self.words[0] if self.words else ""
        if follows in COMPARE:
            return self.compare(word, self.words.pop(0), self.operand())
        if follows == "between":
            self.words.pop(0)
            low = self.operand()
            assert self.words.pop(0) == "and"
            return min(self.compare(word, ">=", low), self.compare(word, "<=", self.operand()))
        if follows == "is":
            self.words.pop(0)
            sign = -1 if self.skip("not") else 1
            assert self.words.pop(0) == "blank"
            return sign * self.blank(word)
        if follows in {"not", "in", "like"}:
            sign = -1 if self.skip("not") else 1
            return sign * (self.among(word) if self.words.pop(0) == "in" else self.like(word))
        if word in self.world.terms:
            return {"fails": FALSE, "unclear": UNCLEAR, "meets": TRUE}[judge_term(word, self.row, self.world)]
        return {True: TRUE, False: FALSE}.get(self.value(word), UNCLEAR)

    def skip(self, word: str) -> bool:
        found = self.words[0] == word
        if found:
            self.words.pop(0)
        return found

    # --- what stands on either side ----------------------------------------------------------

    def value(self, name: str) -> object:
        return self.row.get(name, Odd("not bound"))

    def form(self, text: str, *names: str) -> str:
        """The form in which two texts are the same: composed, each character in lower case where a field says so."""
        text = unicodedata.normalize("NFC", text)
        if any(self.world.fields[name] for name in names):
            text = "".join(letter.lower()[:1] for letter in text)
        return text

    def constant(self) -> str | Decimal:
        word = self.words.pop(0)
        if word.startswith("'"):
            return word[1:-1].replace("''", "'")
        return -Decimal(self.words.pop(0)) if word == "-" else Decimal(word)

    def operand(self) -> tuple[object, int, str | None]:
        """A constant, or the value of a field with the seconds that it is moved by and its name."""
        if not self.words[0].isidentifier():
            return self.constant(), 0, None
        name, moved = self.words.pop(0), 0
        if self.words[:1] in (["+"], ["-"]):
            sign = 1 if self.words.pop(0) == "+" else -1
            moved = sign * int(self.words.pop(0)) * SECONDS[self.words.pop(0).removesuffix("s")]
        return self.value(name), moved, name

    # --- single tests ------------------------------------------------------------------------

    def blank(self, name: str) -> int:
        value = self.value(name)
        if value == Odd("blank"):
            return TRUE
        return UNCLEAR if isinstance(value, Odd) else FALSE

    def compare(self, name: str, sign: str, operand: tuple[object, int, str | None]) -> int:
        left, (right, moved, other) = self.value(name), operand
        if isinstance(left, Odd) or isinstance(right, Odd):
            return UNCLEAR
        if isinstance(left, str) and isinstance(right, str):
            names = [name, other] if other else [name]
            found = {COMPARE[sign](self.form(left, *names), self.form(right, *names))}
        elif isinstance(left, When):
            found = set(self.readings(left, sign, right, moved))
        elif isinstance(left, date):
            day = date.fromisoformat(right) if isinstance(right, str) else right
            found = {COMPARE[sign](left.toordinal(), day.toordinal() + moved // 86_400)}
        else:
            found = {COMPARE[sign](left, right)}
        return UNCLEAR if len(found) > 1 else TRUE if found == {True} else FALSE

    def readings(self, left: When, sign: str, right: object, moved: int) -> Iterator[bool]:
        """Every answer that some reading of the two times gives."""
        if isinstance(right, When):
            low, high = right.low + moved, right.high + moved
            ends = {left.low, left.high, low, high}
            for here in (end for end in ends if left.low <= end <= left.high):
                for there in (end for end in ends if low <= end <= high):
                    yield COMPARE[sign](here, there)
        else:
            day = date.fromisoformat(str(right))
            first, last = self.day(left.low), self.day(left.high)
            for here in {first, last} | ({day} if first <= day <= last else set()):
                yield COMPARE[sign](here, day)

    def day(self, second: int) -> date:
        return datetime.fromtimestamp(second, self.world.zone).date()

    def among(self, name: str) -> int:
        if self.skip("("):
            values: list[object] = [self.constant()]
            while self.skip(","):
                values.append(self.constant())
            assert self.words.pop(0) == ")"
        else:
            values = list(self.world.lists[self.words.pop(0)])
        held = self.value(name)
        if isinstance(held, tuple):
            wanted = [self.form(str(value), name) for value in values]
            return TRUE if any(self.form(one, name) in wanted for one in held) else FALSE
        return max(self.compare(name, "=", (value, 0, None)) for value in values)

    def like(self, name: str) -> int:
        pattern, held = self.form(str(self.constant()), name), self.value(name)
        if isinstance(held, Odd):
            return UNCLEAR
        shape = "".join({"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in pattern)
        return TRUE if re.fullmatch(shape, self.form(str(held), name), re.DOTALL) else FALSE
