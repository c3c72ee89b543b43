"""What changed between two versions: every field is placed, every edit is one change, and each has its mirror."""

from __future__ import annotations

import dataclasses
import random
import re
from functools import cache
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import meanings
import pytest
import samples
import yaml
from pytest_regressions.file_regression import FileRegressionFixture

from slacli import model
from slacli.core import catalog, changes, figures, nodes, proofs
from slacli.core.changes import amounts, placed, wording
from slacli.core.duties import attempts, clock, complete, follows, must, provide, volume
from slacli.core.text import parse
from slacli.findings import Rule

HERE = Path(__file__).parent
CASES = sorted(path for path in (HERE / "cases_changes").iterdir())
KINDS = list(changes.ALL)


@cache
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
    model.Event, model.Consequence, model.Baseline, model.GoalTarget, model.Column, model.Reads, model.Test,
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
    model.Settlement, model.Dispute, model.Waiver,
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

        def shown(found: tuple[changes.Effect, ...], ways: dict[str, str]) -> list[Any]:
            return sorted((e.weight, t.party, t.holds, ways[t.way]) for e in found for t in e.touches)

        assert shown(forth, OPPOSITE) == shown(back, {way: way for way in OPPOSITE})


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


@pytest.mark.parametrize("folder", CASES, ids=lambda path: path.name)
def test_what_is_proven_of_a_change_is_what_trying_finds(folder: Path) -> None:
    (old, new) = (one.contract for one in sides(folder))
    assert old is not None
    assert new is not None
    asked = changes.asked(changes.compare(old, new), old, new)
    compared = changes.comparable(old, new)
    proven = proofs.compare_terms(*compared, asked)
    assert {name: one.verdict for name, one in proven.items()} == {
        after: meanings.tried(*compared, before, after).verdict for before, after in asked
    }


COUNTED = [folder for folder in CASES if folder.name.startswith("counted-term-")]


@pytest.mark.parametrize("folder", COUNTED, ids=lambda folder: folder.name)
def test_what_is_said_of_a_term_by_way_of_its_children_holds_for_every_few_of_them(folder: Path) -> None:
    """Every lead with up to three activities of every sort is counted by hand and judged by both versions."""
    before, after = sides(folder)
    assert before.contract is not None
    assert after.contract is not None
    said = {
        name: one.verdict
        for effect in judged(before.contract, after.contract)
        for name, one in effect.meanings
        if name == "worked"
    }
    old, new = changes.comparable(before.contract, after.contract)
    sorts = [{"channel": channel, "note": note} for channel in (None, "Call", "Email", "Mail merge")
             for note in (None, "spoke", "x")]  # fmt: skip
    verdicts = [[meanings.verdict(side, "human_touch", sort) for sort in sorts] for side in (old, new)]
    rank = {"fails": 0, "unclear": 1, "meets": 2}
    moved = set()
    for count in range(4):
        for rows in combinations_with_replacement(range(len(sorts)), count):
            ranks = []
            for side, of in zip((old, new), verdicts, strict=True):
                found = [of[row] for row in rows]
                touches = None if "unclear" in found else str(found.count("meets"))
                ranks.append(rank[meanings.verdict(side, "worked", {"touches": touches})])
            moved.add((ranks[1] > ranks[0]) - (ranks[1] < ranks[0]))
    allowed = {"equal": {0}, "looser": {0, 1}, "tighter": {0, -1}, "not decided": {-1, 0, 1}}
    assert moved <= allowed[said["worked"]]
    assert (said["worked"] == "equal") == (folder.name == "counted-term-the-same-in-other-words")


def test_every_kind_of_change_is_in_the_corpus() -> None:
    seen = set()
    for folder in CASES:
        old, new = (one.contract for one in sides(folder))
        assert old is not None
        assert new is not None
        seen |= set(names(old, new))
    assert set(changes.KINDS) - seen == set()


# --- no change --------------------------------------------------------------------------------

_SETS = {
    "stops", "one_of", "parties", "audience", "owned_by", "requires", "documents", "shown_by", "relieved_by", "matches",
    "starts", "complete", "competitors", "automations", "hot",
}  # fmt: skip


