"""Which texts tell a few patterns apart: for every set of patterns that a text can fit, and not fit, one short text.

A pattern is a row of steps, each one character of a kind, or any number of them. All patterns are followed at once over
the characters that they name and a few that none names, so nothing is left out: any other character could be one of
the unnamed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import product
from unicodedata import is_normalized

from slacli.core.criteria import BLANKS, composed, lowered
from slacli.values import dataclass

Step = tuple[bool, Callable[[str], bool]]
"""Whether it may come again and again (or not at all), and which characters it takes."""

_MOST_STEPS = 60_000
_SPARE = "xyzuvwabcdefghijklmnopqrst0123456789"
_PLAIN = ("other", "another", "someone@example.com", "other@example.org")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text, or a pattern with `%` and `_`, that values are held against, or the domains of addresses."""

    text: str
    like: bool = False
    folded: bool = False
    domain: bool = False

    @property
    def in_small(self) -> bool:
        """Whether what it is held against is in lower case."""
        return self.folded or self.domain

    @property
    def named(self) -> str:
        """The characters that it asks for."""
        form = composed(self.text)
        form = lowered(form) if self.folded else form
        return form.replace("%", "").replace("_", "") if self.like else form

    def steps(self) -> list[Step]:
        """Give the steps of the pattern."""
        found: list[Step] = [(True, _any), (False, _is("@", small=False))] if self.domain else []
        kept = _no_at if self.domain else _any
        for char in lowered(composed(self.text)) if self.folded else composed(self.text):
            if self.like and char in "%_":
                found.append((char == "%", kept))
            else:
                found.append((False, _never if self.domain and char == "@" else _is(char, small=self.in_small)))
        return found


def _address() -> list[Step]:
    """Give the steps of an address: one `@`, a dot behind it, something around both, no blanks."""
    part: list[Step] = [(False, _in_address), (True, _in_address)]
    return [*part, (False, _is("@", small=False)), *part, (False, _is(".", small=False)), *part]


def _any(_char: str) -> bool:
    return True


def _never(_char: str) -> bool:
    return False


def _no_at(char: str) -> bool:
    return char != "@"


def _in_address(char: str) -> bool:
    return char != "@" and char not in BLANKS


def _is(wanted: str, *, small: bool) -> Callable[[str], bool]:
    return lambda char: (lowered(char) if small else char) == wanted


@lru_cache(maxsize=256)
def telling_apart(patterns: tuple[Pattern, ...], addresses: tuple[bool, ...], several: int) -> tuple[list[str], bool]:
    """Give texts for every possible set of fitting patterns, `several` different ones of each where there are.

    `addresses` says for each side whether it allows addresses only. The second value says whether every possible set
    is there: not where there are too many, or where characters melt into others.
    """
    listed = list(dict.fromkeys(patterns))
    if several == 1 and listed and all(one.domain and not one.like and one.text.isascii() for one in listed):
        # Domains alone need no following: each of them, another one, and what is no address and has none.
        domains = {one.text for one in listed}
        near = next(name for at in range(len(domains) + 1) if (name := f"example{at or ''}.com") not in domains)
        return [*(f"x@{name}" for name in sorted(domains)), f"someone@{near}", _PLAIN[0]], True
    if any(one.like or one.domain for one in listed) or any(addresses) or len({one.folded for one in listed}) > 1:
        return _followed(listed, addresses, several)
    texts = dict.fromkeys(composed(one.text) for one in listed)
    taken = {lowered(text) for text in texts}
    spare = [*_PLAIN[:2], *(f"other {number}" for number in range(2, len(texts) + several + 2))]
    free = [text for text in spare if text not in taken]
    return [*(text for text in texts if _is_value(text)), *free[:several]], True


def in_both_cases(texts: Iterable[str]) -> tuple[list[str], bool]:
    """Give texts for two fields of which one takes no notice of case: each text, others like it, and two of no text.

    The second value says whether these stand for all texts: beyond ASCII they may not.
    """
    named = list(dict.fromkeys(composed(text) for text in texts))
    taken = set(map(lowered, named))
    free = [*_PLAIN[:2], *(f"other {number}" for number in range(2, len(named) + 4))]
    found: dict[str, None] = dict.fromkeys(named)
    for text in (*named, *[text for text in free if text not in taken][:2]):
        others = [_changed(text, at) for at in range(len(text))]
        several = [
            text,
            text.lower(),
            text.upper(),
            *others,
            *(one.swapcase() for one in others),
            text.replace("i", "İ"),
        ]
        alike = [one for one in dict.fromkeys(several) if lowered(one) == lowered(text) and one not in named]
        found |= dict.fromkeys(alike[:2])
    return [text for text in found if _is_value(text)], all(map(str.isascii, named))


