"""The strict door for YAML: from the bytes of one file to plain data in which every value has its place, and no doubt.

It alone knows that a YAML library is at work. The library is asked for its events only: its own way from events to
data runs as deep as the text is nested, lets the last of two equal keys win, and makes numbers of times.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import field
from itertools import islice
from typing import Any

import yaml

from slacli.core.text import characters, complaints, scalars
from slacli.core.text.remarks import Remark, stand
from slacli.core.wording import number, sanitised
from slacli.findings import Finding, Problem, Related, Rule, Severity, reported
from slacli.places import Address, Span
from slacli.values import dataclass

DUPLICATE_KEY = reported(
    Severity.ERROR,
    "duplicate-key",
    """A key stands twice in the same place.

    Why: programs take the last one in silence, so one of two promises would vanish unseen.
    Bad:
        # file: waivers.yaml
        waivers:
          - finding: 4f1d09ab22c7
            granted_by: marketing
            because: The form was down on two days.
            until: 2027-02-28
            until: 2027-03-31
    Good:
        # file: waivers.yaml
        waivers:
          - finding: 4f1d09ab22c7
            granted_by: marketing
            because: The form was down on two days.
            until: 2027-03-31
    """,
)
TEXT_KEY = reported(
    Severity.ERROR,
    "text-key",
    """A key is missing, or is a list or a mapping where a name belongs.

    Why: nothing can refer to a key that is no text, and most programs cannot even read it.
    Bad:
        # file: waivers.yaml
        waivers: []
        [one, two]: three
    Good:
        # file: waivers.yaml
        waivers: []
    """,
)
TOO_BIG = reported(
    Severity.ERROR,
    "too-big",
    """A file is larger, longer or deeper than any contract is.

    Why: text like this is made to exhaust a program, or is a file of another kind. A file may have 1 MiB, 50,000
    values, 65,536 characters in one value, and 20 levels of lists and mappings inside each other.
    Bad:
        # file: waivers.yaml
        waivers: [[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]
    Good:
        # file: waivers.yaml
        waivers: []
    """,
)
EMPTY_FILE = reported(
    Severity.ERROR,
    "empty-file",
    """A file of the contract says nothing at all.

    Why: an empty page is most likely lost, and with it what both sides agreed.
    Bad:
        # file: waivers.yaml
        # waivers: []
    Good:
        # file: waivers.yaml
        waivers: []
    """,
)
NOT_A_MAPPING = reported(
    Severity.ERROR,
    "not-a-mapping",
    """A file of the contract does not consist of names with values.

    Why: each part of a contract has a name, so that others can refer to it.
    Bad:
        # file: waivers.yaml
        - waivers
    Good:
        # file: waivers.yaml
        waivers: []
    """,
)
RULES: tuple[Rule[None], ...] = (
    *complaints.RULES,
    *scalars.RULES,
    *characters.RULES,
    DUPLICATE_KEY,
    TEXT_KEY,
    TOO_BIG,
    EMPTY_FILE,
    NOT_A_MAPPING,
)

_MOST_BYTES = 1 << 20
_MOST_NODES = 50_000
_MOST_CHARACTERS = 1 << 16
_MOST_LEVELS = 20
_MOST_FINDINGS = 100
_MERGE = "<<"
_BLOCKS = {"|", ">"}
_BRACKETS = {",", "[", "]", "{", "}"}

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of one file.

    `data` is plain: dict with text keys, list, str, int, Decimal, bool, None; dates stay text. It is None where the
    text could not be read, or cannot be trusted to say what it seems to. `values` and `keys` hold the span of every
    value and, by the address of its value, of every key; besides, `values` holds the places in the text that findings
    point at. `text` is what the spans count in: its lines end alike, and bytes that are no UTF-8 are shown as one sign.
    """

    data: object | None
    findings: tuple[Finding, ...]
    values: Mapping[Address, Span]
    keys: Mapping[Address, Span]
    text: str


def read(file: str, raw: bytes) -> Reading:
    """Read the bytes of a file of the contract, and tell all that is wrong with them as text, as far as that shows."""
    reader = _Reader(file)
    if len(raw) > _MOST_BYTES:
        reader.say(Span(1, 1, 1, 1), _too_big("bytes", len(raw), _MOST_BYTES))
        return reader.reading(None)
    reader.text, blamed = characters.decoded(raw)
    for spot in blamed:
        reader.say(*spot)
    if any(remark.rule is characters.NOT_UTF8 for _, remark in blamed):
        return reader.reading(None)
    for spots in (characters.oddities(reader.text), characters.decompositions(reader.text)):
        for spot in islice(spots, _MOST_FINDINGS + 1):
            reader.say(*spot)
    return reader.reading(reader.tree())


@dataclass(slots=True)
class _Open:
    """A list or mapping that has begun and not ended.

    In a mapping `next` is the address of the value that the last key awaits, and `name` is that key, or None where
    the value must not be kept; `end` is the line and column behind what was read last.
    """

    at: Address
    into: dict[str, object] | list[object]
    span: Span
    end: tuple[int, int]
    is_flow: bool
    next: Address | None = None
    name: str | None = None
    name_end: int = 0


@dataclass(slots=True)
class _Reader:
    """Builds the data of one file from the events of the library, one by one, without ever calling itself."""

    file: str
    text: str = ""
    lines: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    said: Counter[Rule[None]] = field(default_factory=Counter)
    values: dict[Address, Span] = field(default_factory=dict)
    keys: dict[Address, Span] = field(default_factory=dict)
    path: list[_Open] = field(default_factory=list)
    root: object = None
    nodes: int = 0
    is_sure: bool = True
    is_over: bool = False

    # --- what is said ---

    def say(self, span: Span, remark: Remark) -> None:
        """Report something at a place in the text."""
        if not self.has_room(remark.rule):
            return
        at = stand(self.file, span)
        self.values[at] = span
        self.add(remark.rule, remark.found(at, subject=self.file))

    def add(self, rule: Rule[None], found: Finding) -> None:
        """Keep a finding, unless there are more than enough of its kind."""
        if self.has_room(rule):
            self.said[rule] += 1
            if self.said[rule] <= _MOST_FINDINGS:
                self.findings.append(found)

    def has_room(self, rule: Rule[None]) -> bool:
        """Say whether one more finding of a rule changes what is told."""
        return self.said[rule] <= _MOST_FINDINGS

    def stop(self, span: Span, remark: Remark) -> None:
        """Report something after which nothing more is read."""
        self.say(span, remark)
        self.is_over = True
        self.is_sure = False

    def reading(self, data: object | None) -> Reading:
        """Close the account."""
        for rule, count in self.said.items():
            if count > _MOST_FINDINGS:
                message = f"`{sanitised(self.file)}` has more such places than the {_MOST_FINDINGS} that are shown"
                problem = Problem(Address(self.file), message, help="mend these, then look again", subject=self.file)
                self.findings.append(rule.found(problem))
        return Reading(data, tuple(self.findings), self.values, self.keys, self.text)

    # --- from events to data ---

    def tree(self) -> object | None:
        """Give the data of the text, or None where it cannot be read to its end, or be trusted, or is no mapping."""
        self.lines = self.text.split("\n")
        agreed = characters.agreed(self.text)
        try:
            for event in yaml.parse(agreed, Loader=_Loader):
                self.follow(event)
                if self.is_over:
                    break
        except yaml.YAMLError as error:
            self.complain(*complaints.complaint(error, agreed))
        if not self.is_sure:
            return None
        if isinstance(self.root, dict):
            return self.root
        name = f"`{sanitised(self.file)}`"
        remark = Remark(EMPTY_FILE, f"{name} says nothing", help="write it, or remove the file")
        if self.root is not None:
            kind = "a list" if isinstance(self.root, list) else "a single value"
            remark = Remark(
                NOT_A_MAPPING,
                f"{name} holds {kind} instead of names with values",
                label=kind,
                help="write `name: value`, with a blank behind the colon",
            )
        self.add(remark.rule, remark.found(Address(self.file)))
        return None

    def complain(self, span: Span, remark: Remark) -> None:
        """Stop where the text cannot be read further: what an odd character there is to blame for is not said twice."""
        odd = (found.at for found in self.findings if found.rule == characters.ODD_CHARACTER.name)
        if any(self.values[at].line in {span.line, span.line - 1} for at in odd if at in self.values):
            self.is_sure = False
        else:
            self.stop(span, remark)

    def follow(self, event: Any) -> None:
        """Take one event in."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self.scalar(event)
        elif kind is yaml.SequenceStartEvent:
            self.begin(event, [])
        elif kind is yaml.MappingStartEvent:
            self.begin(event, {})
        elif kind is yaml.SequenceEndEvent or kind is yaml.MappingEndEvent:
            self.finish(event)
        elif kind is yaml.AliasEvent:
            self.alias(event)
        elif kind is yaml.DocumentStartEvent:
            if self.nodes:
                self.stop(_span(event), _second_document())
            elif event.version or event.tags:
                self.feature(event, "%")

    def begin(self, event: Any, into: dict[str, object] | list[object]) -> None:
        """Open a list or a mapping."""
        span = self.node(event)
        if len(self.path) == _MOST_LEVELS:
            self.stop(span, _too_big("levels of lists and mappings inside each other", _MOST_LEVELS + 1, _MOST_LEVELS))
            return
        if self.is_key_next():
            kind = "list" if isinstance(into, list) else "mapping"
            self.say(span, Remark(TEXT_KEY, f"a {kind} stands as a key", label=kind, help="write a name as the key"))
            at = self.no_key(span)
        else:
            at = self.put(into, span)
        self.path.append(_Open(at, into, span, (span.line, span.column), bool(event.flow_style)))

    def finish(self, event: Any) -> None:
        """Close the innermost list or mapping; one without brackets ends where the last thing in it does."""
        done = self.path.pop()
        end = (event.end_mark.line + 1, event.end_mark.column + 1) if done.is_flow else done.end
        span = Span(done.span.line, done.span.column, *end)
        if span.end_line > len(self.lines):
            span = self.inside(span)
        self.values[done.at] = span
        if self.path:
            self.path[-1].end = (span.end_line, span.end_column)

    def alias(self, event: Any) -> None:
        """Take in an alias, which stands for nothing here."""
        self.feature(event, "*")
        span = self.node(event)
        if self.is_key_next():
            self.no_key(span)
        else:
            self.put(None, span)

    def scalar(self, event: Any) -> None:
        """Take in a key or a value that is no list and no mapping."""
        span = self.node(event)
        text: str = event.value
        if len(text) > _MOST_CHARACTERS:
            self.stop(span, _too_big("characters in one value", len(text), _MOST_CHARACTERS))
            return
        is_plain = not event.style and event.tag is None
        is_key = self.is_key_next()
        if is_key:
            at = self.key(text, span, event.end_mark.index, is_plain=is_plain)
        else:
            value, remark = scalars.plain(text) if is_plain else (text, None)
            if not text:
                self.glued(event)
            at = self.put(value, span)
            if remark is not None:
                self.add(remark.rule, remark.found(at))
        if is_plain and span.line != span.end_line:
            self.continued(span)
        if event.style == '"' and self.has_room(characters.ODD_CHARACTER):
            self.escapes(event, at, is_key=is_key)
        if not text.isascii() and self.has_room(characters.MIXED_SCRIPT):
            for start, end, remark in islice(characters.mixed_words(text), _MOST_FINDINGS + 1):
                self.add(remark.rule, remark.found(at, key=is_key, part=None if is_key else (start, end)))

    def node(self, event: Any) -> Span:
        """Count a key or a value, and give its span."""
        self.nodes += 1
        start, end = event.start_mark, event.end_mark
        span = Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)
        if span.end_line > len(self.lines):
            span = self.inside(span)
        if self.nodes > _MOST_NODES:
            self.stop(span, _too_big("values", self.nodes, _MOST_NODES))
        if type(event) is not yaml.AliasEvent:
            if event.anchor is not None or event.tag is not None:
                self.feature(event, self.text[start.index])
            if type(event) is yaml.ScalarEvent and event.style in _BLOCKS:
                return self.block(span)
        return span

    def key(self, name: str, span: Span, end: int, *, is_plain: bool) -> Address:
        """Take in the key of a mapping, which ends before the character `end` of the text."""
        around = self.path[-1]
        at = around.at / name
        if is_plain and not name:
            self.say(span, Remark(TEXT_KEY, "a value has no key", label="no key", help="write `name: value`"))
            return self.no_key(span)
        if is_plain and name == _MERGE:
            self.is_sure = False
            self.say(span, _merge())
            return self.no_key(span)
        if name in around.into:
            again = self.no_key(span)
            self.add(DUPLICATE_KEY, self.duplicate(at, again, span))
            return again
        self.keys[at] = span
        around.name, around.next, around.name_end = name, at, end
        remark = scalars.key(name) if is_plain else None
        if (
            is_plain
            and around.is_flow
            and self.text[end : end + 1] == ":"
            and self.text[end + 1 : end + 2] in _BRACKETS
        ):
            remark = complaints.glued(f"{name}: ")
        if remark is not None:
            self.add(remark.rule, remark.found(at, key=True))
        return at

    def no_key(self, span: Span) -> Address:
        """Let the value that follows be read for what is wrong with it, and not be kept."""
        at = stand(self.file, span)
        self.keys[at] = span
        self.path[-1].name, self.path[-1].next = None, at / "value"
        return at

    def is_key_next(self) -> bool:
        return bool(self.path) and self.path[-1].next is None and isinstance(self.path[-1].into, dict)

    def put(self, value: object, span: Span) -> Address:
        """Put a value where it belongs, and give its address."""
        if not self.path:
            at = Address(self.file)
            self.root = value
        else:
            around = self.path[-1]
            around.end = (span.end_line, span.end_column)
            if isinstance(around.into, list):
                at = around.at / len(around.into)
                around.into.append(value)
            else:
                assert around.next is not None
                at, around.next = around.next, None
                if around.name is not None:
                    around.into[around.name] = value
        self.values[at] = span
        return at

    # --- what is looked at besides ---

    def feature(self, event: Any, sign: str) -> None:
        """Report an anchor, an alias, a tag or a directive: the data is not what it seems to be any more."""
        self.is_sure = False
        row, column = event.start_mark.line, event.start_mark.column
        line = self.lines[row]
        end = len(line) if sign == "%" else next((i for i in range(column, len(line)) if line[i] in " ,]}"), len(line))
        self.say(Span(row + 1, column + 1, row + 1, end + 1), complaints.feature(sign))

    def duplicate(self, at: Address, again: Address, span: Span) -> Finding:
        """Say that a key stands in a second line, and where it stood first."""
        name = sanitised(str(at.pointer[-1]), 60)
        first = self.keys[at].line
        where = f"in line {first} and in line {span.line}" if first != span.line else f"twice in line {first}"
        problem = Problem(
            again,
            f"the key `{name}` stands {where}",
            label="again",
            help="remove one of the two, or rename it",
            key=True,
            related=(Related(at, "first", key=True),),
            subject="/".join(map(str, (at.file, *at.pointer))),
        )
        return DUPLICATE_KEY.found(problem)

    def glued(self, event: Any) -> None:
        """Report `{name:value}`, which is a key without a value."""
        around = self.path[-1] if self.path else None
        if around is None or not around.is_flow or around.name is None or event.value or event.style:
            return
        name, colon, value = around.name.partition(":")
        if colon and event.start_mark.index == around.name_end and around.next is not None:
            remark = complaints.glued(f"{name}: {value}")
            self.add(remark.rule, remark.found(around.next, key=True))

    def continued(self, span: Span) -> None:
        """Report the lines of a text without quotes that look like items of a list."""
        for row in range(span.line, span.end_line if self.has_room(scalars.QUOTE_THIS) else span.line):
            line = self.lines[row]
            start = len(line) - len(line.lstrip())
            if line[start : start + 2] in {"- ", "-"}:
                self.say(Span(row + 1, start + 1, row + 1, len(line) + 1), scalars.no_item(span.line))

    def escapes(self, event: Any, at: Address, *, is_key: bool) -> None:
        """Report the escapes that stand for what text never holds."""
        first = event.start_mark.index
        raw = self.text[first : event.end_mark.index]
        if "\\" not in raw:
            return
        for start, end, remark in islice(characters.escapes(raw), _MOST_FINDINGS + 1):
            row = event.start_mark.line + raw.count("\n", 0, start)
            column = first + start - (self.text.rfind("\n", 0, first + start) + 1)
            self.say(Span(row + 1, column + 1, row + 1, column + 1 + end - start), remark)
        if not unicodedata.is_normalized("NFC", event.value) and unicodedata.is_normalized("NFC", raw):
            remark = characters.decomposed()
            self.add(remark.rule, remark.found(at, key=is_key))

    def block(self, span: Span) -> Span:
        """Give the span of a text behind `|` or `>`: up to its last line that is not blank."""
        last = span.end_line if span.end_column > 1 else span.end_line - 1
        while last > span.line and not self.lines[last - 1].strip():
            last -= 1
        last = max(last, span.line)
        return Span(span.line, span.column, last, len(self.lines[last - 1]) + 1)

    def inside(self, span: Span) -> Span:
        """Bring a span back inside the text: the library ends every text with a line more."""
        end = (len(self.lines), len(self.lines[-1]) + 1)
        return Span(*min((span.line, span.column), end), *end)


def _span(event: Any) -> Span:
    start, end = event.start_mark, event.end_mark
    return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def _too_big(what: str, size: int, most: int) -> Remark:
    return Remark(
        TOO_BIG,
        f"{number(size)} {what}, where a contract has at most {number(most)}",
        label=f"at most {number(most)}",
        help="see that it is the right file, or divide it",
    )


def _merge() -> Remark:
    return Remark(
        complaints.YAML_FEATURE,
        "a merge (`<<`) is no part of a contract",
        label="no part of a contract",
        help="write out what it brings in",
    )


def _second_document() -> Remark:
    return Remark(
        complaints.YAML_FEATURE,
        "a second document begins in the same file",
        label="second document",
        help="remove the line `---`, or keep one document only",
    )
