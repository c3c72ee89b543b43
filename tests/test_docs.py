"""The pages say what the code does: generated ones are fresh, links lead somewhere, commands and defaults are real."""

from __future__ import annotations

import csv
import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
import samples
import yaml

import slacli
from slacli import cli
from slacli.core import catalog
from slacli.core.text import parse

ROOT = Path(__file__).parent.parent


@cache
def generator() -> ModuleType:
    path = ROOT / "tools" / "gen_docs.py"
    spec = importlib.util.spec_from_file_location("gen_docs", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["gen_docs"] = module
    spec.loader.exec_module(module)
    return module


@cache
def project_files() -> tuple[Path, ...]:
    """Give every file of the project: what Git tracks, or would."""
    command = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    found = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return tuple(path for name in sorted(set(found) - {""}) if (path := ROOT / name).is_file())


PAGES = tuple(path for path in project_files() if path.suffix == ".md")


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# --- generated pages --------------------------------------------------------------------------


@pytest.mark.parametrize("name", generator().PAGES)
def test_a_generated_page_is_fresh(name: str) -> None:
    assert generator().PAGES[name]().rstrip("\n") + "\n" == (ROOT / "docs" / name).read_text("utf-8"), "run `make docs`"


def test_a_stale_page_is_named_and_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generator(), "DOCS", tmp_path)
    assert generator().main([]) == 0
    (tmp_path / "rules.md").write_text("old", "utf-8")
    capsys.readouterr()
    assert generator().main(["--check"]) == 1
    assert capsys.readouterr().err == "docs/rules.md is stale: run `make docs`\n"
    assert generator().main([]) == 0
    assert generator().main(["--check"]) == 0


def test_a_generated_page_says_so_first() -> None:
    for name in generator().PAGES:
        first = (ROOT / "docs" / name).read_text("utf-8").partition("\n")[0]
        assert re.fullmatch(r"<!-- Made from .+ by tools/gen_docs\.py: change those, then run `make docs`\. -->", first)


def test_every_rule_has_one_place_on_the_page_of_rules() -> None:
    listed = [rule.name for _, _, found in generator().rule_groups() for rule in found]
    assert sorted(listed) == sorted(rule.name for rule in catalog.every())


# --- the command line -------------------------------------------------------------------------


def commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(cli.cli, info_name="slacli")
    for name in cli.COMMANDS:
        command = cli.cli.get_command(context, name)
        assert command is not None
        yield name, command


COMMANDS = dict(commands())


def parts_of(command: click.Command) -> tuple[click.Command, ...]:
    """Give a command, and those below it where it is a group."""
    return (command, *command.commands.values()) if isinstance(command, click.Group) else (command,)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_says_what_it_does(name: str) -> None:
    assert cli.COMMANDS[name][1].endswith(".")
    for command in parts_of(COMMANDS[name]):
        assert re.match(r"[A-Z].*\.", command.help or "")
        for one in command.params:
            if isinstance(one, click.Option) and not one.hidden:
                assert re.search(r"^[A-Z].*\S", one.help or ""), one.name


PROMPT = r"^\s*(?:\$ |- run: )?"

# --- what pages promise -----------------------------------------------------------------------


def test_every_make_command_of_a_page_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    told = {(named(page), target) for page in PAGES for code in codes(page)
            for target in re.findall(rf"{PROMPT}make ([a-z]+)", code, re.MULTILINE)}  # fmt: skip
    assert told
    assert {(page, target) for page, target in told if target not in targets} == set()


def test_every_slacli_command_of_a_page_exists() -> None:
    told = {(named(page), command) for page in PAGES for code in codes(page)
            for command in re.findall(rf"{PROMPT}slacli ([a-z-]+)", code, re.MULTILINE)}  # fmt: skip
    assert {command for _, command in told} == set(COMMANDS)
    assert {(page, command) for page, command in told if command not in COMMANDS} == set()


def test_every_option_beside_a_command_of_a_page_exists() -> None:
    known = {
        name: {text for part in parts_of(command) for one in part.params for text in one.opts}
        for name, command in COMMANDS.items()
    }
    told = [(named(page), command, option) for page in PAGES for code in codes(page)
            for command, rest in re.findall(rf"{PROMPT}slacli ([a-z-]+)(.*)$", code, re.MULTILINE)
            for option in re.findall(r"(?<= )--[a-z-]+", rest)]  # fmt: skip
    assert told
    assert [one for one in told if one[2] not in {*known.get(one[1], set()), "--help"}] == []


def test_every_path_of_a_page_exists() -> None:
    folders = "slacli|schemas|tests|tools|docs|contracts|examples|benchmarks"
    for page in PAGES:
        for code in spans(page):
            for path in re.findall(rf"^((?:{folders})/[\w./*-]*)$", code):
                assert list(ROOT.glob(path.rstrip("/"))), f"{named(page)}: {path}"


