"""What somebody sees before they sign: next to which version theirs stands, and in which order it says what changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from types import MappingProxyType

from slacli.core import wording as words
from slacli.core import zones
from slacli.core.changes import wording
from slacli.core.changes.amounts import Way, all_of
from slacli.core.changes.effects import Effect, Holds
from slacli.core.changes.wording import Group, Line
from slacli.core.trust import standing
from slacli.core.trust.chain import Chain, SignedVersion
from slacli.core.trust.statements import OwedReplay, Replay, Sums, TermReplay
from slacli.model import Contract
from slacli.values import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """Sentences under a heading: `Sales owes more`."""

    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What changed, as it is laid out for one person.

    `since` names the version that theirs is compared with, and is empty where none is; `told` says in one sentence
    which that is, and why that one. `steward` is what was revised since then without their signature, `replay` how a
    past period would have come out, and `alike` which words are not what they look like.
    """

    told: str
    since: str = ""
    changes: tuple[Part, ...] = ()
    steward: tuple[str, ...] = ()
    replay: Figures | None = None
    alike: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """How a past period would have come out: a line for each term and duty that differs, and whose data that was."""

    told: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Earlier:
    """A version that came before the one to be signed, and why it is the one to compare with.

    `own` is the day on which the person signed it, as they said, and empty where they did not; `tail` says then what
    speaks for it.
    """

    version: SignedVersion
    own: str = ""
    tail: str = ""

    @property
    def name(self) -> str:
        return self.version.manifest.name


def before(chain: Chain, digest: str) -> tuple[SignedVersion, ...]:
    """Give the versions and revisions before the one with a digest, the oldest first."""
    known = [one.digest for one in chain.versions]
    return chain.versions[: known.index(digest)] if digest in known else chain.versions


def earlier(chain: Chain, digest: str, person: str, today: date | None) -> Iterator[Earlier]:
    """Give the versions to compare with, the fittest first; the next one is for where a text is lost.

    That is the newest which the person signed, else the one in force (which without a day nobody asks), else the last
    that everybody signed, else the one right before. Nothing comes where there is none before it.
    """
    known = before(chain, digest)
    own = next((one for one in reversed(known) if _signed_on(one, person)), None)
    if own is not None:
        yield Earlier(own, own=_signed_on(own, person))
    current = standing.in_force(chain, today) if today is not None else None
    if current is not None and current.digest in {one.digest for one in known}:
        yield Earlier(current, tail="which is in force")
    signed = next((one for one in reversed(known) if one.signed), None)
    if signed is not None:
        yield Earlier(signed, tail="the last that everybody signed")
    if known:
        yield Earlier(known[-1], tail="the one before" if known[-1].signed else "the one before, which not all signed")


def _signed_on(version: SignedVersion, person: str) -> str:
    """Give the day on which a person approved a version, as they said; empty where they did not."""
    return max((one.statement.at[:10] for one in version.by.values() if one.statement.signer == person), default="")


def told(found: Earlier | None, lost: Sequence[Earlier], fetch: str = "") -> str:
    """Say with which version theirs is compared, and why; `lost` are fitter ones of which the text is not at hand."""
    own = next((one for one in lost if one.own), None)
    if found is not None and found.own:
        return f"You signed version {found.name} on {found.own}. This is what has changed since."
    gone = (
        f"You signed version {own.name} on {own.own}, and its text is not in the history of this clone{fetch}."
        if own is not None
        else "You have signed no version yet."
    )
    if found is None:
        return gone
    return f"{gone} This is what has changed since version {found.name}, {found.tail}."


ALIKE = "Look twice: these words are not what they look like"
FIRST = "This is the first version: there is none before it to compare with."
HIDDEN = "What changed cannot be shown"
NO_OTHER = "The text of no version before it is in the history of this clone"


# --- in which order ----------------------------------------------------------------------------

_RANKS: Mapping[tuple[Holds, Way], int] = MappingProxyType({
    ("owes", "more"): 0, ("owes", "otherwise"): 1, ("owes", "less"): 2,
    ("is owed", "more"): 3, ("is owed", "otherwise"): 4, ("is owed", "less"): 5,
})  # fmt: skip


def laid_out(groups: Iterable[Group], old: Contract, new: Contract, party: str | None) -> tuple[Part, ...]:
    """Give what changed with the party of whoever signs first: what it owes, then what it is owed, and then the rest.

    Every change stands there once for that party in each of the two ways, or else where all others read it.
    """
    mine = new.department(party) if party is not None else None
    title = (new if mine in new.parties else old).party_title(mine) if mine is not None else ""
    own: dict[tuple[Holds, Way], dict[int, Line]] = {}
    rest: list[Group] = []
    for group in groups:
        others = []
        for line in group.lines:
            ways = _ways(line.effect, old, new, mine)
            for holds, way in ways.items():
                own.setdefault((holds, way), {}).setdefault(id(line.effect), line)
            if not ways:
                others.append(line)
        rest += [replace(group, lines=tuple(others))] if others else []
    first = [Part(f"{title} {holds} {way}", _lines(own[holds, way].values())) for holds, way in sorted(own, key=_rank)]
    return (*first, *(Part(_heading(group), _lines(group.lines)) for group in rest))


def _heading(group: Group) -> str:
    return group.title if group.title != wording.NOBODY else "Nobody owes or is owed more or less"


def _rank(key: tuple[Holds, Way]) -> int:
    return _RANKS[key]


