r"""Puts what the YAML library complains about into plain words, at the place where the reader has something to do.

The library names the spot where it gave up and the rule of its grammar that failed. People need the spot where the
slip is (the quote that was never closed, not the end of the file) and the line as it should be.
"""

from __future__ import annotations

import re

import yaml

from slacli.core.text.characters import escape
from slacli.core.text.remarks import Remark, Spot
from slacli.core.text.scalars import in_quotes
from slacli.core.wording import sanitised
from slacli.findings import Severity, reported
from slacli.places import Span

BAD_YAML = reported(
    Severity.ERROR,
    "bad-yaml",
    """The text breaks off where YAML cannot be read any further.

    Why: below this line nothing is known about the file, so nothing in it can be agreed.
    Bad:
        # file: waivers.yaml
        waivers:
          - finding: 4f1d09ab22c7
            granted_by: marketing
            because: Form: it was down on two days.
            until: 2027-02-28
    Good:
        # file: waivers.yaml
        waivers:
          - finding: 4f1d09ab22c7
            granted_by: marketing
            because: "Form: it was down on two days."
            until: 2027-02-28
    """,
)
YAML_FEATURE = reported(
    Severity.ERROR,
    "yaml-feature",
    """The text uses a part of YAML that contracts do without: anchors, aliases, tags, merges, directives, documents.

    Why: they bring in text from elsewhere or change what a value is, and programs do not agree how. What is signed
    must stand where it counts.
    Bad:
        # file: waivers.yaml
        waivers:
          - finding: 4f1d09ab22c7
            granted_by: marketing
            because: &outage The form was down on two days.
            until: 2027-02-28
          - finding: 0c22b1e9d7a4
            granted_by: marketing
            because: *outage
            until: 2027-02-28
    Good:
        # file: waivers.yaml
        waivers:
          - finding: 4f1d09ab22c7
            granted_by: marketing
            because: The form was down on two days.
            until: 2027-02-28
          - finding: 0c22b1e9d7a4
            granted_by: marketing
            because: The form was down on two days.
            until: 2027-02-28
    """,
)
RULES = (BAD_YAML, YAML_FEATURE)

_LONGEST = 80
_FEATURES = {
    "&": ("an anchor (`&name`)", "write the text out"),
    "*": ("an alias (`*name`)", "write out what it stands for"),
    "!": ("a tag (`!name`)", "remove the tag"),
    "%": ("a directive (`%NAME`)", "remove the line"),
}
_PAIRS = {"]": "[", "}": "{"}


def feature(sign: str) -> Remark:
    """Say that anchors, aliases, tags or directives, known by their first character, are no part of a contract."""
    named, cure = _FEATURES[sign]
    quotes = "" if sign == "%" else f", or put the text in quotes where `{sign}` belongs to it"
    return Remark(
        YAML_FEATURE, f"{named} is no part of a contract", label="no part of a contract", help=f"{cure}{quotes}"
    )


def glued(meant: str = "name: value") -> Remark:
    """Say that a colon in brackets or braces has no blank behind it: to some programs it is part of the name."""
    return _bad("the colon has no blank behind it", "no blank", f"write `{sanitised(meant, _LONGEST)}`")