def rewritten(text: str, chance: random.Random) -> str:
    """Give the same text with its keys in another order, lists too where theirs says nothing, in another layout."""

    def shuffled(node: yaml.Node, key: str = "") -> yaml.Node:
        if isinstance(node, yaml.MappingNode):
            found = [(name, shuffled(value, name.value)) for name, value in node.value]
            chance.shuffle(found)
            return yaml.MappingNode(node.tag, found, flow_style=chance.random() < 0.3)
        if isinstance(node, yaml.SequenceNode):
            items = [shuffled(item) for item in node.value]
            if key in _SETS and all(isinstance(item, yaml.ScalarNode) for item in items):
                chance.shuffle(items)
            return yaml.SequenceNode(node.tag, items, flow_style=chance.random() < 0.5)
        return node

    found = shuffled(yaml.compose(text, yaml.SafeLoader))
    found.flow_style = False
    return f"# rewritten\n{yaml.serialize(found, Dumper=yaml.SafeDumper, width=10_000, allow_unicode=True)}\n# end\n"


def reference() -> dict[str, str]:
    folder = HERE.parent / "contracts"
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.yaml"))}


@pytest.mark.parametrize("seed", range(6))
def test_layout_comments_order_and_the_names_of_bindings_are_no_change(seed: int) -> None:
    chance = random.Random(seed)
    files = reference()
    other = {
        re.sub(r"^bindings/(\w+)", r"bindings/other_\1", file): rewritten(text, chance).encode()
        for file, text in files.items()
    }
    old = parse.parse({file: text.encode() for file, text in files.items()}).contract
    read_again = parse.parse(other)
    assert old is not None
    assert read_again.contract is not None, [one.message for one in read_again.findings]
    assert changes.compare(old, read_again.contract) == ()
    assert changes.compare(read_again.contract, old) == ()


def test_blanks_in_a_criterion_are_no_change() -> None:
    tight = contract('terms: {mql: {criteria: {budget: "budget>=10000"}, marked: "qualified_at  is not blank"}}')
    assert changes.compare(contract(), tight) == ()


def test_what_happened_beside_the_exports_is_no_change() -> None:
    told = "delivered: [{duty: report, day: 2027-02-03, by: marketing, for: 2027-01}]\n"
    owed = """
responsibilities:
  report: {owed_by: marketing, owed_to: sales, provide: {every: month, by: 5th business day, artefact: The list}}
"""
    assert changes.compare(contract(owed), contract(owed + told)) == ()


# --- the finer points -------------------------------------------------------------------------


def test_a_print_outlives_other_lines_and_the_next_edit_of_the_same_thing() -> None:
    clock_of = "responsibilities: {first_touch: {clock: {within: %s business hours}}}"
    (one,) = changes.compare(contract(), contract(clock_of % 2))
    (other,) = changes.compare(contract("parties: {events: {title: Events}}"),
                               contract("parties: {events: {title: Events}}\n" + clock_of % 3))  # fmt: skip
    assert one.fingerprint == other.fingerprint
    (apart,) = changes.compare(contract(), contract("responsibilities: {first_touch: {target: 95% per month}}"))
    assert apart.fingerprint != one.fingerprint


def test_a_part_that_comes_back_under_an_old_name_is_not_taken_for_a_renamed_one() -> None:
    metrics = "metrics: {leads: {count: mql}, calls: {was: leads, count: sale}}"
    assert names(contract("metrics: {leads: {count: mql}}"), contract(metrics)) == ["metric-added"]


def test_was_that_is_left_in_the_text_is_no_change_of_the_next_version() -> None:
    metrics = "metrics: {calls: {was: leads, count: mql%s}}"
    assert names(contract(metrics % ""), contract(metrics % ", counts: each")) == ["metric-changed"]


def test_two_texts_that_changed_are_two_changes_and_two_facts_of_a_review_are_one() -> None:
    assert (
        names(contract(), contract("terms: {mql: {means: Good, title: Marketing qualified lead}}")) == ["reworded"] * 2
    )
    review = "reviews: {together: {every: month, by: 5th business day}}"
    assert names(contract(), contract(review)) == ["review-changed"]


