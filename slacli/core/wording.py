r"""The words of messages: did-you-mean, lists, plurals, numbers, and how text of others is made safe to print.

It knows which characters nobody can see, and that a share is printed rounded down, so that 94.99 is never shown as
the 95 that was promised.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

SCATTERED: Mapping[str, str] = MappingProxyType(
    {"ids": "holds several ids", "money": "is an amount", "date": "is a day", "time": "is a time"}
)
"""The types of fields of which hardly two rows hold the same value, each with what is said of such a field."""

BREAKS = "\u0085\u2028\u2029"
"""What some programs take for the end of a line and others do not, written as part of a character class."""

CONTROLS = "\u0000-\u0009\u000b-\u001f\u007f-\u0084\u0086-\u009f"
"""The control characters but for the two ends of a line, written as part of a character class."""

UNPRINTABLE = (
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17))
)
"""What turns the direction of text, tags it, or is no character at all, written as part of a character class."""

UNSEEN = (
    "\u00a0\u00ad\u034f\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200d\u202f\u205f-\u2065\u2800\u3164\uffa0"
    "\ufe00-\ufe0d\U000e0100-\U000e01ef\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
)
"""Blanks that are not the blank, and what takes no room at all, written as part of a character class."""

_HIDDEN = f"[\n{CONTROLS}{BREAKS}{UNPRINTABLE}{UNSEEN}]"
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_LONGEST_WORD = 100


# --- did you mean -----------------------------------------------------------------------------


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Give the one candidate that `word` is most likely a slip of, or None where none or more than one is near.

    Case does not count, and blanks, hyphens and underscores are alike. One slip in three letters is near; of two
    neighbours that changed places it is one slip.
    """
    sought = _levelled(word)
    best, found, tied = _LONGEST_WORD, "", False
    for candidate in dict.fromkeys(candidates):
        if candidate == word:
            return word
        other = _levelled(candidate)
        most = min(best, max(len(sought), len(other)) // 3)
        if len(sought) > _LONGEST_WORD or abs(len(sought) - len(other)) > most:
            continue
        slips = _slips(sought, other)
        if slips <= most:
            tied = slips == best
            best, found = slips, candidate
    return None if tied or not found else found


def _levelled(word: str) -> str:
    return re.sub(r"[\s_-]+", "_", word.casefold())


def _slips(one: str, other: str) -> int:
    """Count the letters to add, drop, change, or swap with their neighbour, that turn one word into the other."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, right in enumerate(other, 1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]


# --- lists, plurals, numbers ------------------------------------------------------------------


def listed(words: Iterable[str], last: str = "and") -> str:
    """Join words as people do: `a, b and c`."""
    *most, final = [*words] or [""]
    return f"{', '.join(most)} {last} {final}" if most else final


def quoted(words: Iterable[str], last: str = "and") -> str:
    """Join names as messages show them, each in backticks."""
    return listed([f"`{sanitised(word)}`" for word in words], last)


def number(n: int | Decimal) -> str:
    """Print a number with commas between its thousands."""
    return f"{n:,}" if isinstance(n, int) else f"{n:,f}"


def took(seconds: int) -> str:
    """Print a length of time in hours and minutes, with its seconds where they say something: `4:05`, `0:01:30`."""
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}" + (f":{rest % 60:02}" if rest % 60 else "")


def counted(n: int, noun: str, plural_noun: str | None = None) -> str:
    """Say how many of something there are: `1 row`, `1,204 rows`."""
    return f"{number(n)} {noun if abs(n) == 1 else plural_noun or plural(noun)}"


def plural(noun: str) -> str:
    """Give the plural of a noun or of the last noun of a title: `leads`, `MQLs`, `opportunities`, `people`."""
    if noun.isupper() or not noun[-1:].isalpha():
        return f"{noun}s"
    if re.search(r"person$", noun, re.IGNORECASE):
        return f"{noun[:-5]}eople"
    if re.search(r"[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if re.search(r"(?:s|x|z|ch|sh)$", noun) else f"{noun}s"


_SPELT_WITH_AN = "AEFHILMNORSX"
_LONGEST_SPELT = 4


def article(word: str) -> str:
    """Give the article that a word takes when it is spoken: `a` sale, `an` opportunity, `an` MQL, `a` user."""
    first = next(iter(re.findall(r"[A-Za-z0-9]+", word)), "")
    if first[:1].isdigit():
        return "an" if re.match(r"8|1[18](?:$|[a-z]|\d{3}(?:\d{3})*$)", first) else "a"
    spelt = first.isupper() and len(first) <= _LONGEST_SPELT
    if spelt or not re.search(r"[aeiouy]", first, re.IGNORECASE):
        return "an" if first and first[0].upper() in _SPELT_WITH_AN else "a"
    if re.match(r"hour|honest|honou?r|heir", first, re.IGNORECASE):
        return "an"
    if re.match(r"uni(?!n|m)|us[aeiu]|util|eu|one(?!r)|once", first, re.IGNORECASE):
        return "a"
    return "an" if first[0] in "aeiouAEIOU" else "a"


def uncapital(text: str) -> str:
    """Give a title as it reads inside a sentence: `Needs report` becomes `needs report`, `MQL` stays."""
    first = re.split(r"\W", text, maxsplit=1)[0]
    return text[:1].lower() + text[1:] if first[1:].islower() or len(first) == 1 else text


def share(part: Fraction, digits: int = 1) -> str:
    """Print a share as a percentage without its sign, rounded down: `94.9` for 0.94999, `95.0` for 0.95."""
    scaled = part * 100 * 10**digits
    whole = scaled.numerator // scaled.denominator
    sign, whole = ("-", -whole) if whole < 0 else ("", whole)
    figures = f"{whole:0{digits + 1}}"
    return f"{sign}{figures[:-digits]}.{figures[-digits:]}" if digits else f"{sign}{figures}"


# --- text of others ---------------------------------------------------------------------------


def escaped(character: str) -> str:
    r"""Give the visible escape of a character: `\n`, `\x1b`, `\u202e`, `\U000e0001`."""
    point = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def sanitised(text: str, limit: int = 200) -> str:
    """Make text of others safe to print on one line: what nobody sees becomes an escape; cut with `…` at `limit`."""
    start = text[: limit + 1]
    plain = start.isascii() and start.isprintable()
    shown = start if plain else re.sub(_HIDDEN, lambda found: escaped(found[0]), start)
    if len(shown) <= limit and len(text) <= limit:
        return shown
    kept, room = "", max(limit - 1, 0)
    for character in text[:limit]:
        piece = escaped(character) if re.match(_HIDDEN, character) else character
        if len(kept) + len(piece) > room:
            break
        kept += piece
    return f"{kept}…"
