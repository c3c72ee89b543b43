r"""Which characters a contract may hold: what people see is what programs read, and each letter is written one way.

It knows what hides in text: bytes that are no UTF-8, tabs, line ends that only some programs see, marks that turn the
direction of text, blanks that are no blanks, letters of two scripts that look alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from slacli.core.text.remarks import Remark, Spot
from slacli.core.wording import BREAKS, CONTROLS, UNPRINTABLE, UNSEEN, escaped
from slacli.findings import Severity, reported
from slacli.places import Span

NOT_UTF8 = reported(
    Severity.ERROR,
    "not-utf8",
    r"""A file of the contract is not UTF-8 text.

    Why: bytes of another encoding become other letters on the next computer, and the signature covers other words.
    Bad:
        # file: waivers.yaml (escaped)
        waivers:
          - finding: 4f1d09ab22c7
            granted_by: marketing
            because: The caf\udce9 list was loaded twice.
            until: 2027-02-28
    Good:
        # file: waivers.yaml (escaped)
        waivers:
          - finding: 4f1d09ab22c7
            granted_by: marketing
            because: The caf\xe9 list was loaded twice.
            until: 2027-02-28
    """,
)
ODD_CHARACTER = reported(
    Severity.ERROR,
    "odd-character",
    r"""A character stands in the text that people cannot see, or that programs do not agree about.

    Why: tabs, control characters, marks that turn the direction of text, blanks of no width and odd line ends can hide
    a line or make it read otherwise than it is. Where a blank such as U+00A0 is meant, write `\xa0` in double quotes.
    Bad:
        # file: waivers.yaml (escaped)
        waivers:
          - finding: 4f1d09ab22c7
            granted_by: marketing
            because: \u202eThe form was down on two days.
            until: 2027-02-28
    Good:
        # file: waivers.yaml
        waivers:
          - finding: 4f1d09ab22c7
            granted_by: marketing
            because: The form was down on two days.
            until: 2027-02-28
    """,
)
NOT_NFC = reported(
    Severity.ERROR,
    "not-nfc",
    r"""A letter is written as several characters though Unicode has one for it.

    Why: two texts that look the same would not be equal, so a value of the CRM would not match the one that is listed.
    Bad:
        # file: waivers.yaml (escaped)
        waivers:
          - finding: 4f1d09ab22c7
            granted_by: marketing
            because: The cafe\u0301 list was loaded twice.
            until: 2027-02-28
    Good:
        # file: waivers.yaml (escaped)
        waivers:
          - finding: 4f1d09ab22c7
            granted_by: marketing
            because: The caf\u00e9 list was loaded twice.
            until: 2027-02-28
    """,
)
MIXED_SCRIPT = reported(
    Severity.WARNING,
    "mixed-script",
    r"""One word holds letters of two scripts that look alike, such as a Cyrillic `а` among Latin letters.

    Why: the word is not the one that people read, and no search and no export will match it.
    Bad:
        # file: waivers.yaml (escaped)
        waivers:
          - finding: 4f1d09ab22c7
            granted_by: marketing
            because: The form was down in M\u0430rch.
            until: 2027-02-28
    Good:
        # file: waivers.yaml
        waivers:
          - finding: 4f1d09ab22c7
            granted_by: marketing
            because: The form was down in March.
            until: 2027-02-28
    """,
)
RULES = (NOT_UTF8, ODD_CHARACTER, NOT_NFC, MIXED_SCRIPT)

_MARK = "\ufeff"
_FIRST = Span(1, 1, 1, 1)
_SUSPECT = re.compile(r"[^\n -~]")
# What is no pattern yet is compiled where a text is not plain: few are, and that takes longer than to look through one.
# A variation selector behind an ASCII character cannot be seen; behind a pictograph it chooses how that looks.
_ODD = f"[{CONTROLS}{BREAKS}{UNPRINTABLE}{UNSEEN}]|(?<![^\u0000-\u007f])[\ufe0e\ufe0f](?!\u20e3)"
_NEVER = f"[\n{CONTROLS}{BREAKS}{UNPRINTABLE}]"
_DISPUTED = f"[{CONTROLS}{BREAKS}\ufeff\ufdd0-\ufdef\ufffe\uffff]"
_LOOKALIKE = (
    "\u0370-\u0377\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03b1\u03b3\u03b9"
    "\u03ba\u03bd\u03bf\u03c1\u03c3-\u03c5\u03f2\u03f3\u03f9\u0400-\u052f\u0531-\u0587\u13a0-\u13f5\u13f8-\u13fd"
    "\u1c80-\u1c8a\u2c80-\u2cff\u2de0-\u2dff\ua640-\ua69f\uab70-\uabbf"
)
_LATIN = "a-zA-Z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
_STRANGE = f"[{_LOOKALIKE}]"
_FAMILIAR = f"[{_LATIN}]"
_WORD = re.compile(r"\w+")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_SHORT_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    "N": "\u0085", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_NAMES = {
    "\r": "carriage return", "\u0085": "next line", "\0": "null", "\x1b": "escape", "\x07": "bell",
    _MARK: "byte order mark",
}  # fmt: skip


# --- from bytes to text -----------------------------------------------------------------------


def decoded(raw: bytes) -> tuple[str, list[Spot]]:
    """Give the text of a file with plain line ends and without a byte order mark, and what its bytes are to blame for.

    Bytes that are no UTF-8 are shown as `�`, so that the place can be shown.
    """
    spots = []
    text = raw.decode("utf-8", "replace")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or raw.count(0) * 3 > len(raw):
        spots.append((_FIRST, _not_utf8("the file is UTF-16 text", "save the file as UTF-8")))
    else:
        try:
            raw.decode()
        except UnicodeDecodeError as error:
            before = raw[: error.start].decode().removeprefix(_MARK)
            message = f"the byte {raw[error.start]:02X} is no part of UTF-8 text"
            remark = _not_utf8(message, "save the file as UTF-8; it may be in Windows-1252 now")
            spots.append((_span(before, len(before), 1, before.count("\n") + 1), remark))
    if text.startswith(_MARK):
        spots.append((_FIRST, _odd(_MARK, "save the file as UTF-8 without a byte order mark")))
    return text.removeprefix(_MARK).replace("\r\n", "\n"), spots


def _not_utf8(message: str, help_: str) -> Remark:
    return Remark(NOT_UTF8, message, label="not UTF-8", help=help_)


def _is_plain(text: str) -> bool:
    """Tell whether a text holds nothing but printable ASCII characters and line ends."""
    return text.isascii() and not _SUSPECT.search(text)


def agreed(text: str) -> str:
    """Give the text of the same length without what a reader of YAML refuses, or takes for a line end of its own."""
    return text if _is_plain(text) else re.sub(_DISPUTED, " ", text)


# --- what a text holds ------------------------------------------------------------------------


def oddities(text: str) -> Iterator[Spot]:
    """Give each character of a text that should not stand in it: once per line the first of its kind."""
    if _is_plain(text):
        return
    line, seen_up_to = 1, 0
    seen: set[str] = set()
    for found in re.finditer(_ODD, text):
        breaks = text.count("\n", seen_up_to, found.start())
        seen_up_to = found.start()
        if breaks:
            line += breaks
            seen.clear()
        if found[0] not in seen:
            seen.add(found[0])
            yield _span(text, found.start(), 1, line), _odd(found[0])


def decompositions(text: str) -> Iterator[Spot]:
    """Give the first letter of each line that is not written in the one form in which letters are compared."""
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        for number, line in enumerate(text.split("\n"), 1):
            yield from _decomposed(line, number)


def _decomposed(line: str, number: int) -> Iterator[Spot]:
    composed = unicodedata.normalize("NFC", line)
    if composed == line:
        return
    at = next((i for i, (a, b) in enumerate(zip(line, composed, strict=False)) if a != b), len(composed))
    end = at + 1
    while end < len(line) and unicodedata.combining(line[end]):
        end += 1
    better = unicodedata.normalize("NFC", line[at:end])
    help_ = "type the letter anew" if better == line[at:end] else f"write `{better}` as one character"
    yield Span(number, at + 1, number, end + 1), decomposed(help_)


def decomposed(help_: str = "write each letter as one character") -> Remark:
    """Say that a text is not in the one form in which its letters are compared."""
    return Remark(
        NOT_NFC,
        "a letter is written as several characters, or as one that Unicode replaces (not NFC)",
        label="not NFC",
        help=help_,
    )


def escapes(raw: str) -> Iterator[tuple[int, int, Remark]]:
    """Give the escapes in the source of a scalar in double quotes that stand for what text never holds."""
    for found in _ESCAPE.finditer(raw):
        digits = found[1] or found[2] or found[3]
        if digits:
            character = chr(point) if (point := int(digits, 16)) < 0x110000 else "\ufffe"
        elif found[4] in _SHORT_ESCAPES:
            character = _SHORT_ESCAPES[found[4]]
        else:
            continue
        if re.match(_NEVER, character):
            yield found.start(), found.end(), escape(found[0], character)


def escape(written: str, character: str = "\ud800") -> Remark:
    """Say that an escape, as it is written, stands for what text never holds: half a character where none is given."""
    if "\ud800" <= character <= "\udfff":
        return Remark(
            ODD_CHARACTER,
            f"the escape `{written}` stands for half a character",
            label="half a character",
            help="write the character itself",
        )
    if character == "\n":
        return Remark(
            ODD_CHARACTER,
            "the escape `\\n` hides the end of a line",
            label="hides the end of a line",
            help="write the text over several lines behind `|`",
        )
    return Remark(
        ODD_CHARACTER,
        f"the escape `{written}` stands for {_named(character)}, {_harm(character)}",
        label=_harm(character).removeprefix("which "),
        help="remove it",
    )


def mixed_words(text: str) -> Iterator[tuple[int, int, Remark]]:
    """Give the words of a text that hold letters of two scripts which look alike."""
    if text.isascii():
        return
    for found in _WORD.finditer(text):
        strange = re.search(_STRANGE, found[0])
        if strange and re.search(_FAMILIAR, found[0]):
            remark = Remark(
                MIXED_SCRIPT,
                f"`{found[0][:60]}` mixes Latin letters with {_named(strange[0])}",
                label=f"`{strange[0]}` is not Latin",
                help="type the word anew, in one script",
            )
            yield found.start(), found.end(), remark


# --- words ------------------------------------------------------------------------------------


def _odd(character: str, help_: str = "") -> Remark:
    return Remark(
        ODD_CHARACTER,
        f"{_named(character)} stands in the text, {_harm(character)}",
        label=_harm(character).removeprefix("which "),
        help=help_ or _cure(character),
    )


def _named(character: str) -> str:
    if character == "\t":
        return "a tab"
    name = _NAMES.get(character) or unicodedata.name(character, "").lower()
    return f"the character U+{ord(character):04X}" + (f" ({name})" if name else "")


def _harm(character: str) -> str:
    if character == "\t":
        return "where only blanks may stand"
    if character in BREAKS or character == "\r":
        return "which ends a line for some programs only"
    if unicodedata.bidirectional(character) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}:
        return "which turns the direction of text"
    return "which no text needs" if re.match(_NEVER, character) else "which cannot be seen"


def _cure(character: str) -> str:
    if character == "\t":
        return "write blanks instead"
    if character in BREAKS or character == "\r":
        return "remove it, or start a new line"
    if re.match(_NEVER, character):
        return "remove it"
    return f"write a plain blank or nothing, or `{escaped(character)}` in double quotes where it is meant"


def _span(text: str, at: int, width: int, line: int) -> Span:
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    return Span(line, column, line, column + width)
