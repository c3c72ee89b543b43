"""What to say where a line goes on as the grammar does not know: in plain words, with the nearest right thing.

The usual mistakes come from languages that people already know; some have one obvious meaning, which is read on with.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from slacli.core import wording
from slacli.core.criteria.faults import BAD_CRITERION, Fault, cut, in_quotes, part_of, ticked
from slacli.criterion import Part
from slacli.values import dataclass

if TYPE_CHECKING:
    from lark import Token


@dataclass(frozen=True, slots=True)
class Advice:
    """A fault, and the tokens that were meant in place of the next `width` ones; None where nobody can tell."""

    fault: Fault
    meant: tuple[Token, ...] | None = None
    width: int = 1


@dataclass(frozen=True, slots=True)
class Stuck:
    """Where a line does not go on: all of its tokens, which of them does not fit, and what would."""

    text: str
    tokens: list[Token]
    at: int
    accepted: frozenset[str]
    link: bool

    def advise(self) -> Advice:
        """Say what is wrong with the token that does not fit."""
        kind, accepted = self.token.type, self.accepted
        if self.link:
            return self._say(
                "a child record finds its parent by `field = parent.field` or by `parent.field in ids`",
                "write it like `who_id = lead.lead_id`",
            )
        if kind == "$END":
            return self._ends()
        if kind == "RPAR":
            return self._closes()
        if kind in {"AND", "OR"} and {"AND", "OR"} & accepted and {"RPAR", "$END"} & accepted:
            return self._mixes()
        if {"NOT", "LPAR"} <= accepted:
            return self._begins()
        if {"LIKE", "IS"} <= accepted:
            return self._behind_field()
        if {"LIKE", "IN"} <= accepted:
            return self._behind_not()
        if "BLANK" in accepted:
            return self._behind_is()
        if "DAYS" in accepted:
            return self._behind_amount()
        if "TEXT" in accepted:
            return self._for_value()
        if "NUMBER" in accepted:
            return self._say(
                f"{ticked(self.token)} cannot be added or taken off",
                "write a number with its unit, such as `created_at + 90 days`",
                label="not a number",
            )
        if "LPAR" in accepted:
            return self._behind_in()
        return self._behind_value()

    # --- what stands around ------------------------------------------------------------------

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def _kind(self, steps: int) -> str:
        """The type of the token so many steps on, or back."""
        at = self.at + steps
        return self.tokens[at].type if 0 <= at < len(self.tokens) else ""

    def _text(self, steps: int) -> str:
        at = self.at + steps
        return str(self.tokens[at]) if 0 <= at < len(self.tokens) else ""

    def _value(self, steps: int) -> str:
        """How the constant at a token would be written, or dots where there is none."""
        kind, text = self._kind(steps), self._text(steps)
        if kind == "MINUS" and self._kind(steps + 1) == "NUMBER":
            return f"-{self._text(steps + 1)}"
        if kind in {"TEXT", "NUMBER"}:
            return cut(text)
        return in_quotes(text) if kind == "NAME" else "…"

    def _left(self) -> str:
        """The field that the test at hand is about: the name before the nearest operator."""
        for at in range(self.at, 0, -1):
            if self.tokens[at].type in _OPERATORS:
                before = at - 2 if self.tokens[at - 1].type == "NOT" else at - 1
                if before >= 0 and self.tokens[before].type == "NAME":
                    return str(self.tokens[before])
        return "field"

    def _is_select(self, steps: int) -> bool:
        return self._text(steps).lower() == "select"

    def _words(self, steps: int = 0) -> int:
        """How many words stand side by side from there on: `Paid search` is one text."""
        width = 1
        while self._kind(steps + width) in _WORDS:
            width += 1
        return width

    def _say(self, message: str, help: str, label: str = "not expected", part: Part | None = None) -> Advice:
        return Advice(Fault(BAD_CRITERION, message, part or part_of(self.token), label, help))

    def _meant(self, told: Advice, *tokens: Token, width: int = 1) -> Advice:
        return Advice(told.fault, tokens, width)

    def _as(self, kind: str, text: str) -> Token:
        return type(self.token).new_borrow_pos(kind, text, self.token)

    def _other(self) -> Advice:
        found = ticked(self.token) if self.token else "the end of the line"
        return self._say(f"{found} stands where {_expected(self.accepted)} is expected", "")

    def _missing(self, after: Token) -> Advice:
        return self._say(
            f"something is missing after {ticked(after)}",
            f"{_expected(self.accepted)} is expected",
            "nothing follows",
            part_of(after),
        )

    # --- the ends of things ------------------------------------------------------------------

    def _ends(self) -> Advice:
        last = self.tokens[self.at - 1]
        opened: list[Token] = []
        for token in self.tokens[: self.at]:
            if token.type == "LPAR":
                opened.append(token)
            elif token.type == "RPAR":
                opened.pop()
        if "RPAR" in self.accepted and opened:
            told = self._say(
                "the parenthesis that opens here is never closed",
                "close it with `)`",
                "never closed",
                part_of(opened[-1]),
            )
            return self._meant(told, self._as("RPAR", ")"), self.token)
        if "DAYS" in self.accepted:
            return self._say(
                f"`{last}` has no unit",
                f"write `{last} days`, `{last} hours` or `{last} minutes`",
                "of what?",
                part_of(last),
            )
        if {"LIKE", "IN"} <= self.accepted and "IS" not in self.accepted:
            return self._behind_not()
        return self._missing(last)

    def _closes(self) -> Advice:
        before = self.tokens[self.at - 1]
        if before.type == "LPAR":
            if self._kind(-2) == "IN":
                return self._say("the list is empty", "name the values, such as `in ('A', 'B')`", "empty")
            return self._say("the parentheses are empty", "write a test between them", "empty")
        if before.type == "COMMA":
            return self._say(
                "a value is missing after the comma", "leave the comma out", "nothing follows", part_of(before)
            )
        return self._ends() if "DAYS" in self.accepted else self._missing(before)

    def _mixes(self) -> Advice:
        other, word = ("or" if "OR" in self.accepted else "and"), str(self.token)
        return self._say(
            f"`{other}` and `{word}` stand side by side without parentheses",
            f"put parentheses around what belongs together, such as `(a {other} b) {word} c`",
            "which goes first?",
        )

    # --- a test, from left to right ----------------------------------------------------------

    def _begins(self) -> Advice:
        """A test should begin here."""
        token, kind = self.token, self.token.type
        if kind in {"TEXT", "NUMBER"} or (kind == "MINUS" and self._kind(1) == "NUMBER"):
            behind = 2 if kind == "MINUS" else 1
            helped = "begin the test with a field"
            if self._kind(behind) in {"EQUAL", "ORDER"} and self._kind(behind + 1) == "NAME":
                sign = _MIRRORED[self._text(behind)]
                helped = f"turn it round: `{self._text(behind + 1)} {sign} {self._value(0)}`"
            return self._say("the left side of a test is a field, not a constant", helped, "a constant")
        if kind in {"AND", "OR"}:
            before = self._text(-1)
            missing = f"after `{before}`" if before and before != "(" else f"before `{token}`"
            return self._say(f"a test is missing {missing}", f"leave `{token}` out, or write the test", "no test")
        if kind in _OPERATORS:
            return self._say(f"a field is missing before `{token}`", "begin the test with a field", "of which field?")
        return self._other()

    def _behind_field(self) -> Advice:
        """Behind the field on the left, where it should say how it is tested."""
        token, kind, name = self.token, self.token.type, self._text(-1)
        if kind == "LPAR":
            return self._function(name)
        if kind == "NAME":
            return self._verb(name)
        if kind == "BLANK":
            told = self._say("`is` is missing before `blank`", f"write `{name} is blank`")
            return self._meant(told, self._as("IS", "is"), token)
        if kind in {"TEXT", "NUMBER"}:
            told = self._say(f"`{name}` and {ticked(token)} stand side by side", f"write `{name} = {self._value(0)}`")
            return self._meant(told, self._as("EQUAL", "="), token)
        if kind == "COMMA":
            return self._say("a comma separates the values of a list", "join two tests by `and` or `or`")
        if kind in _SIGNS:
            helped = "only a date or time on the right side is moved, by days, hours or minutes"
            if kind == "MINUS" and self._kind(1) == "NAME" and self._kind(2) in {"EQUAL", "ORDER"}:
                amount = f"{self._text(3)} {self._text(4)}" if self._kind(4) in _UNITS else "90 days"
                helped = f"write `{name} {self._text(2)} {self._text(1)} + {amount}`"
            return self._say("the left side of a test is a field alone", helped, "arithmetic")
        return self._other()

    def _function(self, name: str) -> Advice:
        """A name with a parenthesis behind it."""
        part = (part_of(self.tokens[self.at - 1])[0], part_of(self.token)[1])
        if name.lower() == "select" or self._is_select(1):
            return self._query(part)
        inner = self._text(1) if self._kind(1) == "NAME" else ""
        if name.lower() in {"lower", "upper", "lcase", "ucase"} and inner:
            helped = f"write `{inner}` alone, and give that field `ignore_case: true`"
        elif name.lower() in {"isnull", "isblank", "is_null", "is_blank"} and inner:
            helped = f"write `{inner} is blank`"
        elif name.lower() in {"today", "now", "current_date", "date"}:
            helped = "write a day in quotes, such as '2026-01-31', or compare two fields"
        else:
            helped = "compare the field as it is"
        return self._say(f"`{cut(name)}(…)` would be a function, and there are none", helped, "a function", part)

    def _query(self, part: Part) -> Advice:
        return self._say(
            "a criterion looks at one record: there are no queries inside of it",
            "name a term of the same record, a list of the cover, or a field that counts child records",
            "a query",
            part,
        )

    def _verb(self, name: str) -> Advice:
        """Two names side by side: a word that is meant as an operator, or a word too many."""
        written = _VERBS.get(self.token.lower())
        if written is None:
            return self._say(
                f"`{cut(name)}` and `{cut(self.token)}` stand side by side",
                "text stands in single quotes; two tests are joined by `and` or `or`",
            )
        behind = next((self._text(steps) for steps in (1, 2) if self._kind(steps) == "TEXT"), "'text'")
        value = self._value(1) if self._kind(1) in {"TEXT", "NUMBER", "MINUS"} else "…"
        return self._say(
            f"`{self.token}` is not a word of the language of criteria",
            "write " + written.replace("FIELD", name).replace("TEXT", cut(behind[1:-1])).replace("VALUE", value),
            "unknown",
        )

    def _behind_not(self) -> Advice:
        """Behind `field not`."""
        kind, name = self.token.type, self._text(-2)
        written = {
            "BLANK": f"`{name} is not blank`",
            "IS": f"`{name} is not blank`",
            "EQUAL": f"`{name} <> {self._value(1)}`",
            "ORDER": f"`not {name} {self.token} {self._value(1)}`",
            "BETWEEN": f"`not {name} between … and …`",
        }.get(kind, f"`{name} not in (…)` or `{name} not like '…'`")
        return self._say(
            "`not` behind a field goes with `in` or `like`", f"write {written}", part=part_of(self.tokens[self.at - 1])
        )

    def _behind_is(self) -> Advice:
        """Behind `field is` or `field is not`."""
        token, kind = self.token, self.token.type
        negated = self._kind(-1) == "NOT"
        name = self._text(-3 if negated else -2)
        word = token.lower() if kind == "NAME" else ""
        if word in _NOTHING:
            asked = "is not blank" if negated else "is blank"
            told = self._say(
                f"`{token}` is not a word of the language of criteria", f"write `{name} {asked}`", "unknown"
            )
            return self._meant(told, self._as("BLANK", "blank"))
        if word in _TRUTHS:
            written = f"not {name}" if _TRUTHS[word] is negated else name
        elif word in _COMPARED:
            values = (self._value(steps) for steps in (1, 2, 3) if self._kind(steps) in {"TEXT", "NUMBER", "MINUS"})
            sign = _COMPARED[word] if self._text(1) != "most" else "<="
            written = f"{'not ' if negated else ''}{name} {sign} {next(values, '…')}"
        elif kind in {"TEXT", "NUMBER", "MINUS", "NAME"} and self._kind(1) not in {"NAME", "TEXT", "NUMBER"}:
            written = f"{name} {'<>' if negated else '='} {self._value(0)}"
        elif kind in {"IN", "LIKE"}:
            written = f"{name} {'not ' if negated else ''}{token} …"
        elif kind in {"EQUAL", "ORDER", "BETWEEN"}:
            written = f"{'not ' if negated else ''}{name} {token} …"
        else:
            written = f"{name} is {'not ' if negated else ''}blank"
        return self._say("`is` goes with `blank` or `not blank`", f"write `{written}`")

    def _behind_in(self) -> Advice:
        if self.token.type not in {"TEXT", "NUMBER", "MINUS"}:
            return self._other()
        asked = "not in" if self._kind(-2) == "NOT" else "in"
        return self._say(
            "`in` goes with a list", f"put it in parentheses: `{self._left()} {asked} ({self._value(0)})`", "not a list"
        )

    def _behind_amount(self) -> Advice:
        """Behind `field + 90`."""
        number = self._text(-1)
        unit = self.token.lower().removesuffix("s") if self.token.type == "NAME" else ""
        if unit in {"week", "wk", "w"}:
            helped = f"write `{int(number) * 7} days`" if number.isdigit() else "write the days"
        elif unit in {"month", "quarter", "year"}:
            helped = f"a {unit} has no fixed length: write the days, such as `90 days`"
        elif unit in {"busines", "working"}:
            helped = f"open hours belong to the clock of a duty: write `{number} days`"
        else:
            near = wording.nearest(self.token.lower(), ("days", "hours", "minutes")) if unit else None
            helped = f"did you mean `{near}`?" if near else f"write `{number} days`"
        return self._say("a date or time is moved by days, hours or minutes", helped, "not a unit")

    def _for_value(self) -> Advice:
        """A constant should stand here: behind an operator, `between` or `like`, or in a list."""
        token, kind, before = self.token, self.token.type, self._kind(-1)
        if kind == "NAME" and self._is_select(0):
            return self._query(part_of(token))
        if token.lower() in _TRUTHS and "NAME" not in self.accepted:
            helped = f"write `{self._left()}` or `not {self._left()}` alone"
            return self._say(f"`{token}` is not a value to compare with", helped, "not a value")
        if kind in _WORDS:
            width = self._words()
            return self._unquoted(part_of(token)[0], self.at + width - 1, width)
        if kind == "PLUS":
            return self._meant(self._say("a number takes no `+`", "leave it out"))
        if kind == "NUMBER":
            told = self._say("`like` is for text", f"write '{token}'", "needs quotes")
            return self._meant(told, self._as("TEXT", f"'{token}'"))
        if kind == "LPAR" and self._is_select(1):
            return self._query(part_of(self.tokens[self.at + 1]))
        if kind == "LPAR":
            asked = "not in" if self._text(-1) == "<>" else "in"
            several = (
                f"; for several values, write `{self._left()} {asked} (…)`" if before in {"EQUAL", "ORDER"} else ""
            )
            return self._say("a value stands without parentheses", f"leave them out{several}")
        if kind == "BLANK":
            asked = "is not blank" if self._text(-1) == "<>" else "is blank"
            return self._say("a blank is not a value to compare with", f"write `{self._left()} {asked}`", "not a value")
        if kind in {"EQUAL", "ORDER"} and before in {"EQUAL", "ORDER"}:
            joined = _JOINED.get(self._text(-1) + token)
            return self._say(
                f"`{self._text(-1)}` and `{token}` stand side by side",
                f"write `{joined}`" if joined else "leave one of them out",
                "two comparisons",
                (part_of(self.tokens[self.at - 1])[0], part_of(token)[1]),
            )
        if kind in {"AND", "OR"}:
            return self._missing(self.tokens[self.at - 1])
        return self._other()

    def _unquoted(self, start: int, last: int, width: int) -> Advice:
        """Words that are text and lack their quotes, up to the token at `last`."""
        part = (start, part_of(self.tokens[last])[1])
        said = self.text[slice(*part)]
        told = self._say(
            f"the text `{cut(said)}` stands without quotes", f"write {in_quotes(said)}", "needs quotes", part
        )
        return self._meant(told, self._as("TEXT", "'" + said.replace("'", "''") + "'"), width=width)

    def _behind_value(self) -> Advice:
        """A constant or a whole test is complete, and something follows that cannot."""
        token, kind, previous = self.token, self.token.type, self.tokens[self.at - 1]
        in_list = "COMMA" in self.accepted
        between = "AND" in self.accepted and not {"RPAR", "$END"} & self.accepted
        if previous.type == "TEXT" and part_of(previous)[1] == part_of(token)[0] and kind in _WORDS:
            quote = (part_of(previous)[1] - 1, part_of(previous)[1])
            return self._say("a quote inside of a text is written twice", "write `''` for it", "ends the text", quote)
        if in_list and kind in {"TEXT", "NUMBER"}:
            told = self._say("a comma is missing between two values", "separate the values by commas", "no comma")
            return self._meant(told, self._as("COMMA", ","), token)
        if in_list and kind in {"AND", "OR"}:
            told = self._say(f"the values of a list are separated by commas, not by `{token}`", "write `,`")
            return self._meant(told, self._as("COMMA", ","))
        if between and (kind == "COMMA" or token.lower() in {"to", "until", "till"}):
            told = self._say("the two ends of `between` are joined by `and`", "write `and`")
            return self._meant(told, self._as("AND", "and"))
        if kind == "COMMA" and previous.type == "NUMBER" and self._kind(1) == "NUMBER":
            return self._say("a number holds no commas", f"write {previous}{self._text(1)}", "a comma")
        if kind == "COMMA" and not between:
            return self._say("a comma separates the values of a list", "join two tests by `and` or `or`")
        if kind in {"EQUAL", "ORDER"} and not in_list:
            joined = f"write `{self._left()} between … and …`" if kind == self._kind(-2) == "ORDER" else ""
            helped = joined or "join two tests by `and` or `or`"
            return self._say("a test compares once", helped, "compared again")
        if kind in _SIGNS:
            helped = "write the result; only a date or time is moved, as in `created_at + 90 days`"
            return self._say("there is no arithmetic", helped, "arithmetic")
        if kind == "LPAR" and previous.type == "NAME":
            return self._function(str(previous))
        if kind in _WORDS and previous.type == "NUMBER" and self._kind(1) not in {*_OPERATORS, "NOT"}:
            helped = "write the number alone; only a date or time is moved by a unit, as in `created_at + 90 days`"
            return self._say(f"`{cut(token)}` follows a number", helped)
        if kind in _WORDS and previous.type == "NAME" and self._kind(-2) in {"EQUAL", "ORDER"}:
            return Advice(self._unquoted(part_of(previous)[0], self.at + self._words() - 1, 1).fault)
        if kind in {"NAME", "NOT", "LPAR"} and not in_list and not between:
            helped = "join two tests by `and` or `or`"
            return self._say(f"{ticked(token)} follows a test that is complete", helped)
        return self._other()


def _expected(accepted: frozenset[str]) -> str:
    """Say in words what could follow."""
    if {"NAME", "NOT", "LPAR"} <= accepted:
        return "a test"
    found = [said for kind, said in _EXPECTED.items() if kind in accepted]
    return wording.listed(found, "or") if found else "the end of the line"


_EXPECTED: Mapping[str, str] = MappingProxyType(
    {
        "NAME": "a name",
        "TEXT": "text in single quotes",
        "NUMBER": "a number",
        "EQUAL": "a comparison such as `=`",
        "IS": "`is`",
        "IN": "`in`",
        "LIKE": "`like`",
        "BETWEEN": "`between`",
        "BLANK": "`blank`",
        "NOT": "`not`",
        "DAYS": "`days`",
        "HOURS": "`hours`",
        "MINUTES": "`minutes`",
        "LPAR": "`(`",
        "COMMA": "a comma",
        "RPAR": "`)`",
        "AND": "`and`",
        "OR": "`or`",
    }
)
_OPERATORS = frozenset({"EQUAL", "ORDER", "IN", "BETWEEN", "LIKE", "IS"})
_SIGNS = frozenset({"PLUS", "MINUS"})
_UNITS = frozenset({"DAYS", "DAY", "HOURS", "HOUR", "MINUTES", "MINUTE"})
_WORDS = _UNITS | {"NAME", "IN", "LIKE", "IS", "BETWEEN"}
_MIRRORED: Mapping[str, str] = MappingProxyType({"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="})
_JOINED: Mapping[str, str] = MappingProxyType({"<>": "<>", "><": "<>", "<=": "<=", "=<": "<=", ">=": ">=", "=>": ">="})
_NOTHING = frozenset({"null", "nil", "none", "empty", "missing", "unset", "unknown", "undefined", "nothing"})
_TRUTHS: Mapping[str, bool] = MappingProxyType({"true": True, "yes": True, "false": False, "no": False})
_COMPARED: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("equal", "equals", "exactly", "the"), "="),
        **dict.fromkeys(("greater", "more", "larger", "higher", "above", "over", "after", "later"), ">"),
        **dict.fromkeys(("less", "smaller", "fewer", "below", "under", "before", "earlier"), "<"),
        "at": ">=",
    }
)
_CONTAINS = "`FIELD like '%TEXT%'`"
_STARTS = "`FIELD like 'TEXT%'`"
_ENDS = "`FIELD like '%TEXT'`"
_IS_BLANK = "`FIELD is blank`"
_VERBS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("contains", "includes", "has", "matches", "regexp", "rlike"), _CONTAINS),
        **dict.fromkeys(("starts", "begins", "startswith", "starts_with", "begins_with"), _STARTS),
        **dict.fromkeys(("ends", "endswith", "ends_with"), _ENDS),
        **dict.fromkeys(("isnull", "missing", "empty", "null"), _IS_BLANK),
        **dict.fromkeys(("notnull", "exists"), "`FIELD is not blank`"),
        **dict.fromkeys(("equals", "equal", "eq"), "`FIELD = VALUE`"),
        **dict.fromkeys(("differs", "ne"), "`FIELD <> VALUE`"),
        **dict.fromkeys(("gt", "exceeds", "above", "over", "after"), "`FIELD > VALUE`"),
        **dict.fromkeys(("lt", "below", "under", "before"), "`FIELD < VALUE`"),
        **dict.fromkeys(("gte", "ge"), "`FIELD >= VALUE`"),
        **dict.fromkeys(("lte", "le"), "`FIELD <= VALUE`"),
        "ilike": "`FIELD like 'TEXT'`, and give the field `ignore_case: true`",
    }
)