def _changed(text: str, at: int) -> str:
    """Give a text with the case of one character changed."""
    return text[:at] + text[at].swapcase() + text[at + 1 :]


def _is_value(text: str) -> bool:
    return bool(text) and text.strip(BLANKS) == text and is_normalized("NFC", text)


# --- following patterns -----------------------------------------------------------------------


class _Machine:
    """All patterns side by side as bits of one number: where a text stands in each of them."""

    def __init__(self, patterns: Sequence[Sequence[Step]], alphabet: Sequence[str]) -> None:
        self.past, self.stays = [0] * len(alphabet), [0] * len(alphabet)
        self.skips, self.ends, first, offset = 0, 0, 0, 0
        for steps in patterns:
            first |= 1 << offset
            for at, (again, takes) in enumerate(steps, offset):
                self.skips |= again << at
                table = self.stays if again else self.past
                for index, char in enumerate(alphabet):
                    table[index] |= takes(char) << at
            offset += len(steps) + 1
            self.ends |= 1 << (offset - 1)
        self.start = self._settled(first)

    def _settled(self, state: int) -> int:
        while (more := state | (state & self.skips) << 1) != state:
            state = more
        return state

    def after(self, state: int, char: int) -> int:
        return self._settled((state & self.past[char]) << 1 | state & self.stays[char])


def _followed(patterns: Sequence[Pattern], addresses: Sequence[bool], several: int) -> tuple[list[str], bool]:
    alphabet, whole = _alphabet(patterns, addresses, several)
    steps = [one.steps() for one in patterns]
    machine = _Machine([*steps, _address()] if any(addresses) else steps, alphabet)
    indices = {char: index for index, char in enumerate(alphabet)}
    kept: dict[int, list[str]] = {}

    def keep(text: str, state: int) -> None:
        same = kept.setdefault(state & machine.ends, [])
        if len(same) < several and text not in same and _is_value(text):
            same.append(text)

    for text in _PLAIN:
        # What none names may stand for any other, so that a plain word can be followed with spare characters.
        state = machine.start
        for char in text:
            state = machine.after(state, indices.get(char, 0))
        keep(text, state)
    seen: dict[tuple[int, bool], int] = {}
    waiting = [("", machine.start)]
    tried = 0
    while waiting:
        later: list[tuple[str, int]] = []
        for text, state in waiting:
            tried += len(alphabet)
            if tried > _MOST_STEPS:
                return _by_length(kept), False
            for index, char in enumerate(alphabet):
                after = machine.after(state, index)
                place = (after, char in BLANKS)
                if seen.get(place, 0) < several and (text or char not in BLANKS):
                    seen[place] = seen.get(place, 0) + 1
                    later.append((text + char, after))
                    keep(text + char, after)
        waiting = later
    return _by_length(kept), whole


def _by_length(kept: dict[int, list[str]]) -> list[str]:
    return sorted((text for texts in kept.values() for text in texts), key=lambda text: (len(text), text))


def _alphabet(patterns: Sequence[Pattern], addresses: Sequence[bool], several: int) -> tuple[list[str], bool]:
    """Give the characters that are tried, and whether they stand for all there are."""
    named = dict.fromkeys(char for one in patterns for char in one.named)
    mixed = len({one.in_small for one in patterns}) > 1
    if mixed:
        cases = "".join(char.upper() + char.lower() for char in named)
        named |= dict.fromkeys(char for char in cases if is_normalized("NFC", char))
        named |= {"İ": None} if "i" in named else {}
    if any(addresses) or any(one.domain for one in patterns):
        named |= dict.fromkeys("@." if all(addresses) else "@. ")
    taken = {*named, *map(lowered, named)}
    spare = [char for char in _SPARE if char not in taken][: max(several, 1)]
    alphabet = [*spare, *named]
    plain = all(map(str.isascii, alphabet))
    apart = plain or all(is_normalized("NFC", one + other) for one, other in product(alphabet, repeat=2))
    stable = plain or all(lowered(lowered(char)) == lowered(char) for char in alphabet)
    known = not mixed or all(char.isascii() or char == "İ" for char in alphabet)
    return alphabet, len(spare) >= several and apart and stable and known
