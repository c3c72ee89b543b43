"""What a changed agreement does to real rows: the same as two checks, counted one by one."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import report, slacli
from repositories import Repository
from test_real_data import OLIST, ZOHO, given

ROOT = Path(__file__).parent.parent

# A contract of the tests, what is written otherwise in its definitions, and the exports that both versions judge.
CASES: dict[str, tuple[str, dict[str, str], tuple[str, ...]]] = {
    "olist": ("olist_joined", {"('unknown', 'other')": "('unknown', 'email')"}, OLIST),
    "zoho": (
        "zoho",
        {
            "('Junk Lead', 'Lost Lead', 'Not Contacted')": "('Junk Lead', 'Attempted to Contact')",
            "calls >= 1": "calls >= 2",
        },
        ZOHO,
    ),
}


def two_versions(folder: Path, name: str) -> tuple[str, str, tuple[str, ...]]:
    """Write both versions of a contract, each with a duty for every term, so that `--rows` tells every verdict."""
    contract, edits, exports = CASES[name]
    for side in ("old", "new"):
        shutil.copytree(ROOT / "tests" / "contracts" / contract, folder / side)
        definitions = folder / side / "definitions.yaml"
        text = definitions.read_text("utf-8")
        for before, after in edits.items() if side == "new" else ():
            assert before in text
            text = text.replace(before, after)
        definitions.write_text(text, "utf-8")
        terms = yaml.safe_load(text)["terms"]
        duties = folder / side / "responsibilities.yaml"
        owed = yaml.safe_load(duties.read_text("utf-8"))
        for term, told in terms.items():
            by, to = "marketing", "sales"
            owed["responsibilities"][f"is_{term}"] = {
                "owed_by": by, "owed_to": to, "covers": told["of"], "must": term, "target": "50%",
            }  # fmt: skip
        duties.write_text(yaml.safe_dump(owed, sort_keys=False), "utf-8")
    return str(folder / "old"), str(folder / "new"), exports


def verdicts(contract: str, exports: list[str], rows: Path) -> dict[str, dict[str, str]]:
    """Give by term and key what a check of its own says of every row."""
    slacli("check", "--contract", contract, *exports, "--judge", "all", "--rows", str(rows), folder=ROOT)
    found: dict[str, dict[str, str]] = {}
    with rows.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["duty"].startswith("is_"):
                found.setdefault(row["duty"].removeprefix("is_"), {})[row["key"]] = row["outcome"]
    return found


SAID = {"met": "meets", "missed": "fails", "unclear": "unclear", "left out": "left out"}


@pytest.mark.parametrize("name", CASES)
def test_the_impact_equals_two_checks(name: str, tmp_path: Path) -> None:
    exports = given(CASES[name][2])
    old, new, _ = two_versions(tmp_path, name)
    ran = slacli("diff", f"{old}/", "--contract", new, "--format", "json", "--data", *exports, folder=ROOT)
    assert (ran.code, ran.err) == (0, "")
    found = json.loads(ran.out)["impact"]
    before, after = (verdicts(side, exports, tmp_path / f"{at}.csv") for at, side in enumerate((old, new)))
    terms = {one["term"]: one for one in found["terms"]}
    moved = 0
    for term, one in terms.items():
        pairs: Counter[tuple[str, str]] = Counter()
        for key in before[term].keys() | after[term].keys():
            pairs[SAID[before[term][key]], SAID[after[term][key]]] += 1
        told = {(cell["before"], cell["after"]): cell["count"] for cell in one["matrix"]}
        assert {pair: count for pair, count in told.items() if pair != ("left out", "left out")} == pairs, term
        leaving = {key for key in before[term] if before[term][key] == "met" != after[term][key]}
        entering = {key for key in after[term] if after[term][key] == "met" != before[term][key]}
        moved += len(leaving) + len(entering)
        for which, keys in (("leaves", leaving), ("enters", entering)):
            assert (one[which]["count"], set(one[which]["keys"]) <= keys) == (len(keys), True)
            assert len(one[which]["keys"]) == min(len(keys), 5)
    assert moved > 100
    _duties_equal(found, old, new, exports)


def _duties_equal(found: dict[str, Any], old: str, new: str, exports: list[str]) -> None:
    checked = [report("check", "--contract", side, *exports, folder=ROOT)["outcomes"] for side in (old, new)]
    sides = [
        {
            (one["duty"], one["period"]["title"] if one["period"]["name"] else ""): (
                one["status"],
                one["counts"]["met"],
            )
            for one in outcomes
            if one["judged"] or one["period"]["state"] == "whole"
        }
        for outcomes in checked
    ]
    told = [
        {
            (one["duty"], one["period"]): (one[side]["status"], one[side]["met"])
            for one in found["duties"]
            if one[side] is not None
        }
        for side in ("before", "after")
    ]
    assert told == sides


def test_standard_input_is_judged_by_both_versions(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tests" / "contracts" / "leads", tmp_path / "contracts")
    shutil.copytree(tmp_path / "contracts", tmp_path / "other")
    definitions = tmp_path / "contracts" / "definitions.yaml"
    definitions.write_text(definitions.read_text("utf-8").replace("budget >= 10000", "budget >= 24000"), "utf-8")
    data = ROOT / "tests" / "cases" / "check" / "broken" / "data" / "leads.csv"
    options = ("diff", "other/", "--format", "json", "--data")
    named, piped = (
        slacli(*options, one, folder=tmp_path, stdin=data.read_bytes()) for one in (f"leads={data}", "leads=-")
    )
    assert (named.code, named.err) == (piped.code, piped.err) == (0, "")
    told, same = (json.loads(ran.out)["impact"] for ran in (named, piped))
    assert (told["terms"], told["duties"]) == (same["terms"], same["duties"])


@pytest.mark.parametrize("dialect", ["csv", "salesforce_report"])
def test_standard_input_that_would_have_to_be_read_in_two_ways_is_refused(dialect: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tests" / "contracts" / "leads", tmp_path / "contracts")
    shutil.copytree(tmp_path / "contracts", tmp_path / "other")
    binding = tmp_path / "contracts" / "bindings" / "leads.yaml"
    binding.write_text(binding.read_text("utf-8").replace("reads: {", f"reads: {{dialect: {dialect}, "), "utf-8")
    data = ROOT / "tests" / "cases" / "check" / "broken" / "data" / "leads.csv"
    ran = slacli("diff", "other/", "--data", "leads=-", folder=tmp_path, stdin=data.read_bytes())
    assert ran.code == (0 if dialect == "csv" else 2)
    assert ("standard input cannot be read twice, once for each version" in ran.err) == (dialect != "csv")
    assert slacli("diff", "other/", "--data", f"leads={data}", folder=tmp_path).code == 0


def test_a_check_can_judge_by_the_contract_as_it_was(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "work")
    shutil.copytree(ROOT / "tests" / "contracts" / "leads", repository.contracts)
    shutil.copytree(ROOT / "tests" / "cases" / "check" / "broken" / "data", repository.top / "data")
    first = repository.commit("The first version")
    before = slacli("check", "data/leads.csv", folder=repository.top)
    definitions = repository.contracts / "definitions.yaml"
    text = definitions.read_text("utf-8")
    definitions.write_text(text.replace("budget >= 10000", "budget >= 24000"), "utf-8")
    assert slacli("check", "data/leads.csv", folder=repository.top).out != before.out
    again = slacli("check", "data/leads.csv", "--at", "main", folder=repository.top)
    assert again.out.replace(f"--> {first[:7]}:", "--> ") == before.out
    assert again.code == before.code
    nowhere = slacli("check", "data/leads.csv", "--at", "nowhere", folder=repository.top)
    assert (nowhere.code, nowhere.out) == (2, "")
