"""What is known of one record's way through a lifecycle, and the compact text by which engines group such ways."""

from __future__ import annotations

from collections.abc import Iterable

from slacli.core import people
from slacli.core.criteria import State
from slacli.core.people import Parties
from slacli.values import dataclass

Held = str | State
"""The value of a field as text, or why there is none."""


@dataclass(frozen=True, slots=True)
class Move:
    """One entry of a history: the value before, the value after, and the parties that whoever made it may be of.

    `old` is NOT_BOUND where the history tells only what was entered.
    """

    old: Held
    new: Held
    by: Parties = None


@dataclass(frozen=True, slots=True)
class Variant:
    """What is known of a record: its moves by moment, the value of today, and the facts that have a value.

    With `has_history`, `first_is_cut` says that moves before the first may be missing, `last_is_cut` that moves after
    the last may be, and `untimed` that nobody can read when some of them were made: then all are one moment. Without
    it, `moves` are the stages that have a date, each as a move with `old` NOT_BOUND, and `unread` those of which the
    date is unreadable.
    """

    moves: tuple[tuple[Move, ...], ...] = ()
    current: Held = State.NOT_BOUND
    facts: frozenset[str] = frozenset()
    has_history: bool = True
    first_is_cut: bool = False
    last_is_cut: bool = False
    untimed: bool = False
    unread: frozenset[str] = frozenset()


# --- the text form ----------------------------------------------------------------------------

MOMENT, WITH, PART = chr(29), chr(30), chr(31)
"""What stands before the first move of a moment, before each further one, and between the parts of one."""

_WORDS = {State.BLANK: "b", State.UNREADABLE: "u", State.NOT_ALLOWED: "n", State.NOT_BOUND: "-"}
_STATES = {word: state for state, word in _WORDS.items()}
_CUT, _BEHIND, _UNTIMED, _DATES = "c", "e", "u", "d"
_NO_VARIANT = "not the text of a variant"


def encode(variant: Variant) -> str:
    """Write a variant as text that an engine can build by joining strings in order, and group by.

    A head of four parts, with PART between them: the value of today, the facts that are known (names, each followed
    by a comma), the flags (`c`: the first is cut; `e`: the last is cut; `u`: untimed; `d`: dates and no history), and
    the stages of which the date is unreadable (as the facts). Then the moves, each behind MOMENT or WITH: old, new and
    mover, with PART between them. A value is `=` and its text, or `b` blank, `u` unreadable, `n` not allowed, `-` not
    bound; a mover is as `people.written` has it.

    Raises ValueError where a value holds one of the three signs.
    """
    said = {
        _CUT: variant.first_is_cut,
        _BEHIND: variant.last_is_cut,
        _UNTIMED: variant.untimed,
        _DATES: not variant.has_history,
    }
    flags = "".join(flag for flag, holds in said.items() if holds)
    head = (_word(variant.current), _names(variant.facts), flags, _names(variant.unread))
    moves = (
        (WITH if number else MOMENT) + of_move(move) for moment in variant.moves for number, move in enumerate(moment)
    )
    return PART.join(head) + "".join(moves)


def decode(text: str) -> Variant:
    """Read a variant from its text. Raises ValueError where the text has another form."""
    head, *moments = text.split(MOMENT)
    parts = head.split(PART)
    if len(parts) != 4 or WITH in head:
        raise ValueError(_NO_VARIANT)
    current, facts, flags, unread = parts
    return Variant(
        moves=tuple(tuple(_read(move) for move in moment.split(WITH)) for moment in moments),
        current=_held(current),
        facts=frozenset(facts.split(",")) - {""},
        has_history=_DATES not in flags,
        first_is_cut=_CUT in flags,
        last_is_cut=_BEHIND in flags,
        untimed=_UNTIMED in flags,
        unread=frozenset(unread.split(",")) - {""},
    )


def of_move(move: Move) -> str:
    """Write one move; two moves have one text only where they are alike."""
    return PART.join((_word(move.old), _word(move.new), people.written(move.by)))


def _word(value: Held) -> str:
    if isinstance(value, State):
        return _WORDS[value]
    if {MOMENT, WITH, PART} & set(value):
        message = "a value holds a sign that parts the text of a variant"
        raise ValueError(message)
    return f"={value}"


def _names(names: Iterable[str]) -> str:
    return "".join(f"{name}," for name in sorted(names))


def _read(text: str) -> Move:
    parts = text.split(PART)
    if len(parts) != 3:
        raise ValueError(_NO_VARIANT)
    return Move(_held(parts[0]), _held(parts[1]), people.read(parts[2]))


def _held(text: str) -> Held:
    if text[:1] == "=":
        return text[1:]
    if text not in _STATES:
        raise ValueError(_NO_VARIANT)
    return _STATES[text]