def test_who_is_covered_and_who_is_counted_go_opposite_ways() -> None:
    covered = "responsibilities: {volume: null, quality: null, first_touch: {covers: mql}}"
    tighter = "terms: {mql: {criteria: {budget: budget >= 20000}}}"
    assert touched(covered, f"{covered}\n{tighter}") == {"sales owes": "less", "marketing is owed": "less"}
    counted = "responsibilities: {quality: null}"
    assert touched(counted, f"{counted}\n{tighter}") == {"marketing owes": "more", "sales is owed": "more"}


def test_what_nobody_compared_is_owed_otherwise() -> None:
    old, new = contract(), contract("terms: {mql: {criteria: {budget: budget >= 20000}}}")
    (effect,) = changes.effects(changes.compare(old, new), old, new, lambda _: meanings.Tried("not decided"))
    assert {touch.way for touch in effect.touches} == {"otherwise"}
    assert effect.weight == "material"


def test_a_new_duty_is_told_by_its_sentence() -> None:
    duty = "responsibilities: {regions: {owed_by: marketing, owed_to: sales, covers: lead, complete: [region]}}"
    before, after = read(""), read(duty)
    assert before.contract is not None
    assert after.contract is not None
    found = judged(before.contract, after.contract)
    (group,) = wording.grouped(found, before.contract, after.contract, before.sources, after.sources)
    assert group.heading == "Marketing owes more (1)"
    assert [line.text for line in group.lines] == [
        "regions is new: Marketing owes Sales: of the leads all come with `region`."
    ]


def test_what_the_steward_keeps_is_signed_by_the_steward_alone() -> None:
    def roles(sample: str) -> list[str]:
        old, new = contract(), contract(sample)
        return [role.id for role in changes.must_sign(judged(old, new), old, new)]

    assert roles("") == []
    assert roles("bindings: {leads: {columns: {region: Area}}}") == ["revops"]
    assert roles("parties: {sales: {mandate: Win}}") == ["vp_sales", "vp_marketing", "ceo"]
    assert roles("parties: {sales: {mandate: Win}}\nbindings: {leads: {columns: {region: Area}}}") == [
        "vp_sales", "vp_marketing", "ceo", "revops",
    ]  # fmt: skip


def test_nobody_drops_a_role() -> None:
    for sample in ("ceo: null", "ceo: {steward: true}", "ceo: null, intern: {title: Intern, was: ceo}"):
        old, new = contract(), contract(f"sign_off: {{{sample}}}")
        assert "ceo" in [role.id for role in changes.must_sign(judged(old, new), old, new)], sample
        assert "ceo" in [role.id for role in changes.must_sign(judged(new, old), new, old)], sample


# --- amounts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "way"),
    [
        ("8 business hours", "4 business hours", "more"),
        ("4 business hours", "300 business minutes", "less"),
        ("4 business hours", "240 business minutes", None),
        ("2 days", "24 hours", "more"),
        ("2 business days", "1 business day", "more"),
        ("1 business day", "8 business hours", "otherwise"),
        ("4 business hours", "4 hours", "more"),
        ("4 hours", "4 business hours", "less"),
        ("4 business hours", "5 hours", "otherwise"),
        ("1 business day", "24 hours", "otherwise"),
        ("14 days", "14 calendar days", "otherwise"),
        ("14 calendar days", "10 calendar days", "more"),
    ],
)
def test_less_time_is_more_to_owe(old: str, new: str, way: str | None) -> None:
    assert amounts.shorter(nodes.duration(old), nodes.duration(new)) == way
    assert amounts.shorter(nodes.duration(new), nodes.duration(old)) == amounts.opposite(way)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new", "way"),
    [
        ("at least 100 per quarter", "at least 120 per quarter", "more"),
        ("at least 100 per quarter", "at least 120", "more"),
        ("at least 100 per quarter", "at least 120 per month", "otherwise"),
        ("at most 100 per quarter", "at most 120 per quarter", "less"),
        ("grows 10% on the quarter before", "grows 12% on the quarter before", "more"),
        ("grows 10% on the quarter before", "grows 12% on the baseline", "otherwise"),
        ("at least 8%", "at least 8", "otherwise"),
    ],
)
def test_targets_of_goals_compare_where_they_have_one_shape(old: str, new: str, way: str) -> None:
    was, now = figures.target(old), figures.target(new)
    assert amounts.goal(was, now) == way
    assert amounts.goal(now, was) == amounts.opposite(way)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new", "way"),
    [
        ({}, {"2027-06": 97}, "more"),
        ({"2027-06": 97}, {"2027-09": 97}, "less"),
        ({"2027-06": 97}, {"2027-06": 97, "2027-09": 97}, None),
        ({"2027-06": 97, "2027-09": 98}, {"2027-06": 98, "2027-09": 97}, "otherwise"),
        ({"2027-06": 90}, {}, "more"),
    ],
)
def test_steps_compare_by_what_is_due_in_each_period(old: dict[str, int], new: dict[str, int], way: str | None) -> None:
    assert amounts.steps(list(old.items()), list(new.items()), 95, 95) == way


