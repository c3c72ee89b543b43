"""Terms that lean on terms in many ways: the verdicts, and what makes them unclear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from commands import slacli
from worlds import World, duty

from slacli import journeys
from slacli.core.criteria import State, blame, meeting

JUNE = ("--as-of", "2026-06-30")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "region": ("AMER", "EMEA", ""),
    "source": ("Web", "Chat", ""),
    "case": ("x", "y", ""),
}
LEANING = {
    "crossed": {
        "base": ({"a": "region = 'AMER'"}, "all"),
        "left": ({"a": "base", "b": "source = 'Web'"}, "any"),
        "right": ({"a": "base", "b": "case = 'x'"}, "all"),
        "top": ({"a": "left", "b": "right", "c": "not base or left"}, "at least 2"),
        "roof": ({"a": "top", "b": "base", "c": "left and not right"}, "any"),
    },
    "one after the other": {
        "t0": ({"a": "region = 'AMER'", "b": "source = 'Web'"}, "all"),
        **{f"t{at}": ({"a": f"t{at - 1}", "b": "case = 'x'"}, "all" if at % 3 else "any") for at in range(1, 20)},
    },
}


def world(folder: Path, terms: Mapping[str, tuple[Mapping[str, str], str]]) -> World:
    written = {
        name: {"title": name, "of": "lead", "owner": "sales", "criteria": criteria, "qualifies": enough}
        for name, (criteria, enough) in terms.items()
    }
    return World(folder, {"answer": duty(within="4 business hours")}).patched("definitions.yaml", {"terms": written})


@pytest.mark.parametrize("shape", LEANING)
def test_what_makes_a_term_unclear_is_found_through_the_terms_that_it_names(tmp_path: Path, shape: str) -> None:
    rows = [dict(zip(CHOICES, values, strict=True)) for values in product(*CHOICES.values())]
    made = world(tmp_path, LEANING[shape]).leads(*({**row, "started_at": "2026-06-09 10:00:00"} for row in rows))
    found = {one["id"]: one for one in made.report(*JUNE)["terms"]}
    contract = journeys.load(tmp_path / "contracts").contract
    fields, zone = contract.records["lead"].fields, ZoneInfo(contract.time_zone)
    for name in LEANING[shape]:
        meets: Counter[bool | None] = Counter()
        because: Counter[tuple[str, str]] = Counter()
        for row in rows:
            seen = {field: value or State.BLANK for field, value in row.items()}
            said = meeting(contract.terms, seen, zone, fields)(name)
            meets[said] += 1
            if said is None:
                trees = [test.tree for test in contract.terms[name].criteria]
                because.update(blame(trees, seen, zone, fields, contract.terms))
        cells = found[name]["cells"]
        told = [cells[f"unmarked_{word}"] for word in ("meets", "fails", "unclear")]
        assert (name, told) == (name, [meets[True], meets[False], meets[None]])
        listed = {(one["field"], one["state"]): one["count"] for one in found[name]["unclear_because"]}
        assert (name, listed) == (name, dict(because))


def test_terms_that_name_each_other_again_and_again_are_judged_all_the_same(tmp_path: Path) -> None:
    """Each of these has twice as many ways through it as the one before: a hundred million for the last."""
    leaning: dict[str, tuple[Mapping[str, str], str]] = {"t0": ({"a": "region = 'AMER'"}, "all")}
    for at in range(1, 28):
        leaning[f"t{at}"] = ({"a": f"t{at - 1}", "b": f"not t{at - 1} or t{at - 1}"}, "any" if at % 2 else "all")
    made = world(tmp_path, leaning).leads({"region": ""}, {"region": "AMER"}, {"region": "EMEA"})
    found: list[dict[str, Any]] = made.report(*JUNE)["terms"]
    last = next(one for one in found if one["id"] == "t27")
    assert [one["count"] for one in last["unclear_because"]] == [1]
    assert slacli("validate", folder=tmp_path).code == 0
    assert slacli("explain", "L0", "--data", "leads.csv", folder=tmp_path).code == 0
    assert slacli("show", folder=tmp_path).code == 0