def codes(page: Path) -> list[str]:
    """Give the code of a page: its spans, its fenced blocks and its indented lines."""
    text = page.read_text("utf-8")
    return [
        *spans(page),
        *re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL),
        *re.findall(r"^    +(\S.*)$", text, re.MULTILINE),
    ]


def spans(page: Path) -> list[str]:
    return re.findall(r"`([^`\n]+)`", without_blocks(page))


def without_blocks(page: Path) -> str:
    return re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


# --- links ------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_relative_link_leads_to_a_file_and_to_a_heading(page: Path) -> None:
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def links(page: Path) -> list[str]:
    text = re.sub(r"`[^`\n]*`", "code", without_blocks(page))
    return re.findall(r"\]\(<?([^)>\s]+)>?\)", text)


@cache
def anchors(page: Path) -> frozenset[str]:
    """Give the names of the headings of a page as hosts of Git make them: a repeated one gets a number."""
    text = without_blocks(page)
    seen: dict[str, int] = {}
    found = set()
    for title in re.findall(r"^#{1,6} (.+?)(?: #+)?$", text, re.MULTILINE):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
        name = re.sub(r"[^\w\- ]", "", shown.strip().lower()).replace(" ", "-")
        found.add(name if name not in seen else f"{name}-{seen[name]}")
        seen[name] = seen.get(name, 0) + 1
    return frozenset(found)


# --- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_sql_means_a_sales_qualified_lead_and_nothing_else(page: Path) -> None:
    for line in page.read_text("utf-8").splitlines():
        if re.search(r"\bSQL\b", line):
            assert re.search(r"one_of: \[|\bvalue: SQL\b|sales-qualified lead", line), line


def test_no_address_of_a_package_index_stands_anywhere() -> None:
    hosts = ("py" + "pi.", "python" + "hosted.", "ana" + "conda.", "npm" + "js.", "proxy.golang" + ".")
    pattern = re.compile(
        rf"https?://[^\s'\"]*({'|'.join(map(re.escape, hosts))}|/simp" r"le/)|index-" r"url|INDEX_" "URL"
    )
    found = []
    for path in project_files():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [(named(path), hit[0]) for hit in pattern.finditer(text)]
    assert found == []


# --- decisions and the house ------------------------------------------------------------------

DECISIONS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))


def test_decisions_are_numbered_without_a_gap_and_listed() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    index = (ROOT / "docs" / "adr" / "README.md").read_text("utf-8")
    assert [path.name for path in DECISIONS] == re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", index)


