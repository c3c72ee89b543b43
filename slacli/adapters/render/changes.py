"""What changed between two versions, for people, for a comment in a pull request, and for machines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from difflib import unified_diff
from typing import Any

from rich.text import Text

from slacli.adapters.render.jsontext import Json, visible
from slacli.adapters.render.sheet import WORDS, Sheet, inert
from slacli.adapters.render.terminal import NARROWEST, WIDEST
from slacli.core import wording
from slacli.core.changes import Effect, Weight
from slacli.core.changes.wording import Line
from slacli.core.comparison import Compared, Version
from slacli.core.impact import CELLS, DutyMoves, Impact, Moved, TermMoves
from slacli.findings import Outcome

FORMAT = "slacli-diff/1"

_STYLES = {"more": "bold red", "less": "bold green", "otherwise": "bold yellow"}
_WEIGHTS: tuple[Weight, ...] = ("material", "stewardship", "editorial")


def render(found: Compared, impact: Impact | None, format: str, *, width: int, colour: bool) -> str:
    """Give the whole text of a comparison, its last line ended; `impact` is what it does to real rows."""
    if format == "json":
        return visible(json.dumps(_json(found, impact), indent=2, ensure_ascii=False)) + "\n"
    if format == "markdown":
        return _markdown(found, impact)
    sheet = Sheet(max(NARROWEST, min(width, WIDEST)))
    sheet.add(Text(_head(found), "bold"))
    if impact is not None:
        sheet.gap()
        _replayed(sheet, impact)
    for group in found.groups:
        sheet.gap()
        way = group.title.rpartition(" ")[2]
        sheet.add(Text(inert(group.heading), _STYLES.get(way, "bold")))
        for line in group.lines:
            _line(sheet, line)
    sheet.gap()
    sheet.add(_weights(found))
    if found.signers:
        sheet.add(inert(_signers(found)), head="must sign: ")
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


def _changed(impact: Impact) -> tuple[list[TermMoves], list[DutyMoves], str]:
    """Give what came out otherwise, and how much came out as before."""
    terms = [one for one in impact.terms if any(before != after for before, after in one.matrix)]
    duties = [one for one in impact.duties if len(set(_sides(one))) > 1]
    counts = [
        wording.counted(len(every) - len(some), noun, many)
        for every, some, noun, many in (
            (impact.terms, terms, "term", "terms"),
            (impact.duties, duties, "duty", "duties"),
        )
        if len(every) > len(some)
    ]
    return terms, duties, f"{wording.listed(counts, 'and')} came out as before" if counts else ""


def _sides(duty: DutyMoves) -> tuple[str, str]:
    before, after = (_outcome(one) if one is not None else "not judged" for one in (duty.before, duty.after))
    return before, after


def _outcome(one: Outcome) -> str:
    status = one.status.upper() if one.status == "missed" else one.status
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


def _weights(found: Compared) -> str:
    counts = Counter(effect.weight for effect in found.effects)
    if not counts:
        return "Nothing changed."
    return ", ".join(f"{counts[weight]} {weight}" for weight in _WEIGHTS if counts[weight])


def _signers(found: Compared) -> str:
    return ", ".join(role.title for role in found.signers)


def lines(name: str, texts: tuple[str, str], why: str) -> str:
    """Show two texts line by line, where they cannot be read as versions of a contract."""
    old, new = (text.splitlines() for text in texts)
    found = unified_diff(old, new, f"a/{name}", f"b/{name}", lineterm="")
    return "\n".join([inert(f"{name}: {why}", WORDS), *(inert(line, WORDS) for line in found)]) + "\n"


# --- for a pull request -----------------------------------------------------------------------

_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>|#~@!&"})
_MOST_LINES = 60


def _plain(text: str) -> str:
    """Make text of others words and nothing else: no markup, no mention of anybody, no reference to an issue."""
    return inert(text, WORDS).translate(_MARKS)


def _markdown(found: Compared, impact: Impact | None) -> str:
    lines = [f"### {_plain(_version(found.old))} → {_plain(_version(found.new))}", ""]
    if impact is not None:
        lines += _table(impact)
    left = _MOST_LINES
    for group in found.groups:
        lines += [f"**{_plain(group.heading)}**", ""]
        shown = group.lines[: max(left, 0)]
        for line in shown:
            places = ", ".join(f"{_plain(str(place))}" for place in line.places)
            lines.append(f"- {_plain(line.text)}" + (f" ({places})" if places else ""))
            lines += [f"  - {_plain(note)}" for note in line.notes]
        left -= len(shown)
        if len(shown) < len(group.lines):
            lines.append(f"- {len(group.lines) - len(shown)} more: see `slacli diff`")
        lines.append("")
    lines.append(_weights(found) + (f" · must sign: {_plain(_signers(found))}" if found.signers else ""))
    return "\n".join(lines) + "\n"


def _table(impact: Impact) -> list[str]:
    terms, duties, same = _changed(impact)
    rows = []
    for term in terms:
        figures = (term.total("meets", 0), term.total("meets", 1), term.leaves.count, term.enters.count)
        rows.append(f"| {_plain(term.name)} | {' | '.join(wording.number(one) for one in figures)} |")
    for duty in duties:
        title = f"{duty.title} · {duty.period}" if duty.period else duty.title
        rows.append(f"| {_plain(title)} | {' | '.join(_sides(duty))} | | |")
    head = ["| | before | after | leave | enter |", "| --- | ---: | ---: | ---: | ---: |"] if rows else []
    told = [f"Replayed on {_plain(', '.join(impact.files))}:", "", *head, *rows]
    return [*told, *([""] if rows else []), *([same, ""] if same else [])]


# --- for machines -----------------------------------------------------------------------------


def _json(found: Compared, impact: Impact | None) -> Json:
    lines = {id(line.effect): line for group in found.groups for line in group.lines}
    readers: dict[int, list[str]] = {}
    for group in found.groups:
        for line in group.lines:
            readers.setdefault(id(line.effect), []).append(group.title)
    counts = Counter(effect.weight for effect in found.effects)
    return {
        "format": FORMAT,
        "old": _side(found.old),
        "new": _side(found.new),
        "changes": [_change(effect, lines[id(effect)], readers[id(effect)]) for effect in found.effects],
        "must_sign": [role.id for role in found.signers],
        "impact": _impact(impact) if impact is not None else None,
        "summary": {weight: counts[weight] for weight in _WEIGHTS},
    }


def _impact(impact: Impact) -> dict[str, Json]:
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
    }


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


def _change(effect: Effect, line: Line, readers: Sequence[str]) -> dict[str, Json]:
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
