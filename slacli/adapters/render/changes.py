"""What changed between two versions, for people, for a comment in a pull request, and for machines."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from rich.text import Text

from slacli.adapters.render.jsontext import Json, visible
from slacli.adapters.render.sheet import WORDS, Sheet, inert
from slacli.adapters.render.terminal import NARROWEST, WIDEST
from slacli.core import figures, wording
from slacli.core.changes import Effect
from slacli.core.changes.waived import Accepted
from slacli.core.changes.wording import Line, Place
from slacli.core.comparison import Compared, Version
from slacli.findings import Finding, GoalOutcome, Outcome, Severity

if TYPE_CHECKING:
    from slacli.core.impact import DutyMoves, GoalMoves, Impact, Moved, TermMoves

FORMAT = "slacli-diff/1"

_STYLES = {"more": "bold red", "less": "bold green", "otherwise": "bold yellow"}


def render(found: Compared, impact: Impact | None, format: str, *, width: int, colour: bool, long: bool = False) -> str:
    """Give the whole text of a comparison, its last line ended; `impact` is what it does to real rows.

    With `long` each material change has its name beside it, by which it can be waived.
    """
    if format == "json":
        return visible(json.dumps(_json(found, impact), indent=2, ensure_ascii=False)) + "\n"
    if format == "markdown":
        return _markdown(found, impact)
    sheet = Sheet(max(NARROWEST, min(width, WIDEST)))
    sheet.add(Text(_head(found), "bold"))
    accepted = _accepted(found)
    if impact is not None:
        sheet.gap()
        _replayed(sheet, impact)
    for group in found.groups:
        sheet.gap()
        way = group.title.rpartition(" ")[2]
        sheet.add(Text(inert(group.heading), _STYLES.get(way, "bold")))
        for line in group.lines:
            _line(sheet, line)
            waivers = accepted[id(line.effect)]
            if long and _can_be_waived(line, waivers):
                sheet.add(f"= change: {waivers.name}", head="    ", hang=6)
            for text in _waivers(found, waivers):
                sheet.add(inert(text, WORDS), head="    ", hang=6)
    sheet.gap()
    sheet.add(weighed(found))
    if found.signers:
        sheet.add(inert(", ".join(role.title for role in found.signers)), head="must sign: ")
    for one in found.findings:
        _finding(sheet, found, one)
    return sheet.text(colour=colour)


def _head(found: Compared) -> str:
    return f"{inert(_version(found.old))} -> {inert(_version(found.new))}"


def _version(one: Version) -> str:
    return f"{one.title}, version {one.contract.version}"


def _replayed(sheet: Sheet, impact: Impact) -> None:
    sheet.add(Text(f"Replayed on {inert(', '.join(impact.files), WORDS)}", "bold"), hang=2)
    terms, duties, same = _changed(impact)
    for term in terms:
        sheet.add(_term(term), head=f"  {inert(term.name)}: ", hang=4)
        for word, moved in (("leave", term.leaves), ("enter", term.enters)):
            if moved.count:
                sheet.flow([inert(key) for key in _named(moved)], head=f"    {word}: ", hang=2)
    for duty in duties:
        period = f" · {inert(duty.period)}" if duty.period else ""
        sheet.add(" -> ".join(_sides(duty)), head=f"  {inert(duty.title)}{period}: ", hang=4)
    if same:
        sheet.add(same, head="  ")
    if impact.keyless:
        sheet.add(f"  {wording.counted(impact.keyless, 'row')} without a key are compared with nothing", hang=4)


def _term(term: TermMoves) -> str:
    before, after = term.total("meets", 0), term.total("meets", 1)
    figures = f"{wording.number(before)} -> {wording.number(after)} meet it"
    moves = f"{wording.number(term.leaves.count)} leave, {wording.number(term.enters.count)} enter"
    unclear = term.total("unclear", 0), term.total("unclear", 1)
    doubt = f" · unclear {wording.number(unclear[0])} -> {wording.number(unclear[1])}" if any(unclear) else ""
    return f"{figures} · {moves}{doubt}"


def _named(moved: Moved) -> list[str]:
    more = moved.count - len(moved.keys)
    return [*moved.keys, *([f"{wording.number(more)} more"] if more else [])]


def _changed(impact: Impact) -> tuple[list[TermMoves], list[DutyMoves | GoalMoves], str]:
    """Give what came out otherwise, and how much came out as before."""
    terms = [one for one in impact.terms if any(before != after for before, after in one.matrix)]
    duties = [one for one in impact.duties if len(set(_sides(one))) > 1]
    goals = [one for one in impact.goals if len(set(_sides(one))) > 1]
    counts = [
        wording.counted(len(every) - len(some), noun, many)
        for every, some, noun, many in (
            (impact.terms, terms, "term", "terms"),
            (impact.duties, duties, "duty", "duties"),
            (impact.goals, goals, "goal", "goals"),
        )
        if len(every) > len(some)
    ]
    return terms, [*duties, *goals], f"{wording.listed(counts, 'and')} came out as before" if counts else ""


def _sides(moves: DutyMoves | GoalMoves) -> tuple[str, str]:
    before, after = (_outcome(one) if one is not None else "not judged" for one in (moves.before, moves.after))
    return before, after


def _outcome(one: Outcome | GoalOutcome) -> str:
    status = one.status.upper() if one.status == "missed" else one.status
    if isinstance(one, GoalOutcome):
        return f"{figures.come_to(one)} {status}"
    if one.measure == "ledger" or one.lower is None or one.upper is None:
        return status
    if one.measure == "number":
        low, high = int(one.lower), int(one.upper)
        return f"{wording.number(low)}{f'–{wording.number(high)}' if high != low else ''} {status}"
    low_share, high_share = wording.share(one.lower), wording.share(one.upper)
    return f"{low_share}{f'–{high_share}' if one.lower != one.upper else ''} % {status}"


def _line(sheet: Sheet, line: Line) -> None:
    places = ", ".join(str(place) for place in line.places)
    text = inert(line.text, WORDS)
    sheet.add(f"{text}  {inert(places)}" if places else text, head="  ", hang=4)
    for note in line.notes:
        sheet.add(inert(note, WORDS), head="    ", hang=6)


_WEIGHS = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold"}


def _finding(sheet: Sheet, found: Compared, one: Finding) -> None:
    places = f"  {inert(place)}" if (place := _stands(found, one)) else ""
    sheet.add(Text(f"{one.rule}: {inert(one.message, WORDS)}{places}", _WEIGHS[one.severity]), hang=4)
    if one.help:
        sheet.add(inert(one.help, WORDS), head="  help: ")


def _stands(found: Compared, one: Finding) -> str:
    """Name the line of the newer text that a finding is about."""
    return f"{one.at.file}:{found.new.sources.span(one.at, key=one.key).line}" if one.at is not None else ""


def _accepted(found: Compared) -> dict[int, Accepted]:
    return {id(effect): one for effect, one in zip(found.effects, found.accepted, strict=True)}


def _can_be_waived(line: Line, one: Accepted) -> bool:
    return line.effect.weight == "material" and bool(one.takes_from)


def _waivers(found: Compared, one: Accepted) -> list[str]:
    """Say who waives a change, and who else would have to."""
    contract = found.new.contract
    told = [f"waived by {contract.party_title(by.by)} until {by.until}: {by.because}" for by in one.by]
    if told and not one.is_waived:
        missing = [party for party in one.takes_from if not any(contract.stands_for(by.by, party) for by in one.by)]
        told.append(f"not waived by {wording.listed(map(contract.party_title, missing))}, and so it still counts")
    return told


def weighed(found: Compared) -> str:
    """Say how many changes there are of each weight."""
    counts = [f"{count} {weight}" for weight, count in found.weights.items() if count]
    return ", ".join(counts) if counts else "Nothing changed."


def lines(name: str, texts: tuple[str, str], why: str) -> str:
    """Show two texts line by line, where they cannot be read as versions of a contract."""
    old, new = (text.splitlines() for text in texts)
    found = unified_diff(old, new, f"a/{name}", f"b/{name}", lineterm="")
    return "\n".join([inert(f"{name}: {why}", WORDS), *(inert(line, WORDS) for line in found)]) + "\n"


# --- for a pull request -----------------------------------------------------------------------

_MARKS = re.compile(
    r"[\\`*\[\]|#~@$]|<(?=[a-z/!?])|(?<![a-z0-9])_|_(?![a-z0-9])"  # markup, mentions, references
    r"|://|www\.|mailto:|xmpp:|:[\w+-]+:|&(?=#?\w+;|\d)|[!%](?=\w)|\bgh-\d",  # what hosts make links and signs of
    re.IGNORECASE,
)
_STARTS = re.compile(r">|(?:[-+=]+|\d+[.)])$")
_RECORD = re.compile(r"(.*?: )(\{.*\})")
# Only between blanks, so that no two pieces of code can touch and run together.
_QUOTED = re.compile(r"(?:^|(?<= )|(?<= \())`([^`]+)`(?=[.,:;)]{0,3}(?: |$))")
_MOST_LINES = 60
_SHORT = 12


def _code(text: str) -> str:
    """Give a text as code, in which hosts of Git see no markup, no mention of anybody and no reference to an issue."""
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    room = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{room}{text}{room}{fence}"


def as_words(text: str) -> str:
    """Make text of others words and nothing else: words that could be more are code, and neighbours one piece of it.

    Marks with backslashes before them are no way out: hosts look for mentions in what comes out, where they are gone.
    """
    words = inert(text, WORDS).split()
    odd = [_MARKS.search(word) is not None or (n == 0 and _STARTS.match(word) is not None)
           for n, word in enumerate(words)]  # fmt: skip
    runs = groupby(zip(words, odd, strict=True), key=itemgetter(1))
    pieces = [(" ".join(word for word, _ in run), is_odd) for is_odd, run in runs]
    return " ".join(_code(piece) if is_odd else piece for piece, is_odd in pieces)


def _said(text: str, names: Collection[str] | None) -> str:
    """Give a sentence of ours: the names that it quotes are code, and text of others in it is words.

    Without `names` all that it quotes is code.
    """
    parts = []
    end = 0
    for quoted in _QUOTED.finditer(text):
        if names is None or quoted[1] in names:
            parts += [(text[end : quoted.start()], False), (quoted[1], True)]
            end = quoted.end()
    parts.append((text[end:], False))
    return "".join(_code(part) if is_name else _kept(part) for part, is_name in parts)


def _kept(text: str) -> str:
    """Make a part of a sentence plain, and keep the blanks around it."""
    start, end = (" " if found else "" for found in (text.startswith(" "), text.endswith(" ") and text.strip()))
    return f"{start}{as_words(text)}{end}"


def _line_said(line: Line, names: Collection[str]) -> str:
    subject = line.effect.change.subject
    rest = line.text.removeprefix(subject)
    if subject and rest != line.text and rest.startswith((": ", " ")):
        return _code(inert(subject)) + _said(rest, names)
    return _said(line.text, names)


def _note_said(note: str, names: Collection[str]) -> str:
    record = _RECORD.fullmatch(note)
    return f"{_said(record[1], names)}{_code(inert(record[2], WORDS))}" if record else _said(note, names)


def _place_said(place: Place) -> str:
    return ("before: " if place.older else "") + _code(inert(f"{place.at.file}:{place.line}"))


def _names(found: Compared) -> frozenset[str]:
    """Give the names that sentences about a comparison may quote: those of parts, and of what was compared."""
    names = {name for effect in found.effects for name, _ in effect.meanings}
    for contract in (found.old.contract, found.new.contract):
        parts = (contract.records, contract.terms, contract.calendars, contract.lists, contract.lifecycles,
                 contract.responsibilities, contract.metrics, contract.goals, contract.reviews)  # fmt: skip
        names.update(name for part in parts for name in part)
        for record in contract.records.values():
            names.update(record.fields)
            names.update(f"{record.id}.{field}" for field in record.fields)
    return frozenset(names)


def _markdown(found: Compared, impact: Impact | None) -> str:
    """Give a comparison as a comment, which hosts take up to a size: what has no room is left out whole, and counted.

    No table and no change is cut in two.
    """
    names = _names(found)
    head = [f"### {as_words(_version(found.old))} → {as_words(_version(found.new))}", ""]
    tail = _tail(found, names)
    lines: list[str] = []
    room = _Room(_MOST_SIZE - _size(head) - _size(tail))
    if impact is not None:
        table = _table(impact)
        lines += table if room.takes(table) else _untold(impact)
    seen: set[int] = set()
    accepted = _accepted(found)
    for group in found.groups:
        heading = [f"**{as_words(group.heading)}**", ""]
        if not room.takes([*heading, "- 00,000 more", ""]):
            break
        lines += heading
        shown = 0
        for line in group.lines:
            one = accepted[id(line.effect)]
            told = _change_said(line, names, one.name if _can_be_waived(line, one) else "")
            told += [f"  - {_said(text, names)}" for text in _waivers(found, one)]
            if room.changes == 0 or not room.takes(told):
                break
            lines += told
            room.changes -= 1
            shown += 1
            seen.add(id(line.effect))
        if shown < len(group.lines):
            lines.append(f"- {wording.number(len(group.lines) - shown)} more")
        lines.append("")
    missing = len(found.effects) - len(seen)
    if missing:
        lines += [f"{wording.counted(missing, 'change')} had no room here: see {_code(inert(_command(found)))}", ""]
    return "\n".join([*head, *lines, *tail]) + "\n"


_MOST_SIZE = 60_000
"""The most that a comment holds: hosts take 65,536 characters, and whoever posts it may add something."""


def _size(lines: Iterable[str]) -> int:
    """Give how much of a comment some lines take, as hosts count that take the wide characters for two."""
    return sum(len(line.encode("utf-16-le", "surrogatepass")) // 2 + 1 for line in lines)


@dataclass(slots=True)
class _Room:
    """What there is still room for in a comment, with some put by for what is said of the rest."""

    left: int
    changes: int = _MOST_LINES

    def takes(self, lines: Sequence[str]) -> bool:
        """Say whether some lines have room, and take it."""
        size = _size(lines)
        if size > self.left - _PUT_BY:
            return False
        self.left -= size
        return True


_PUT_BY = 2_000


def _tail(found: Compared, names: Collection[str]) -> list[str]:
    """Give how much changed, who must sign it, and what is wrong with it: the names only where they are no novel."""
    names_of = ", ".join(role.title for role in found.signers)
    whole = as_words(names_of) if len(names_of) <= WORDS else wording.counted(len(found.signers), "role")
    signers = f" · must sign: {whole}" if found.signers else ""
    told = [_finding_said(found, one, names) for one in found.findings]
    if _size(told) > _MOST_SIZE // 6:
        told = [f"- {wording.counted(len(told), 'finding')}: see {_code(inert(_command(found)))}"]
    return [weighed(found) + signers, *(["", *told] if told else [])]


def _change_said(line: Line, names: Collection[str], name: str) -> list[str]:
    places = ", ".join((*map(_place_said, line.places), *([f"change {_code(name)}"] if name else [])))
    said = f"- {_line_said(line, names)}" + (f" ({places})" if places else "")
    return [said, *(f"  - {_note_said(note, names)}" for note in line.notes)]


def _command(found: Compared) -> str:
    """Give the command that shows a comparison whole."""
    old, new = (one.commit[:_SHORT] if one.commit is not None else one.folder for one in (found.old, found.new))
    old = old if found.old.commit is not None or old.startswith(("/", ".")) else f"./{old}"
    if found.new.title == "working tree":
        return f"slacli diff {shlex.quote(old)}"
    new = new if found.new.commit is not None or new.startswith(("/", ".")) else f"./{new}"
    return f"slacli diff {shlex.quote(f'{old}..{new}')}"


def _untold(impact: Impact) -> list[str]:
    terms, duties, same = _changed(impact)
    counts = [wording.counted(len(terms), "term"), wording.counted(len(duties), "duty", "duties")]
    told = f"{wording.listed(counts, 'and')} came out otherwise, and have no room here: see `slacli diff --data`"
    files = wording.counted(len(impact.files), "export")
    return [f"Replayed on {files}: {told}", "", *([same, ""] if same else [])]


def _finding_said(found: Compared, one: Finding, names: Collection[str]) -> str:
    place = f" ({_code(inert(stands))})" if (stands := _stands(found, one)) else ""
    advice = f"; {_said(one.help, None)}" if one.help else ""
    return f"- **{as_words(one.rule)}**: {_said(one.message, names)}{place}{advice}"


def as_cell(text: str) -> str:
    # In a table a bar ends a cell, even in code.
    return as_words(text).replace("|", "¦")


def _table(impact: Impact) -> list[str]:
    terms, duties, same = _changed(impact)
    rows = []
    for term in terms:
        figures = (term.total("meets", 0), term.total("meets", 1), term.leaves.count, term.enters.count)
        rows.append(f"| {as_cell(term.name)} | {' | '.join(wording.number(one) for one in figures)} |")
    for duty in duties:
        title = f"{duty.title} · {duty.period}" if duty.period else duty.title
        rows.append(f"| {as_cell(title)} | {' | '.join(_sides(duty))} | | |")
    head = ["| | before | after | leave | enter |", "| --- | ---: | ---: | ---: | ---: |"] if rows else []
    told = [f"Replayed on {as_words(', '.join(impact.files))}:", "", *head, *rows]
    return [*told, *([""] if rows else []), *([same, ""] if same else [])]


# --- for machines -----------------------------------------------------------------------------


def _json(found: Compared, impact: Impact | None) -> Json:
    lines = {id(line.effect): line for group in found.groups for line in group.lines}
    readers: dict[int, list[str]] = {}
    for group in found.groups:
        for line in group.lines:
            readers.setdefault(id(line.effect), []).append(group.title)
    return {
        "format": FORMAT,
        "old": _side(found.old),
        "new": _side(found.new),
        "changes": [
            _change(effect, lines[id(effect)], readers[id(effect)], one)
            for effect, one in zip(found.effects, found.accepted, strict=True)
        ],
        "must_sign": [role.id for role in found.signers],
        "findings": [_found(found, one) for one in found.findings],
        "impact": _impact(impact) if impact is not None else None,
        "summary": found.weights,
    }


def _found(found: Compared, one: Finding) -> dict[str, Json]:
    return {
        "rule": one.rule,
        "severity": one.severity.word,
        "message": one.message,
        "help": one.help,
        "fingerprint": one.fingerprint,
        "subject": one.subject,
        "addressed_to": one.addressed_to,
        "file": one.at.file if one.at is not None else None,
        "line": found.new.sources.span(one.at, key=one.key).line if one.at is not None else None,
    }


def _impact(impact: Impact) -> dict[str, Json]:
    from slacli.core.impact import CELLS

    return {
        "files": list(impact.files),
        "keyless": impact.keyless,
        "terms": [
            {
                "term": term.id,
                "record": term.record,
                "matrix": [
                    {"before": before, "after": after, "count": term.matrix[before, after]}
                    for before in CELLS
                    for after in CELLS
                    if (before, after) in term.matrix
                ],
                "leaves": {"count": term.leaves.count, "keys": list(term.leaves.keys)},
                "enters": {"count": term.enters.count, "keys": list(term.enters.keys)},
            }
            for term in impact.terms
        ],
        "duties": [
            {
                "duty": duty.id,
                "period": duty.period,
                "before": _verdict(duty.before) if duty.before is not None else None,
                "after": _verdict(duty.after) if duty.after is not None else None,
            }
            for duty in impact.duties
        ],
        "goals": [
            {
                "goal": goal.id,
                "period": goal.period,
                "before": _reached(goal.before) if goal.before is not None else None,
                "after": _reached(goal.after) if goal.after is not None else None,
            }
            for goal in impact.goals
        ],
    }


def _reached(one: GoalOutcome) -> dict[str, Json]:
    lower, upper = (str(bound) if bound is not None else None for bound in (one.lower, one.upper))
    return {"status": one.status, "target": one.target, "lower": lower, "upper": upper}


def _verdict(one: Outcome) -> dict[str, Json]:
    bounds = [str(bound) if bound is not None else None for bound in (one.lower, one.upper)]
    return {"status": one.status, "met": one.counts.met, "missed": one.counts.missed, "lower": bounds[0],
            "upper": bounds[1]}  # fmt: skip


def _side(one: Version) -> dict[str, Json]:
    return {
        "title": one.title,
        "commit": one.commit,
        "folder": one.folder,
        "contract": {"id": one.contract.id, "version": one.contract.version, "digest": one.contract.digest},
    }


def _change(effect: Effect, line: Line, readers: Sequence[str], accepted: Accepted) -> dict[str, Json]:
    change = effect.change
    return {
        "rule": change.kind.name,
        "weight": effect.weight,
        "about": change.about,
        "subject": change.subject,
        "key": change.key,
        "text": line.text,
        "notes": list(line.notes),
        "groups": list(readers),
        "fingerprint": change.fingerprint,
        "name": accepted.name,
        "takes_from": list(accepted.takes_from),
        "is_waived": accepted.is_waived,
        "waived": [{"by": one.by, "because": one.because, "until": one.until.isoformat()} for one in accepted.by],
        "touches": [
            {"party": touch.party, "holds": touch.holds, "way": touch.way, "through": list(touch.through)}
            for touch in effect.touches
        ],
        "meanings": [_meaning(name, meaning) for name, meaning in effect.meanings],
        "places": [
            {"side": "old" if place.older else "new", "file": place.at.file, "line": place.line}
            for place in line.places
        ],
    }


def _meaning(name: str, meaning: Any) -> dict[str, Json]:
    return {
        "name": name,
        "verdict": meaning.verdict,
        "fell": _witness(getattr(meaning, "fell", None)),
        "rose": _witness(getattr(meaning, "rose", None)),
    }


def _witness(witness: Any) -> Json:
    if witness is None:
        return None
    return {"record": str(witness), "before": str(witness.before), "after": str(witness.after)}