def _ways(effect: Effect, old: Contract, new: Contract, mine: str | None) -> dict[Holds, Way]:
    """Say what a change does to a party: how what it owes has moved, and how what it is owed has."""
    found: dict[Holds, list[Way]] = {}
    for touch in effect.touches if mine is not None else ():
        known = new if touch.party in new.parties else old
        if known.department(touch.party) == mine:
            found.setdefault(touch.holds, []).append(touch.way)
    return {holds: all_of(ways) or "otherwise" for holds, ways in found.items()}


def _lines(lines: Iterable[Line]) -> tuple[str, ...]:
    return tuple(text for line in lines for text in (line.text, *line.notes))


def apart(changes: Sequence[Part], steward: Sequence[str]) -> tuple[Part, ...]:
    """Take out of what changed the sentences that stand word for word under what the steward changed."""
    known = set(steward)
    kept = [Part(part.heading, tuple(line for line in part.lines if line not in known)) for part in changes]
    return tuple(part for part in kept if part.lines)


# --- how a past period would have come out ------------------------------------------------------


def figures(replay: Replay, contract: Contract) -> Figures:
    """Say how a past period would have come out: what differs in few lines, and how much comes out as before."""
    against = (
        f"{replay.against.version}.{replay.against.revision}" if replay.against.revision else replay.against.version
    )
    files = words.listed(f"{one.name} ({words.counted(one.rows, 'row')})" for one in replay.exports)
    there = replay.moment.astimezone(zones.zone(contract.time_zone))
    told = (
        f"{replay.period} ({replay.first} to {replay.last}) by version {against} -> by version {replay.name}, as of "
        f"{there:%Y-%m-%d %H:%M} {contract.time_zone}. Judged on {files}."
    )
    terms = [one for one in replay.terms if one.before != one.after or one.enters or one.leaves]
    owed = [one for one in replay.owed if one.before != one.after]
    same = [
        words.counted(len(every) - len(some), noun, many)
        for every, some, noun, many in (
            (replay.terms, terms, "term", "terms"),
            (replay.owed, owed, "duty or goal", "duties and goals"),
        )
        if len(every) > len(some)
    ]
    lines = [*map(_term_line, terms), *map(_owed_line, owed)]
    lines += [f"{words.listed(same)} {'comes' if same == ['1 term'] else 'come'} out as before."] if same else []
    return Figures(told, tuple(lines) or ("No row of the period was judged.",))


def _term_line(one: TermReplay) -> str:
    before, after = one.before, one.after
    return (
        f"{one.title}: {words.number(before.meets)} -> {words.counted(after.meets, 'row')} meet it "
        f"({words.number(one.leaves)} leave, {words.number(one.enters)} enter{_doubt(before.unclear, after.unclear)})"
    )


def _doubt(before: int, after: int) -> str:
    if before == after:
        return f"; {words.number(after)} unclear" if after else ""
    return f"; unclear {words.number(before)} -> {words.number(after)}"


def _owed_line(one: OwedReplay) -> str:
    before, after = one.before, one.after
    if before is None or after is None:
        left, right = (_alone(one, side) if side is not None else "not judged" for side in (before, after))
        return f"{one.title}: {left} -> {right}"
    periods = _periods(before, after)
    was, now = _figures(one, before), _figures(one, after)
    if was is None or now is None:
        return f"{one.title}: {periods or 'not the same rows'}"
    (left, of), (right, of_now) = was, now
    said = f"{left} -> {right}{of_now}" if of == of_now else f"{left}{of} -> {right}{of_now}"
    more = f"{periods}{_doubt(before.unclear, after.unclear)}".removeprefix("; ")
    return f"{one.title}: {said} ({more})" if more else f"{one.title}: {said}"


def _alone(one: OwedReplay, side: Sums) -> str:
    figures = _figures(one, side)
    total = sum(side.periods.values())
    said = words.listed(
        f"{status} in {count} of {total} periods" if total > 1 else status for status, count in side.periods.items()
    )
    return f"{''.join(figures)} ({said})" if figures is not None else said


def _figures(one: OwedReplay, side: Sums) -> tuple[str, str] | None:
    """Give what one side came to and of how many rows; nothing where rows say nothing."""
    judged = side.met + side.missed
    if one.kind == "share" and judged:
        return f"{words.share(Fraction(side.met, judged))} %", f" of {words.number(judged)}"
    return (words.number(side.met), "") if one.kind == "number" else None


_ORDER = ("missed", "unclear", "too few", "no data", "running", "not covered", "met")


def _periods(before: Sums, after: Sums) -> str:
    """Say in how many periods each status moved; nothing where it is the same in all."""
    totals = [sum(side.periods.values()) for side in (before, after)]
    if totals == [1, 1]:
        left, right = (next(iter(side.periods)) for side in (before, after))
        return f"{left} -> {right}" if left != right else ""
    moved = [
        (status, before.periods.get(status, 0), after.periods.get(status, 0))
        for status in _ORDER
        if before.periods.get(status, 0) != after.periods.get(status, 0)
    ]
    shown = [one for one in moved if one[0] != "met"] or moved
    if totals[0] == totals[1]:
        return words.listed(f"{status} in {was} -> {now} of {totals[0]} periods" for status, was, now in shown)
    return words.listed(
        f"{status} in {was} of {totals[0]} -> {now} of {totals[1]} periods" for status, was, now in shown
    )
