"""What changed between two versions: every field is placed, every edit is one change, and each has its mirror."""

from __future__ import annotations

import dataclasses
import random
import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import meanings
import pytest
import samples
import yaml
from pytest_regressions.file_regression import FileRegressionFixture

from slacli import model
from slacli.core import catalog, changes
from slacli.core.changes import facts, placed, wording
from slacli.core.duties import attempts, clock, complete, follows, must, provide, volume
from slacli.core.text import parse
from slacli.findings import Rule

HERE = Path(__file__).parent
CASES = sorted(path for path in (HERE / "cases_changes").iterdir())
KINDS = list(changes.ALL)


def read(sample: str) -> parse.Parsed:
    found = parse.parse(samples.merged(sample) if sample.strip() else samples.base())
    assert found.contract is not None, [one.message for one in found.findings]
    return found


def contract(sample: str = "") -> model.Contract:
    found = read(sample).contract
    assert found is not None
    return found


def sides(folder: Path) -> tuple[parse.Parsed, parse.Parsed]:
    texts = [folder / f"{name}.yaml" for name in ("before", "after")]
    before, after = (read(text.read_text("utf-8") if text.exists() else "") for text in texts)
    return before, after


def judged(old: model.Contract, new: model.Contract) -> tuple[changes.Effect, ...]:
    found = changes.compare(old, new)
    asked = changes.asked(found, old, new)
    return changes.effects(found, old, new, meanings.meaning(*changes.comparable(old, new), asked))


def names(old: model.Contract, new: model.Contract) -> list[str]:
    return [one.kind.name for one in changes.compare(old, new)]


def touched(before: str, after: str) -> dict[str, str]:
    """Give what all changes between two samples do, by party."""
    return {
        f"{touch.party} {touch.holds}": touch.way
        for effect in judged(contract(before), contract(after))
        for touch in effect.touches
    }


# --- every field is placed --------------------------------------------------------------------

DUTIES = (
    attempts.Attempts, clock.Clock, complete.Complete, follows.Follows, must.Must, provide.Provide, volume.Volume,
)  # fmt: skip
# Values that are compared whole, by all their fields.
WHOLE = {
    model.Duration, model.NthDay, model.FiscalYear, model.People, model.Window, model.Link, model.History, model.Covers,
    model.Event, model.Consequence, model.Baseline, model.Column, model.Reads, model.Test,
}  # fmt: skip
# Values of which a function of its own reads each of the fields that are named here.
BY_HAND = {
    model.Target: {"share", "per", "ramp"},
    model.Tier: {"name", "within", "when"},
    model.Exceptional: {"day", "windows", "name"},
    model.Example: {"verdict", "values", "because", "at"},
}
# What is made of the text, or happened beside it.
NOT_TEXT = {
    model.RecordTest, model.Tally, model.Tries, model.Episodes, model.Course, model.Ledger, model.Delivery, model.Held,
    model.Settlement, model.Dispute,
}  # fmt: skip


def parts() -> list[type]:
    found = [one for one in vars(model).values() if isinstance(one, type) and dataclasses.is_dataclass(one)]
    return [one for one in found if one.__module__ == model.__name__] + list(DUTIES)


def test_every_part_of_the_model_is_placed() -> None:
    assert [one.__name__ for one in parts() if one not in {*placed.PLACED, *WHOLE, *BY_HAND, *NOT_TEXT}] == []


@pytest.mark.parametrize("part", placed.PLACED, ids=lambda part: part.__name__)
def test_every_field_of_a_part_is_placed(part: Any) -> None:
    assert {one.name for one in dataclasses.fields(part)} == set(placed.PLACED[part])


@pytest.mark.parametrize("part", BY_HAND, ids=lambda part: part.__name__)
def test_every_field_of_a_value_that_is_read_by_hand_is_known(part: Any) -> None:
    assert {one.name for one in dataclasses.fields(part)} == BY_HAND[part]


def test_every_kind_that_a_field_is_placed_under_has_a_page_and_every_page_a_place() -> None:
    named: set[str] = {"renamed", "reworded"}
    for table in placed.PLACED.values():
        for place in table.values():
            if isinstance(place, placed.Says):
                named.add(place.kind)
            elif isinstance(place, placed.Apart):
                named |= set(place.kinds)
            elif isinstance(place, placed.Holds):
                name = "duty" if place.about == "responsibility" else place.about
                named |= {f"{name}-added", f"{name}-removed"}
    assert named == set(changes.KINDS)


