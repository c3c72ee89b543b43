"""The strict door for YAML: from the bytes of one file to plain data in which every value has its place, and no doubt.

It alone knows that a YAML library is at work. The library is asked for its events only: its own way from events to
data runs as deep as the text is nested, lets the last of two equal keys win, and makes numbers of times.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from slacli.core.text import characters, complaints, scalars
from slacli.core.text.remarks import Remark, Spot, stand
from slacli.core.wording import number, sanitised
from slacli.findings import Finding, Problem, Related, Rule, Severity, reported
from slacli.places import Address, Span

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

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of one file.

    `data` is plain: dict with text keys, list, str, int, Decimal, bool, None; dates stay text. It is None where the
    text could not be read, or cannot be trusted to say what it seems to. `values` and `keys` hold the span of every
    value and, by the address of its value, of every key; besides, `values` holds the places in the text that findings
    point at. `text` is what the spans count in: line ends are `\\n`, undecodable bytes are `�`.
    """

    data: object | None
    findings: tuple[Finding, ...]
    values: Mapping[Address, Span]
    keys: Mapping[Address, Span]
    text: str


def read(file: str, raw: bytes) -> Reading:
    """Read the bytes of a file of the contract, with all that is wrong with them as text, as far as it can be told."""
    reader = _Reader(file)
    if len(raw) > _MOST_BYTES:
        reader.say(Span(1, 1, 1, 1), _too_big(f"{number(len(raw))} bytes", f"{number(_MOST_BYTES)}"))
        return reader.reading(None)
    reader.text, spots = characters.decoded(raw)
    for spot in spots:
        reader.say(*spot)
    if any(remark.rule is characters.NOT_UTF8 for _, remark in spots):
        return reader.reading(None)
    for spot in characters.oddities(reader.text):
        reader.say(*spot)
    return reader.reading(reader.tree())


def _too_big(size: str, most: str) -> Remark:
    return Remark(
        TOO_BIG, f"{size}, where a contract has at most {most}", label="too big", help="see that it is the right file"
    )


class _Stop(Exception):
    """Ends the reading of a text that goes beyond what a contract is."""

    def __init__(self, spot: Spot) -> None:
        super().__init__()
        self.spot = spot


@dataclass(slots=True)
class _Open:
    """A list or mapping that has begun and not ended: `next` is where the value of the key just read belongs."""

    at: Address
    start: tuple[int, int]
    end: tuple[int, int]
    items: list[object] | None
    names: dict[str, object] | None
    is_flow: bool
    next: Address | None = None
    name: str | None = None
    key: Any = None


@dataclass(slots=True)
class _Reader:
    """Builds the data of one file, event by event, without ever calling itself."""

    file: str
    text: str = ""
    findings: list[Finding] = field(default_factory=list)
    left_out: dict[Rule[None], int] = field(default_factory=dict)
    values: dict[Address, Span] = field(default_factory=dict)
    keys: dict[Address, Span] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    root: object = None
    has_root: bool = False
    is_sure: bool = True
    nodes: int = 0

    # --- what is said ---

    def say(self, span: Span, remark: Remark) -> None:
        """Report something at a place in the text."""
        at = stand(self.file, span)
        self.values[at] = span
        self.add(remark.found(at, subject=self.file), remark.rule)

    def add(self, found: Finding, rule: Rule[None]) -> None:
        """Keep a finding, unless there are more than enough of its kind."""
        said = self.left_out.get(rule, -_MOST_FINDINGS)
        self.left_out[rule] = said + 1
        if said < 0:
            self.findings.append(found)

    def reading(self, data: object | None) -> Reading:
        """Close the account."""
        for rule, more in self.left_out.items():
            if more > 0:
                message = f"`{sanitised(self.file)}` has {number(more)} more of these than are shown"
                self.findings.append(rule.found(Problem(Address(self.file), message, subject=self.file)))
        return Reading(data, tuple(self.findings), self.values, self.keys, self.text)

    # --- from events to data ---

    def tree(self) -> object | None:
        """Give the data of the text, or None where it cannot be read to its end or is no mapping."""
        self.lines = self.text.split("\n")
        agreed = characters.agreed(self.text)
        try:
            self.follow(agreed)
        except _Stop as stop:
            self.say(*stop.spot)
            return None
        except yaml.YAMLError as error:
            self.complain(error, agreed)
            return None
        if not self.is_sure:
            return None
        if self.root is None:
            remark = Remark(EMPTY_FILE, f"`{sanitised(self.file)}` says nothing", help="write it, or remove the file")
            self.add(remark.found(Address(self.file)), EMPTY_FILE)
        elif not isinstance(self.root, dict):
            kind = "a list" if isinstance(self.root, list) else "a single value"
            remark = Remark(
                NOT_A_MAPPING,
                f"`{sanitised(self.file)}` should hold names with values, and holds {kind}",
                label=f"{kind}",
                help="write `name: value`, with a blank behind the colon",
            )
            self.add(remark.found(Address(self.file)), NOT_A_MAPPING)
        else:
            return self.root
        return None

    def complain(self, error: yaml.YAMLError, agreed: str) -> None:
        """Report that the text cannot be read further, unless an odd character there has been blamed already."""
        span, remark = complaints.complaint(error, agreed)
        near = {span.line, span.line - 1}
        odd = characters.ODD_CHARACTER.name
        if not any(f.rule == odd and f.at and self.values[f.at].line in near for f in self.findings):
            self.say(span, remark)

    def follow(self, agreed: str) -> None:
        """Follow the events of a text; raise `_Stop` or the library's own error where that cannot go on."""
        path: list[_Open] = []
        documents = 0
        for event in yaml.parse(agreed, Loader=_Loader):
            if isinstance(event, yaml.ScalarEvent):
                self.scalar(event, path)
            elif isinstance(event, yaml.CollectionStartEvent):
                self.open(event, path)
            elif isinstance(event, yaml.CollectionEndEvent):
                self.close(event, path)
            elif isinstance(event, yaml.AliasEvent):
                self.doubt(event, "*")
                self.scalar(event, path)
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if event.version or event.tags:
                    self.directives()
                if documents > 1:
                    self.is_sure = False
                    raise _Stop((self.span(event.start_mark, event.end_mark), _second_document()))

    def open(self, event: Any, path: list[_Open]) -> None:
        """Begin a list or a mapping."""
        self.count(event)
        is_list = isinstance(event, yaml.SequenceStartEvent)
        parent = path[-1] if path else None
        start = (event.start_mark.line, event.start_mark.column)
        span = self.span(event.start_mark, event.end_mark)
        if len(path) == _MOST_LEVELS:
            raise _Stop((span, _too_deep()))
        if parent is not None and parent.names is not None and parent.next is None:
            self.say(span, _no_text("a list" if is_list else "a mapping"))
            at = stand(self.file, span)
            parent.name, parent.key = None, event
        else:
            at = self.address(parent)
        new = _Open(at, start, start, [] if is_list else None, None if is_list else {}, bool(event.flow_style))
        self.put(new.items if is_list else new.names, parent)
        path.append(new)

    def close(self, event: Any, path: list[_Open]) -> None:
        """End a list or a mapping: one without brackets ends with the last thing in it."""
        done = path.pop()
        end = (event.end_mark.line, event.end_mark.column) if done.is_flow else done.end
        self.values[done.at] = Span(done.start[0] + 1, done.start[1] + 1, end[0] + 1, end[1] + 1)
        if path:
            self.pass_by(path[-1], end, done.at)