@pytest.mark.parametrize("path", DECISIONS, ids=named)
def test_a_decision_is_one_page_with_its_context_and_its_costs(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert len(lines) < 60
    assert lines[0].startswith(f"# {path.name[:4]}. ")
    assert [line for line in lines if line.startswith("## ")] == ["## Context", "## Decision", "## Consequences"]


def test_the_floors_that_contributors_read_are_those_that_are_enforced() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    layers = [one["layers"] for one in settings["tool"]["importlinter"]["contracts"] if one["type"] == "layers"]
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for floors in layers:
        told = [
            " | ".join(re.findall(r"`(\w+)`", row)) for row in re.findall(r"^\| \d+ \| ([^|]+) \|", page, re.MULTILINE)
        ]
        assert "\n".join(floors) in "\n".join(told)


# --- what the page of the format says ---------------------------------------------------------

DEFAULTS = {
    "contract/fiscal_year/starts": ("fiscal_year: {starts: VALUE, named_for: its_end}", "may"),
    "contract/fiscal_year/named_for": ("fiscal_year: {starts: march, named_for: VALUE}", "its_end"),
    "contract/part_periods": ("part_periods: VALUE", "skipped"),
    "contract/$party/kind": ("parties: {sales: {kind: VALUE}}", "agency"),
    "contract/$signer/steward": ("sign_off: {ceo: {steward: VALUE}}", True),
    "definitions/$field/decimals": ("records: {lead: {fields: {budget: {decimals: VALUE}}}}", 0),
    "definitions/$field/ignore_case": ("records: {lead: {fields: {company: {ignore_case: VALUE}}}}", True),
    "definitions/$field/personal": ("records: {lead: {fields: {company: {personal: VALUE}}}}", True),
    "definitions/$field/person": ("records: {lead: {fields: {company: {person: VALUE}}}}", True),
    "definitions/$field/planned": ("records: {lead: {fields: {created_at: {planned: VALUE}}}}", True),
    "definitions/$field/keeps": ("records: {lead: {fields: {accepted_at: {keeps: VALUE}}}}", "latest"),
    "definitions/$term/qualifies": ("terms: {sales_ready_lead: {qualifies: VALUE}}", "any"),
    "definitions/$stage/final": ("lifecycles: {lead: {stages: {new: {final: VALUE}}}}", True),
    "responsibilities/$responsibility/judge_from": ("responsibilities: {quality: {judge_from: VALUE}}", 20),
    "duty_clock/silence": ("responsibilities: {first_touch: {clock: {silence: VALUE}}}", "accepted"),
    "duty_clock/wall_clock": ("responsibilities: {first_touch: {clock: {wall_clock: VALUE}}}", True),
    "duty_volume/counts": ("responsibilities: {volume: {volume: {counts: VALUE}}}", "each"),
    "goals/$metric/counts": ("metrics: {leads: {count: mql, counts: VALUE}}", "each"),
    "goals/$metric/kind": ("metrics: {rate: {ratio: {of: sale, from: sale}, kind: VALUE}}", "cohort"),
    "binding/reads/dialect": ("bindings: {leads: {reads: {dialect: VALUE}}}", "hubspot"),
    "binding/reads/decimal": ("bindings: {leads: {reads: {decimal: VALUE}}}", ","),
    "binding/reads/unreadable": ("bindings: {leads: {reads: {unreadable: VALUE}}}", "at most 1%"),
}
"""For each default of a schema: a sample with a place for its value, and another value that is allowed there."""


def defaults(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        if "default" in node and "description" in node:
            yield path, node["default"]
        for key, inner in node.items():
            step = "" if key in {"properties", "$defs", "additionalProperties"} else f"/{key}"
            for name, one in inner.items() if key == "$defs" else ():
                yield from defaults(one, f"{path}/${name}")
            if key != "$defs":
                yield from defaults(inner, path + step)


FOUND = {
    path: value
    for file in sorted((ROOT / "schemas").glob("*.schema.json"))
    for path, value in defaults(json.loads(file.read_text("utf-8")), file.name.partition(".")[0])
}


def test_every_default_of_a_schema_is_tried() -> None:
    assert sorted(FOUND) == sorted(DEFAULTS)


@pytest.mark.parametrize("path", FOUND)
def test_a_key_that_is_left_out_means_its_default(path: str) -> None:
    sample, other = DEFAULTS[path]

    def contract(value: object) -> object:
        read = parse.parse(samples.merged(sample.replace("VALUE", json.dumps(value))))
        assert read.contract is not None, [found.message for found in read.findings]
        return read.contract

    assert contract(None) == contract(FOUND[path]) != contract(other)


@pytest.mark.parametrize("cell", generator().CELLS, ids=lambda cell: cell.type)
def test_cells_are_read_as_the_page_says(cell: Any, tmp_path: Path) -> None:
    texts = [*cell.read, *cell.refused]
    names = [f"cell_{number}" for number in range(len(texts))]
    patch = {
        "records": {"lead": {"fields": {name: {"type": cell.type} for name in names}}},
        "bindings": {"leads": {"reads": {"unreadable": "at most 100%"}, "columns": {name: name for name in names}}},
    }
    for file, raw in samples.merged(yaml.safe_dump(patch)).items():
        path = tmp_path / "contracts" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    own = yaml.safe_load(samples.LEADS)["columns"]
    with (tmp_path / "leads.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([[*own.values(), *names], ["1", *[""] * (len(own) - 1), *texts]])
    agreement = slacli.load(tmp_path / "contracts")
    report = slacli.check(agreement, {"lead": tmp_path / "leads.csv"}, as_of=datetime(2027, 2, 1, tzinfo=UTC))
    told = {found.subject.partition("=")[0] for found in report.findings
            if found.rule in {"unreadable-values", "value-not-listed"}}  # fmt: skip
    refused = {text for name, text in zip(names, texts, strict=True) if f"lead.{name}" in told}
    assert refused == set(cell.refused)


def test_every_type_of_field_is_on_the_page() -> None:
    types = json.loads((ROOT / "schemas" / "definitions.schema.json").read_text("utf-8"))
    assert [one.type for one in generator().CELLS] == types["$defs"]["field"]["properties"]["type"]["enum"]


# --- what is installed ------------------------------------------------------------------------


def test_every_package_is_in_what_is_installed() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"]
    folders = {path.parent.relative_to(ROOT) for path in (ROOT / "slacli").rglob("__init__.py")}
    assert sorted(packages) == sorted({".".join(folder.parts) for folder in folders} | {"slacli.schemas"})


def test_the_hook_runs_a_command_that_exists() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    program, command, *options = hook["entry"].split()
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert program in scripts
    assert set(options) <= {text for one in COMMANDS[command].params for text in one.opts}
    assert hook["language"] == "python"
    assert not hook["pass_filenames"]
    assert re.search(hook["files"], "contracts/bindings/leads.yaml")
    assert not re.search(hook["files"], "slacli/model.py")