# --- pages ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_sample_of_a_page_is_this_change_alone_and_its_mirror_the_other_way_round(kind: changes.Kind) -> None:
    found = dict(catalog.samples(kind.rule))
    old, new = contract(found.get("before", "")), contract(found.get("after", ""))
    assert names(old, new) == [kind.name]
    assert names(new, old) == [kind.mirror]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_mirror_of_a_kind_is_a_kind_of_the_same_weight(kind: changes.Kind) -> None:
    mirror = changes.KINDS[kind.mirror]
    assert mirror.mirror == kind.name
    assert mirror.weight == kind.weight


def test_rules_of_changes_are_found_by_name() -> None:
    rule: Rule[Any] | None = catalog.named("deadline-changed")
    assert rule is changes.KINDS["deadline-changed"].rule


# --- the corpus -------------------------------------------------------------------------------


def screen(before: parse.Parsed, after: parse.Parsed) -> str:
    old, new = before.contract, after.contract
    assert old is not None
    assert new is not None
    found = judged(old, new)
    lines = []
    for group in wording.grouped(found, old, new, before.sources, after.sources):
        lines.append(group.heading)
        for line in group.lines:
            lines += [f"  {line.text}", *(f"    {note}" for note in line.notes)]
            lines.append(f"    {' · '.join(map(str, line.places))}")
            said = [f"{one.party} {one.holds} {one.way} ({', '.join(one.through)})" for one in line.effect.touches]
            lines.append(f"    {'; '.join([f'{line.effect.weight} {line.effect.change.kind.name}', *said])}")
    signers = ", ".join(role.title for role in changes.must_sign(found, old, new))
    return "\n".join([*(lines or ["nothing changed"]), f"must sign: {signers or 'nobody'}"]) + "\n"


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_a_change_reads_as_it_should(folder: Path, file_regression: FileRegressionFixture) -> None:
    file_regression.check(screen(*sides(folder)), fullpath=folder / "expected.txt")


OPPOSITE = {"more": "less", "less": "more", "otherwise": "otherwise"}


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_the_other_way_round_every_change_and_every_effect_has_its_mirror(folder: Path) -> None:
    old, new = (one.contract for one in sides(folder))
    assert old is not None
    assert new is not None
    forth, back = judged(old, new), judged(new, old)
    assert sorted(one.change.kind.mirror for one in forth) == sorted(one.change.kind.name for one in back)
    if not any(one.change.kind.name == "renamed" for one in forth):

        def shown(found: tuple[changes.Effect, ...]) -> list[Any]:
            return sorted((one.weight, touch.party, touch.holds, touch.way) for one in found for touch in one.touches)

        assert [(w, p, h, OPPOSITE[way]) for w, p, h, way in shown(forth)] == shown_mirrored(shown(back), forth)


def shown_mirrored(back: list[Any], forth: tuple[changes.Effect, ...]) -> list[Any]:
    """Give the effects of the way back in the order of those of the way there."""
    order = sorted((one.weight, t.party, t.holds, t.way) for one in forth for t in one.touches)
    left = list(back)
    found = []
    for weight, party, holds, way in order:
        one = (weight, party, holds, OPPOSITE[way])
        found.append(one if one in left else ("missing", *one))
        if one in left:
            left.remove(one)
    return [*found, *left]


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_nothing_changes_from_a_version_to_itself(folder: Path) -> None:
    for side in sides(folder):
        assert side.contract is not None
        assert changes.compare(side.contract, side.contract) == ()


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_every_change_has_a_print_of_its_own_and_a_place_on_each_side_that_has_it(folder: Path) -> None:
    before, after = sides(folder)
    assert before.contract is not None
    assert after.contract is not None
    found = changes.compare(before.contract, after.contract)
    assert len({one.fingerprint for one in found}) == len(found)
    for one in found:
        assert re.fullmatch("[0-9a-f]{12}", one.fingerprint)
        assert (one.at_before is not None) or (one.at_after is not None)
        assert (one.at_before is None) == (one.before is None) or one.kind.name.startswith("tier-")
        for at, side in ((one.at_before, before), (one.at_after, after)):
            assert at is None or at.file in side.sources.texts or at.file == "holidays.yaml"


def test_every_kind_of_change_is_in_the_corpus() -> None:
    seen = set()
    for folder in CASES:
        old, new = (one.contract for one in sides(folder))
        assert old is not None
        assert new is not None
        seen |= set(names(old, new))
    assert set(changes.KINDS) - seen == set()