# --- several changes at once ------------------------------------------------------------------


def mixed(chance: random.Random) -> tuple[parse.Parsed, parse.Parsed]:
    """Give two versions that differ in some cases of the corpus at once, or by quite different ones."""
    while True:
        chosen = chance.sample(CASES, chance.choice([2, 3, 4]))
        befores, afters = (
            [text.read_text("utf-8") for folder in chosen if (text := folder / f"{name}.yaml").exists()]
            for name in ("before", "after")
        )
        pair = (befores, afters) if chance.random() < 0.5 else (afters[:1], afters[1:])
        sides_of = [
            parse.parse(samples.merged("\n".join(texts)) if texts else samples.base()) for texts in pair
        ]  # fmt: skip
        if all(one.contract is not None for one in sides_of):
            return sides_of[0], sides_of[1]


@pytest.mark.parametrize("seed", range(25))
def test_several_changes_at_once_have_their_mirrors_and_read_as_sentences(seed: int) -> None:
    before, after = mixed(random.Random(seed))
    assert before.contract is not None
    assert after.contract is not None
    forth, back = judged(before.contract, after.contract), judged(after.contract, before.contract)
    assert sorted(one.change.kind.mirror for one in forth) == sorted(one.change.kind.name for one in back)
    assert len({one.change.fingerprint for one in forth}) == len(forth)
    assert screen(before, after).endswith("\n")
    if not any(one.change.kind.name == "renamed" for one in forth):
        there = [(e.change.kind.name, t.party, t.holds, OPPOSITE[t.way]) for e in forth for t in e.touches]
        again = [(e.change.kind.mirror, t.party, t.holds, t.way) for e in back for t in e.touches]
        assert sorted(there) == sorted(again)


# --- the line of versions ---------------------------------------------------------------------


def test_the_sample_of_the_page_on_numbers_and_days_is_out_of_line() -> None:
    found = dict(catalog.samples(changes.WRONG_SEQUENCE))
    old, new = contract(found["before"]), contract(found["after"])
    assert [one.message for one in changes.out_of_line(old, new, says_other=False)] == [
        "version 3 follows version 1, and the next one is 2"
    ]


def test_what_is_out_of_line_stands_in_the_newer_text_and_says_what_to_write() -> None:
    cover = "version: %s\neffective: %s"
    old = contract(cover % (4, "2027-03-01"))
    for version, day, says_other, lines in (
        (4, "2027-03-01", False, []),
        (4, "2027-02-01", False, []),
        (4, "2027-03-01", True, [("version", "write `version: 5`, and why in `amendment`")]),
        (5, "2027-03-01", True, []),
        (3, "2027-03-01", True, [("version", "write `version: 5`")]),
        (5, "2027-02-28", True, [("effective", "write a day from 2027-03-01 on")]),
        (6, "2027-02-28", False, [("version", "write `version: 5`"), ("effective", "write a day from 2027-03-01 on")]),
    ):
        new = read(cover % (version, day))
        assert new.contract is not None
        problems = list(changes.out_of_line(old, new.contract, says_other=says_other))
        assert [(one.at.pointer[0], one.help) for one in problems] == lines
        assert all(one.at in new.sources.values for one in problems)
        assert len({changes.WRONG_SEQUENCE.found(one).fingerprint for one in problems}) == len(problems)
