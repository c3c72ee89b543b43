"""What changed between two versions, for people, for a comment in a pull request, and for machines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.text import Text

from slacli.adapters.render.jsontext import Json, visible
from slacli.adapters.render.sheet import WORDS, Sheet, inert
from slacli.adapters.render.terminal import NARROWEST, WIDEST
from slacli.core.changes import Effect, Weight
from slacli.core.changes.wording import Line
from slacli.core.comparison import Compared, Version

FORMAT = "slacli-diff/1"

_STYLES = {"more": "bold red", "less": "bold green", "otherwise": "bold yellow"}
_WEIGHTS: tuple[Weight, ...] = ("material", "stewardship", "editorial")


def render(found: Compared, format: str, *, width: int, colour: bool) -> str:
    """Give the whole text of a comparison, its last line ended."""
    if format == "json":
        return visible(json.dumps(_json(found), indent=2, ensure_ascii=False)) + "\n"
    if format == "markdown":
        return _markdown(found)
    sheet = Sheet(max(NARROWEST, min(width, WIDEST)))
    sheet.add(Text(_head(found), "bold"))
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


# --- for a pull request -----------------------------------------------------------------------

_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>|#~@!&"})
_MOST_LINES = 60


def _plain(text: str) -> str:
    """Make text of others words and nothing else: no markup, no mention of anybody, no reference to an issue."""
    return inert(text, WORDS).translate(_MARKS)


def _markdown(found: Compared) -> str:
    lines = [f"### {_plain(_version(found.old))} → {_plain(_version(found.new))}", ""]
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


# --- for machines -----------------------------------------------------------------------------


def _json(found: Compared) -> Json:
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
        "summary": {weight: counts[weight] for weight in _WEIGHTS},
    }


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