def complaint(error: yaml.YAMLError, text: str) -> Spot:
    """Give the place and the words for what the library could not read in `text`."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return Span(1, 1, 1, 1), _UNKNOWN
    lines = text.split("\n")
    here = _Mark(lines, error.problem_mark.line, error.problem_mark.column)
    opened = here
    if error.context_mark is not None:
        opened = _Mark(lines, error.context_mark.line, error.context_mark.column)
    problem, context = error.problem or "", error.context or ""

    if "directive" in f"{context} {problem}" or "YAML document" in problem or "duplicate tag handle" in problem:
        return here.at_start(), feature("%")
    if re.search(r"\btag\b|URI|expected '>'", f"{context} {problem}"):
        return opened.to_end(), feature("!")
    if "alphabetic or numeric" in problem:
        return opened.span(), _starts_with_sign(opened)
    if "cannot start any token" in problem:
        return here.span(), _starts_with_sign(here)
    if "mapping values are not allowed" in problem:
        return _stray_colon(here)
    if "could not find expected ':'" in problem:
        return opened.to_end(), _bad(
            f"line {opened.row + 1} is neither `name: value` nor a list item",
            "no `: ` in this line",
            "write `name: value`, or indent the line where it belongs to the text above",
        )
    if "unexpected ':'" in problem:
        return here.span(), glued()
    if "quoted" in context:
        return _in_quotes(here, opened, problem)
    if "block scalar" in context:
        return here.span(), _bad(
            f"nothing but a line end may follow `{opened.character}` here",
            "not here",
            f"start the text on the next line, or put it in quotes where `{opened.character}` belongs to it",
        )
    if "sequence entries are not allowed" in problem or "mapping keys are not allowed" in problem:
        sign = "-" if "sequence" in problem else "?"
        return here.span(2), _bad(
            f"a list item (`{sign} `) cannot stand here" if sign == "-" else "`? ` cannot stand here",
            "not in this line",
            "start the list on the next line, or put the text in quotes" if sign == "-" else _quote(here.rest()),
        )
    if "flow" in context:
        return _in_brackets(here, opened, problem, text)
    if "block" in context:
        return _out_of_line(here, opened, problem)
    if "document start" in problem and here.character == ":":
        return _out_of_line(here, opened, problem)
    if "document start" in problem:
        return here.to_end(), _bad("the text goes on after its end", "after the end", "remove it")
    return here.span(), _UNKNOWN


class _Mark:
    """A place in the text, brought back inside it where the library counts a line too many."""

    def __init__(self, lines: list[str], row: int, column: int) -> None:
        self.lines = lines
        if row >= len(lines) or (row == len(lines) - 1 and not lines[row] and row > 0):
            row = max(i for i, line in enumerate(lines) if line or i == 0)
            column = len(lines[row])
        self.row = row
        self.line = lines[row]
        self.column = min(column, len(self.line))
        self.at_end = not "".join([self.line[self.column :], *lines[row + 1 :]]).strip()

    @property
    def character(self) -> str:
        return self.line[self.column : self.column + 1]

    @property
    def is_first(self) -> bool:
        return not self.line[: self.column].strip(" -")

    def span(self, width: int = 1) -> Span:
        return Span(self.row + 1, self.column + 1, self.row + 1, min(self.column + width, len(self.line)) + 1)

    def at_start(self) -> Span:
        return Span(self.row + 1, 1, self.row + 1, len(self.line) + 1)

    def to_end(self) -> Span:
        return self.span(max(len(self.line.rstrip()) - self.column, 1))

    def rest(self) -> str:
        """Give what stands from here to the end of the line, unless brackets or a comment cut it short."""
        rest = self.line[self.column :].rstrip()
        return "" if re.search(r" #|[\[\]{},]", rest) or len(rest) > _LONGEST else rest


_UNKNOWN = Remark(
    BAD_YAML,
    "the text cannot be read as YAML from here on",
    label="not read any further",
    help="look at the quotes, brackets and indentation of this line and of the one above",
)


def _bad(message: str, label: str, help_: str) -> Remark:
    return Remark(BAD_YAML, message, label=label, help=help_)


def _quote(text: str) -> str:
    return f"write `{in_quotes(sanitised(text))}`" if text else "put the text in quotes"


def _starts_with_sign(mark: _Mark) -> Remark:
    sign = mark.character
    if mark.column == 0 and sign == "%":
        return feature("%")
    named = "a backtick" if sign == "`" else f"`{sanitised(sign)}`"
    return _bad(f"text without quotes cannot begin with {named}", "needs quotes", _quote(mark.rest()))


def _stray_colon(here: _Mark) -> Spot:
    before = re.match(r"(\s*(?:- +)*(?:[^\s'\"{\[#][^:]*|'[^']*'|\"[^\"]*\"):\s+)\S", here.line[: here.column])
    if before:
        value = _Mark(here.lines, here.row, before.end(1))
        return here.span(), _bad(
            "text that holds `: ` needs quotes", "a second `: ` in this line", _quote(value.rest())
        )
    above = next((i for i in range(here.row - 1, -1, -1) if here.lines[i].strip()), None)
    if above is not None and not re.search(r":(?:\s|$)", here.lines[above]):
        slip = _Mark(here.lines, above, len(here.lines[above]) - len(here.lines[above].lstrip()))
        return slip.to_end(), _bad(
            f"line {above + 1} has no `: `, so no name can stand below it",
            "no `: ` in this line",
            "write `name: value`, with a blank behind the colon",
        )
    if above is None:
        return here.span(), _UNKNOWN
    indent = _Mark(here.lines, here.row, len(here.line) - len(here.line.lstrip()))
    return indent.to_end(), _bad(
        "a name cannot stand here, because the line above already has its value",
        "indented too far, or above too much",
        "start the line below the name that it belongs with",
    )


def _in_quotes(here: _Mark, opened: _Mark, problem: str) -> Spot:
    written = re.search(r"\\[xuU]?[0-9a-fA-F]{0,8}$", here.line[: here.column])
    start = written.start() if written else max(here.line.rfind("\\", 0, here.column + 1), 0)
    slip = _Mark(here.lines, here.row, start)
    if "invalid Unicode" in problem:
        found = re.match(r"\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}", here.line[start:])
        whole = found[0] if found else "\\u"
        return slip.span(len(whole)), escape(whole)
    if "escape" in problem or "hexdecimal" in problem:
        whole = here.line[start : start + 2]
        cut_short = whole[1:] in {"x", "u", "U"}
        return slip.span(2), _bad(
            f"the escape `{sanitised(whole)}` lacks its hexadecimal digits"
            if cut_short
            else f"`{sanitised(whole)}` is no escape",
            "cut short" if cut_short else "no such escape",
            "write `\\\\` where the backslash is meant, or put the text in single quotes",
        )
    return opened.span(), _bad(
        "a quote opens here that is never closed", "never closed", f"close it with `{opened.character}`"
    )


def _in_brackets(here: _Mark, opened: _Mark, problem: str, text: str) -> Spot:
    closing = next((sign for sign in "]}" if f"or '{sign}'" in problem), "")
    if not closing:
        last = _unclosed(text) if here.at_end else None
        if last is None:
            return here.span(), _bad(
                f"a value is missing before `{here.character}`" if here.character else "a value is missing here",
                "nothing to read",
                "write the value, or put the text in quotes where the sign belongs to it",
            )
        opened = _Mark(opened.lines, *last)
        closing = "]" if opened.character == "[" else "}"
    if here.at_end or here.row > opened.row:
        return opened.span(), _bad(
            f"a `{opened.character}` opens here that is never closed",
            "never closed",
            f"close it with `{closing}`, or put the text in quotes where it belongs to it",
        )
    if here.character in _PAIRS:
        return here.span(), _bad(
            f"`{here.character}` closes what `{_PAIRS[closing]}` opened",
            f"`{closing}` expected",
            f"write `{closing}`",
        )
    return here.span(), _bad(
        f"`,` or `{closing}` is missing before this",
        f"`,` or `{closing}` expected",
        f"write `,` or `{closing}`, or put the whole text in quotes",
    )


def _unclosed(text: str) -> tuple[int, int] | None:
    """Give the row and column of the last bracket that opens and has nothing behind it."""
    end = re.search(r"([\[{,])[\s\[{,]*\Z", text)
    if end is None:
        return None
    at = max(text.rfind("[", 0, end.end()), text.rfind("{", 0, end.end()))
    return (text.count("\n", 0, at), at - text.rfind("\n", 0, at) - 1) if at >= 0 else None


def _out_of_line(here: _Mark, opened: _Mark, problem: str) -> Spot:
    if here.character in _PAIRS:
        return here.span(), _bad(
            f"`{here.character}` closes nothing", "nothing is open", "remove it, or put the text in quotes"
        )
    if here.character == ":" and not here.is_first:
        return here.span(), glued()
    if here.character in {",", ":"}:
        return here.span(), _bad(
            f"a value is missing before `{here.character}`", "nothing to read", "put the text in quotes"
        )
    if "node content" in problem:
        return here.span(), _UNKNOWN
    if not here.is_first:
        before = here.line[: here.column].rstrip()
        what = "a quote" if before[-1:] in "'\"" else "a bracket" if before[-1:] in "]}" else "the value"
        return here.to_end(), _bad(
            f"text stands behind {what} that is already closed"
            if what != "the value"
            else "text stands behind the end",
            "not expected",
            "put the whole text in quotes, each quote inside it doubled"
            if what == "a quote"
            else "put the text in quotes",
        )
    if here.column == opened.column:
        return here.to_end(), _bad(
            "names and list items (`- `) are mixed here",
            "`- ` expected" if opened.character == "-" else "`name: value` expected",
            "begin each line of a list with `- `, and none of a mapping",
        )
    above = next((line for line in reversed(here.lines[: here.row]) if line.strip()), "")
    columns = sorted({opened.column + 1, len(above) - len(above.lstrip()) + 1})
    return here.to_end(), _bad(
        f"this line starts in column {here.column + 1}, where nothing above starts",
        f"column {' or '.join(map(str, columns))} expected",
        "start it exactly below the line that it belongs with",
    )
