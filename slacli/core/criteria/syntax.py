"""How a line becomes a parse tree: its tokens, the caps, and the usual slips, which are told and then read as meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

from slacli.core.criteria.advice import Stuck
from slacli.core.criteria.faults import BAD_CRITERION, Fault, cut, in_quotes, named, part_of
from slacli.criterion import Part

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

MOST_CHARACTERS = 1_000
DEEPEST = 40


@cache
def parser() -> Lark:
    """Give the parser of the grammar, once: from its tables where they are for the lark at hand, else built anew."""
    import lark

    from slacli.core.criteria import tables

    if lark.__version__ != tables.LARK:
        return built()
    # Measured: a quarter of the time that it takes to work them out again.
    return lark.Lark.load({"data": tables.DATA, "memo": tables.MEMO})


def built() -> Lark:
    """Build the parser from the grammar that stands beside this file."""
    from lark import Lark

    return Lark(
        resources.files(__package__).joinpath("grammar.lark").read_text("utf-8"),
        start=["criterion", "link", "slip"],
        parser="lalr",
        # The basic lexer does not ask what would fit: a word of the language is that word wherever it stands.
        lexer="basic",
        propagate_positions=True,
        maybe_placeholders=False,
    )


@cache
def words() -> frozenset[str]:
    """Give the words of the language: nothing else may be called by one of them."""
    return frozenset(t.pattern.value for t in parser().terminals if t.pattern.value.isalpha())


def parse(text: str, start: str = "criterion") -> tuple[Tree[Token] | None, tuple[Fault, ...]]:
    """Give the parse tree of a line, or None and why it has none.

    A slip with one obvious meaning is told and then read as what was meant, so that one run shows every fault of a
    line: such a tree stands beside the faults for the checks of its names, and for nothing else.
    """
    if len(text) > MOST_CHARACTERS:
        message = f"a criterion has at most {MOST_CHARACTERS:,} characters, this one has {len(text):,}"
        part = (MOST_CHARACTERS, len(text))
        return None, (Fault(BAD_CRITERION, message, part, "too long", "make terms of its parts and name them here"),)
    line = _Line(text, start)
    tree = line.parse()
    return tree, tuple(sorted(line.faults, key=lambda fault: fault.part))


class _Line:
    """One line while it is parsed."""

    def __init__(self, text: str, start: str) -> None:
        self.text = text
        self.start = start
        self.faults: list[Fault] = []
        self.tokens: list[Token] = []
        self.machine = parser().parse_interactive(text, start=start)

    def parse(self) -> Tree[Token] | None:
        legible = self._lex()
        if not self.tokens and not self.faults:
            self._tell("the criterion is empty", (0, len(self.text)), "", "write a test, such as `owner is not blank`")
        self._close()
        return self._feed() if legible and self.tokens and self._shallow() else None

    def _tell(self, message: str, part: Part, label: str, help: str) -> None:
        self.faults.append(Fault(BAD_CRITERION, message, part, label, help))

    # --- tokens ------------------------------------------------------------------------------

    def _lex(self) -> bool:
        """Split the line into tokens and mend the slips; False where something has no meaning that could be meant."""
        legible = True
        for token in self.machine.lexer_thread.lex(self.machine.parser_state):  # type: ignore[no-untyped-call]
            if token.type in _LOST:
                _LOST[token.type](self, token)
                legible = False
            elif token.type in _SLIPS:
                self.tokens.extend(_SLIPS[token.type](self, token))
            elif token.type == "PATH" and self.start == "criterion":
                # Whether it means another record or a text without quotes, only the names can tell.
                self.tokens.append(_as(token, "NAME"))
            else:
                self.tokens.append(token)
        return legible

    def _odd(self, token: Token) -> None:
        last = self.faults[-1] if self.faults else None
        if last and last.part[1] == part_of(token)[0] and last.label == "unknown character":
            part = (last.part[0], part_of(token)[1])
            self.faults[-1] = Fault(last.rule, last.message, part, last.label, last.help)
            return
        message = f"{named(token)} has no meaning in a criterion"
        self._tell(message, part_of(token), "unknown character", _ODD_HELP.get(token, ""))

    def _open(self, token: Token) -> None:
        for text, behind in pairwise([*self.tokens, token]):
            end = part_of(text)[1]
            if text.type == "TEXT" and part_of(behind)[0] == end:
                helped = "write `''` for it"
                self._tell("a quote inside of a text is written twice", (end - 1, end), "ends the text", helped)
                return
        start = part_of(token)[0]
        if self.tokens and self.tokens[-1].type == "NAME" and part_of(self.tokens[-1])[1] == start:
            meant = in_quotes(self.tokens[-1] + token)
            part = (part_of(self.tokens[-1])[0], part_of(token)[1])
            self._tell("the text that begins here stands without quotes", part, "needs quotes", f"write {meant}")
            return
        self._tell(
            "the text that begins here has no closing quote",
            part_of(token),
            "never closed",
            "close it with `'`; a quote inside of a text is written twice: `''`",
        )

    def _digits(self, token: Token) -> None:
        number = len(token) - len(token.lstrip("0123456789"))
        if token[number:] in words():
            helped = f"put a space between: `{token[:number]} {token[number:]}`"
        elif token[number:] in {"k", "K"}:
            helped = f"write {token[:number]}000"
        elif token.isascii() and token.replace("_", "").isdigit():
            helped = f"write {token.replace('_', '')}"
        else:
            helped = "write digits with at most one decimal point, such as 10000 or 0.5; text stands in single quotes"
        self._tell(f"`{cut(token)}` is not a number", part_of(token), "not a number", helped)

    def _other_sign(self, token: Token) -> list[Token]:
        kind, right = _RIGHT[token]
        self._tell(
            f"`{token}` is not a word of the language of criteria", part_of(token), "unknown", f"write `{right}`"
        )
        return [_as(token, kind, right)]

    def _word(self, token: Token) -> list[Token]:
        low = token.lower()
        if low not in words():
            return [_as(token, "NAME")]
        if low != token:
            message = f"`{token}` is a word of the language and stands in lower case"
            self._tell(message, part_of(token), "upper case", f"write `{low}`")
        return [_as(token, low.upper(), low)]

    def _quoted(self, token: Token) -> list[Token]:
        right = "'" + token[1:-1].replace("'", "''") + "'"
        used = {'"': "double quotes", "`": "backticks"}.get(token[0], "typographic quotes")
        message = f"text stands in single quotes, not in {used}"
        self._tell(message, part_of(token), "other quotes", f"write {cut(right)}")
        return [_as(token, "TEXT", right)]

    def _bare_day(self, token: Token) -> list[Token]:
        self._tell(f"the day `{token}` stands without quotes", part_of(token), "needs quotes", f"write '{token}'")
        return [_as(token, "TEXT", f"'{token}'")]

    def _comment(self, token: Token) -> list[Token]:
        helped = "put it on a line of its own in the file, behind `#`"
        self._tell("a criterion holds no comments", part_of(token), "a comment", helped)
        return []

    def _semicolon(self, token: Token) -> list[Token]:
        self._tell("a criterion is one line that needs no `;`", part_of(token), "not needed", "leave it out")
        return []

    def _close(self) -> None:
        """Leave out parentheses that close nothing."""
        opened, kept = 0, []
        for token in self.tokens:
            opened += {"LPAR": 1, "RPAR": -1}.get(token.type, 0)
            if opened < 0:
                message = "the parenthesis that closes here was never opened"
                self._tell(message, part_of(token), "never opened", "leave it out")
                opened = 0
            else:
                kept.append(token)
        self.tokens = kept

    def _shallow(self) -> bool:
        """Whether parentheses and `not` lie so flat that no later walk of the tree can run out of stack."""
        turned = [0]
        for token in self.tokens:
            if token.type == "NOT":
                turned[-1] += 1
            elif token.type == "LPAR":
                turned.append(0)
            else:
                if token.type == "RPAR":
                    turned.pop()
                turned[-1] = 0
            if sum(turned) + len(turned) - 1 > DEEPEST:
                message = f"parentheses and `not` lie more than {DEEPEST} deep"
                self._tell(message, part_of(token), "too deep", "make terms of the inner parts and name them here")
                return False
        return True

    # --- the parser --------------------------------------------------------------------------

    def _feed(self) -> Tree[Token] | None:
        """Hand the tokens to the parser; what does not fit is told, and ends it unless what was meant is plain."""
        from lark import Token, UnexpectedToken

        end = part_of(self.tokens[-1])[1]
        tokens = [*self.tokens, Token("$END", "", end, end_pos=end)]
        at = 0
        tree: Tree[Token] | None = None
        while at < len(tokens):
            try:
                tree = self.machine.feed_token(tokens[at])
                at += 1
            except UnexpectedToken:
                accepted = frozenset(self.machine.accepts())  # type: ignore[no-untyped-call]
                advice = Stuck(self.text, tokens, at, accepted, self.start == "link").advise()
                self.faults.append(advice.fault)
                if advice.meant is None:
                    return None
                tokens[at : at + advice.width] = advice.meant
        return tree


def _as(token: Token, kind: str, value: str | None = None) -> Token:
    """Give a token as another one in the same place."""
    return type(token).new_borrow_pos(kind, str(token) if value is None else value, token)


_RIGHT: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "==": ("EQUAL", "="),
        "!=": ("ORDER", "<>"),
        "=<": ("ORDER", "<="),
        "=>": ("ORDER", ">="),
        "≠": ("ORDER", "<>"),
        "≤": ("ORDER", "<="),
        "≥": ("ORDER", ">="),
        "&&": ("AND", "and"),
        "||": ("OR", "or"),
        "&": ("AND", "and"),
        "|": ("OR", "or"),
        "!": ("NOT", "not"),
    }
)
_BRACKETS = "write a list in parentheses: `in ('A', 'B')`"
_CURRENCY = "write the number alone: the currency belongs to the field"
_ODD_HELP: Mapping[str, str] = MappingProxyType(
    {
        "[": _BRACKETS,
        "]": _BRACKETS,
        "{": "use parentheses",
        "}": "use parentheses",
        "*": "there is no arithmetic; in `like '…'`, `%` stands for any text",
        "/": "there is no arithmetic: write the result",
        "%": "a number stands alone; in `like '…'`, `%` stands for any text",
        '"': "text stands in single quotes: 'text'",
        "`": "names stand without quotes, text in single quotes",
        "$": _CURRENCY,
        "€": _CURRENCY,
        "£": _CURRENCY,
        "~": "patterns are written `field like '%text%'`",
        "\n": "write the criterion on one line",
        "\u00a0": "type a plain space",
    }
)
_LOST: Mapping[str, Callable[[_Line, Token], None]] = MappingProxyType(
    {"ODD": _Line._odd, "OPEN": _Line._open, "DIGITS": _Line._digits}
)
_SLIPS: Mapping[str, Callable[[_Line, Token], list[Token]]] = MappingProxyType(
    {
        "WORD": _Line._word,
        "OTHER_SIGN": _Line._other_sign,
        "QUOTED": _Line._quoted,
        "BARE_DAY": _Line._bare_day,
        "COMMENT": _Line._comment,
        "SEMICOLON": _Line._semicolon,
    }
)
