"""What the schemas of the contract files are, and what people read when a file does not follow its schema."""

from __future__ import annotations

import copy
import json
import re
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from slacli.core.text import fits as fits_module
from slacli.core.text import schema
from slacli.core.text.fits import fits
from slacli.findings import Finding
from slacli.places import Address

ROOT = Path(__file__).parent.parent
KINDS = ("contract", "definitions", "responsibilities", "goals", "holidays", "binding", "evidence", "disputes",
         "waivers")  # fmt: skip
SCHEMAS = {
    path.name: json.loads(path.read_text("utf-8"))
    for path in sorted((ROOT / "schemas").glob("*.schema.json"))
    if path.name.startswith((*(f"{kind}." for kind in KINDS), "duty_", "values."))
}


class Plain(yaml.CSafeLoader):
    """Reads text, whole numbers, decimals, true and false, and nothing else."""


Plain.yaml_implicit_resolvers = {}
Plain.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"-?[0-9]+$"), list("-0123456789"))
Plain.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(true|false)$"), ["t", "f"])
Plain.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(null)?$"), ["n", ""])
Plain.add_implicit_resolver("!decimal", re.compile(r"-?[0-9]+\.[0-9]+$"), list("-0123456789"))
Plain.add_constructor("!decimal", lambda _, node: Decimal(node.value))

FOLDER = ROOT / "contracts"
CONTRACT = {
    str(path.relative_to(FOLDER)): yaml.load(path.read_text("utf-8"), Plain) for path in sorted(FOLDER.rglob("*.yaml"))
}


def resolved(node: dict[str, Any], file: str) -> tuple[dict[str, Any], str]:
    """Give a node with what it refers to laid under it, and the file where its own parts are to be looked up."""
    if "$ref" not in node:
        return node, file
    name, _, pointer = node["$ref"].partition("#")
    target = SCHEMAS[name or file]
    for step in pointer.split("/")[1:]:
        target = target[step]
    under, where = resolved(target, name or file)
    return {**under, **{key: value for key, value in node.items() if key != "$ref"}}, where


def nodes(node: Any, path: str) -> Any:
    """Give every part of a schema file that speaks of a value: the whole, properties, definitions, items, entries."""
    yield path, node
    for section in ("properties", "$defs"):
        for name, inner in node.get(section, {}).items():
            yield from nodes(inner, f"{path}/{section}/{name}")
    for keyword in ("items", "additionalProperties"):
        if isinstance(node.get(keyword), dict):
            yield from nodes(node[keyword], f"{path}/{keyword}")


NODES = [(path, node) for file, root in SCHEMAS.items() for path, node in nodes(root, file)]


def everywhere(node: Any) -> Any:
    """Give every mapping in a schema file, whatever it is for."""
    if isinstance(node, dict):
        yield node
        for inner in node.values():
            yield from everywhere(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from everywhere(inner)


def edited(file: str, *edits: tuple[tuple[str | int, ...], Any]) -> Any:
    """Give a file of the reference contract with some values set, or taken away where they are None."""
    data = copy.deepcopy(CONTRACT[file])
    for path, value in edits:
        inner = data
        for step in path[:-1]:
            inner = inner[step]
        if value is None:
            del inner[path[-1]]
        else:
            inner[path[-1]] = value
    return data


def only(file: str, *edits: tuple[tuple[str | int, ...], Any]) -> Finding:
    found = schema.check(file, edited(file, *edits))
    assert len(found) == 1, [one.message for one in found]
    return found[0]


# --- the schemas ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_valid(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_node_is_described() -> None:
    bare = [
        path for path, node in NODES if not resolved(node, path.partition("/")[0])[0].get("description", "").strip()
    ]
    assert bare == []


def test_every_description_is_a_sentence() -> None:
    texts = [node["description"] for _, node in NODES if "description" in node]
    assert [text for text in texts if not text.endswith(".")] == []


def test_one_key_decides_each_case_so_no_schema_offers_a_choice_of_shapes() -> None:
    for root in SCHEMAS.values():
        for node in everywhere(root):
            assert not {"oneOf", "anyOf"} & node.keys()


def test_every_mapping_names_its_keys() -> None:
    for path, node in NODES:
        if "object" in node.get("type", ()):
            assert "additionalProperties" in node, path


def test_every_pattern_is_anchored_and_has_words() -> None:
    for root in SCHEMAS.values():
        for node in everywhere(root):
            if isinstance(node.get("pattern"), str):
                assert node["pattern"].startswith("^")
                assert node["pattern"].endswith("$")
                assert "x-says" in node


def test_every_example_follows_its_own_schema() -> None:
    registry = registry_of_files()
    for path, node in NODES:
        file = path.partition("/")[0]
        whole = {**node, "$defs": SCHEMAS[file].get("$defs", {})}
        for example in resolved(node, file)[0].get("examples", ()):
            errors = Draft202012Validator(whole, registry=registry).iter_errors(example)
            assert [error.message for error in errors] == [], path


def test_no_pattern_takes_more_than_linear_time() -> None:
    patterns = {
        node["pattern"]: node.get("examples", [])
        for root in SCHEMAS.values()
        for node in everywhere(root)
        if isinstance(node.get("pattern"), str)
    }
    assert len(patterns) > 20
    for pattern, examples in patterns.items():
        for start in (*map(str, examples), "a", "1", "0.", "08:30-18:00, ", "at least ", "a/a"):
            for text in (start * 5000, start[-1:] * 60_000, start + " " * 60_000, start + "9" * 60_000 + "!"):
                began = time.perf_counter()
                re.search(pattern, text)
                assert time.perf_counter() - began < 0.1, pattern


def registry_of_files() -> Any:
    resources = ((name, DRAFT202012.create_resource(root)) for name, root in SCHEMAS.items())
    return Registry().with_resources(resources)


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_schema_refers_to_nothing_so_nothing_can_be_fetched(kind: str) -> None:
    assert not [node for node in everywhere(schema.schema_of(kind)) if "$ref" in node]


@pytest.mark.parametrize("file", CONTRACT)
def test_a_whole_schema_says_the_same_as_its_files(file: str) -> None:
    kind = schema.kind_of(file)
    assert kind is not None
    by_files = Draft202012Validator(SCHEMAS[f"{kind}.schema.json"], registry=registry_of_files())
    whole = Draft202012Validator(schema.schema_of(kind), registry=Registry())
    for data in (CONTRACT[file], *spoilt(CONTRACT[file])):
        assert sorted(map(told, by_files.iter_errors(data))) == sorted(map(told, whole.iter_errors(data)))


def told(error: Any) -> str:
    return f"{list(error.absolute_path)} {error.validator}"


def spoilt(data: Any) -> Any:
    """Give the data once for each of its entries, with that entry replaced by something that it cannot be."""
    entries = list(data) if isinstance(data, dict) else range(len(data))
    for entry in entries:
        other = copy.copy(data)
        other[entry] = {"Odd Key": [None]}
        yield other


# --- what passes ------------------------------------------------------------------------------


@pytest.mark.parametrize("file", CONTRACT)
def test_the_reference_contract_follows_its_schemas(file: str) -> None:
    assert schema.check(file, CONTRACT[file]) == ()


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("contract.yaml", "contract"),
        ("definitions.yaml", "definitions"),
        ("responsibilities.yaml", "responsibilities"),
        ("goals.yaml", "goals"),
        ("holidays.yaml", "holidays"),
        ("evidence.yaml", "evidence"),
        ("disputes.yaml", "disputes"),
        ("waivers.yaml", "waivers"),
        ("bindings/salesforce_leads.yaml", "binding"),
        ("bindings/Leads.yaml", None),
        ("bindings/a/b.yaml", None),
        ("bindings/leads.yaml\n", None),
        ("binding.yaml", None),
        ("definition.yaml", None),
        ("contract.yml", None),
        ("values.yaml", None),
        ("signatures/1/ceo.sig", None),
        ("", None),
    ],
)
def test_the_name_of_a_file_tells_its_kind(file: str, kind: str | None) -> None:
    assert schema.kind_of(file) == kind


def test_a_file_that_no_schema_describes_has_no_findings() -> None:
    assert schema.check("definition.yaml", {"anything": 1}) == ()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("rates", {"GBP": Decimal("1.27")}),
        ("rates", {"GBP": "1.27"}),
        ("rates", {"GBP": 2}),
        ("rates", {"GBP": "0.005"}),
        ("final_after", "14 calendar days"),
        ("final_after", "1 day"),
        ("time_zone", "UTC"),
        ("time_zone", "America/Argentina/Buenos_Aires"),
    ],
)
def test_what_a_cover_may_say(key: str, value: Any) -> None:
    assert schema.check("contract.yaml", edited("contract.yaml", ((key,), value))) == ()


@pytest.mark.parametrize("target", ["95%", "99.5% per month", "100% per year", "0.5% per week", "100.0%"])
def test_targets_that_can_be_promised(target: str) -> None:
    path = ("responsibilities", "decision", "target")
    assert schema.check("responsibilities.yaml", edited("responsibilities.yaml", (path, target))) == ()


@pytest.mark.parametrize(
    "target",
    [
        "0%",
        "0.0%",
        "101%",
        "100.1%",
        "-5%",
        "95",
        "95 %",
        "095%",
        "95% per day",
        "95%\n",
        "٩٥%",
        "1000%",
        "95%per month",
    ],
)
def test_targets_that_cannot_be_promised(target: str) -> None:
    found = only("responsibilities.yaml", (("responsibilities", "decision", "target"), target))
    assert found.rule == "malformed"
    assert found.at == Address("responsibilities.yaml", ("responsibilities", "decision", "target"))


@pytest.mark.parametrize(
    "within",
    ["0 hours", "-4 hours", "4", "4 business hrs", "4 calendar hours", "1.5 hours", "4  hours", "four hours", "2 weeks",
     "04 hours", "4 hours\n", " 4 hours", "100000 days"],
)  # fmt: skip
def test_durations_that_nobody_can_keep(within: str) -> None:
    found = only("responsibilities.yaml", (("responsibilities", "decision", "clock", "within"), within))
    assert found.rule == "malformed"


@pytest.mark.parametrize(
    "target",
    ["at least 360 per quarter", "at least 400", "at least 8% per quarter", "at most 60 days per quarter",
     "at least 412000.50 per year", "grows 10% on the baseline", "grows 150% on the quarter before",
     "grows 0.5% on the same quarter a year before"],
)  # fmt: skip
def test_goals_that_can_be_set(target: str) -> None:
    assert schema.check("goals.yaml", edited("goals.yaml", (("goals", "win_more", "target"), target))) == ()


@pytest.mark.parametrize(
    "target",
    ["at least 0", "at least 0%", "at least 101%", "at least -5", "grows 0% on the baseline", "grows on the baseline",
     "grows 10%", "at least 5% days", "360", "at least 360 per day", "at least 1e3"],
)  # fmt: skip
def test_goals_that_cannot_be_set(target: str) -> None:
    assert only("goals.yaml", (("goals", "win_more", "target"), target)).rule == "malformed"


@pytest.mark.parametrize("day", ["1st day", "2nd business day", "10th business day", "11th day", "23rd day"])
def test_days_by_their_number(day: str) -> None:
    path = ("reviews", "quarterly", "by")
    assert schema.check("contract.yaml", edited("contract.yaml", (path, day))) == ()


@pytest.mark.parametrize("day", ["0th day", "11st day", "1th day", "10 business day", "10th", "10th working day"])
def test_days_that_have_no_such_number(day: str) -> None:
    assert only("contract.yaml", (("reviews", "quarterly", "by"), day)).rule == "malformed"


@pytest.mark.parametrize("name", ["FY27", "FY27-Q1", "2026-02", "2026-W07", "2026-W53"])
def test_periods_by_their_names(name: str) -> None:
    path = ("evidence.yaml", (("delivered", 0, "for"), name))
    assert schema.check(path[0], edited(*path)) == ()


@pytest.mark.parametrize("name", ["FY2027", "FY27-Q5", "2026-13", "2026-00", "2026-W54", "2026-W00", "2026", "Q1"])
def test_periods_that_have_no_such_name(name: str) -> None:
    assert only("evidence.yaml", (("delivered", 0, "for"), name)).rule == "malformed"


@pytest.mark.parametrize("day", ["2027-02-29", "2027-04-31", "2027-00-10", "2027-1-1", "01.02.2027", "0000-01-01"])
def test_days_that_do_not_exist(day: str) -> None:
    assert only("contract.yaml", (("expires",), day)).rule == "malformed"


# --- what people read -------------------------------------------------------------------------

DUTY = ("responsibilities", "first_touch")
CLOCK = (*DUTY, "clock")
LEAD = ("records", "lead", "fields")
Edit = tuple[tuple[str | int, ...], Any]

Case = tuple[str, list[Edit], str, tuple[str | int, ...], bool, str, str]

# file, edits of the reference contract; then rule, pointer and whether it is the key; then message and help
MESSAGES: list[Case] = [
    (
        "responsibilities.yaml", [((*DUTY, "notes"), "x"), ((*DUTY, "note"), None)],
        "unknown-key", (*DUTY, "notes"), True,
        "`notes` is not a key of `first_touch`",
        "did you mean `note`?",
    ),
    (
        "responsibilities.yaml", [((*DUTY, "ownd_by"), "sdr"), ((*DUTY, "owed_by"), None)],
        "unknown-key", (*DUTY, "ownd_by"), True,
        "`ownd_by` is not a key of `first_touch`",
        "did you mean `owed_by`?",
    ),
    (
        "responsibilities.yaml", [((*DUTY, "within"), "4 hours")],
        "unknown-key", (*DUTY, "within"), True,
        "`within` is not a key of `first_touch`",
        "indent it below `clock:`, where it belongs",
    ),
    (
        "responsibilities.yaml", [((*CLOCK, "owed_to"), "marketing"), ((*DUTY, "owed_to"), None)],
        "unknown-key", (*CLOCK, "owed_to"), True,
        "`owed_to` is not a key of `first_touch.clock`",
        "move it out to `first_touch`, where it belongs",
    ),
    (
        "contract.yaml", [(("metrics",), {})],
        "unknown-key", ("metrics",), True,
        "`metrics` is not a key of `contract.yaml`",
        "move it to goals.yaml, where it belongs",
    ),
    (
        "disputes.yaml", [(("disputes", 0, "settled", "zzz"), "x")],
        "unknown-key", ("disputes", 0, "settled", "zzz"), True,
        "`zzz` is not a key of `settled` in entry 1 of `disputes`",
        "write `by`, `day` or `outcome`",
    ),
    (
        "definitions.yaml", [((*LEAD, "budget", "zzz"), "x")],
        "unknown-key", (*LEAD, "budget", "zzz"), True,
        "`zzz` is not a key of `lead.fields.budget`",
        "remove it",
    ),
    (
        "contract.yaml", [(("id",), None), (("time_zone",), None)],
        "missing-key", (), False,
        "`contract.yaml` lacks `id` and `time_zone`",
        "add them",
    ),
    (
        "contract.yaml", [(("time_zone",), None)],
        "missing-key", (), False,
        "`contract.yaml` lacks `time_zone`",
        "add `time_zone:`, for example `time_zone: America/New_York`",
    ),
    (
        "definitions.yaml", [((*LEAD, "budget"), {})],
        "missing-key", (*LEAD, "budget"), True,
        "`lead.fields.budget` lacks `type`",
        "add `type:` with `text`, `ids`, `integer`, `number`, `money`, `yes_no`, `date` or `time`",
    ),
    (
        "responsibilities.yaml", [((*CLOCK, "tiers", 1, "otherwise"), None)],
        "missing-key", (*CLOCK, "tiers", 1), False,
        "entry 2 of `first_touch.clock.tiers` lacks `otherwise`",
        "say `when:` with a criterion, or `otherwise: true` for the last tier",
    ),
    (
        "responsibilities.yaml", [((*CLOCK, "tiers"), None)],
        "missing-key", CLOCK, True,
        "`first_touch.clock` lacks `within`",
        "say `within:` with a duration, or `tiers:`",
    ),
    (
        "responsibilities.yaml", [((*CLOCK, "stops"), None)],
        "missing-key", CLOCK, True,
        "`first_touch.clock` lacks `stops`",
        "say in `stops:` what ends the clock",
    ),
    (
        "responsibilities.yaml", [((*CLOCK, "until"), ["rejected_at"])],
        "missing-key", CLOCK, True,
        "`first_touch.clock` lacks `every`, which `until` needs",
        "add `every:`, for example `every: human_touch`",
    ),
    (
        "goals.yaml", [(("metrics", "average_sale", "of"), None)],
        "missing-key", ("metrics", "average_sale"), True,
        "`average_sale` lacks `of`, which `average` needs",
        "add `of:`, for example `of: sale`",
    ),
    (
        "contract.yaml", [(("version",), "four")],
        "wrong-type", ("version",), False,
        "`version` should be a whole number such as `1`, not the text `four`",
        "",
    ),
    (
        "contract.yaml", [(("version",), "4")],
        "wrong-type", ("version",), False,
        "`version` should be a whole number such as `1`, not the text `4`",
        "write it without quotes: `4`",
    ),
    (
        "contract.yaml", [(("version",), True)],
        "wrong-type", ("version",), False,
        "`version` should be a whole number such as `1`, not `true`",
        "",
    ),
    (
        "contract.yaml", [(("title",), 2027)],
        "wrong-type", ("title",), False,
        "`title` should be one line of text, not the number `2027`",
        'write it in quotes: "2027"',
    ),
    (
        "contract.yaml", [(("sign_off", "revops", "steward"), "yes")],
        "wrong-type", ("sign_off", "revops", "steward"), False,
        "`revops.steward` should be `true` or `false`, not the text `yes`",
        "write `true`",
    ),
    (
        "contract.yaml", [(("parties",), [{"id": "sales"}])],
        "wrong-type", ("parties",), False,
        "`parties` should be a mapping, not a list",
        "write its keys below it, without `-`",
    ),
    (
        "responsibilities.yaml", [((*DUTY, "target"), 95)],
        "wrong-type", (*DUTY, "target"), False,
        "`first_touch.target` should be a share above 0% and up to 100%, such as `95% per month`, not the number `95`",
        "write `95%`",
    ),
    (
        "responsibilities.yaml", [((*CLOCK, "stops"), "accepted_at")],
        "wrong-type", (*CLOCK, "stops"), False,
        "`first_touch.clock.stops` should be a list such as `[accepted_at, rejected_at]`, not the text `accepted_at`",
        "write it as a list: `[accepted_at]`",
    ),
    (
        "bindings/salesforce_leads.yaml", [(("columns", "need_confirmed", "true_when"), "1")],
        "wrong-type", ("columns", "need_confirmed", "true_when"), False,
        '`columns.need_confirmed.true_when` should be a list of texts such as `["1"]`, not the text `1`',
        'write it as a list: `["1"]`',
    ),
    (
        "responsibilities.yaml", [(("responsibilities", "mql_volume", "volume", "split_by"), None)],
        "wrong-type", ("responsibilities", "mql_volume", "volume", "at_least"), False,
        "`mql_volume.volume.at_least` should be one number where no `split_by` names a field, not a mapping",
        "name the field in `split_by:`, or give one number",
    ),
    (
        "definitions.yaml", [((*LEAD, "budget", "type"), "monney")],
        "not-allowed", (*LEAD, "budget", "type"), False,
        ("`lead.fields.budget.type` should be `text`, `ids`, `integer`, `number`, `money`, `yes_no`, `date` or `time`, "
        "not `monney`"),
        "did you mean `money`?",
    ),
    (
        "responsibilities.yaml", [((*CLOCK, "silence"), "fine")],
        "not-allowed", (*CLOCK, "silence"), False,
        "`first_touch.clock.silence` should be `late` or `accepted`, not `fine`",
        "write one of them",
    ),
    (
        "contract.yaml", [(("fiscal_year", "starts"), "02")],
        "not-allowed", ("fiscal_year", "starts"), False,
        "`fiscal_year.starts` should be a month such as `february`, not `02`",
        ("write `january`, `february`, `march`, `april`, `may`, `june`, `july`, `august`, `september`, `october`, "
        "`november` or `december`"),
    ),
    (
        "contract.yaml", [(("format",), 2)],
        "not-allowed", ("format",), False,
        "`format` should be `1`, not `2`",
        "write `format: 1`; another format needs another release of slacli",
    ),
    (
        "responsibilities.yaml", [(("responsibilities", "decision", "clock", "within"), "4 hrs")],
        "malformed", ("responsibilities", "decision", "clock", "within"), False,
        "`decision.clock.within` should be a duration such as `4 business hours` or `10 minutes`, not `4 hrs`",
        "",
    ),
    (
        "responsibilities.yaml", [((*DUTY, "target"), "95 % per month")],
        "malformed", (*DUTY, "target"), False,
        "`first_touch.target` should be a share above 0% and up to 100%, such as `95% per month`, not `95 % per month`",
        "write `95% per month`",
    ),
    (
        "responsibilities.yaml", [((*DUTY, "on_miss", 1, "after"), "3 times")],
        "malformed", (*DUTY, "on_miss", 1, "after"), False,
        "`after` in entry 2 of `first_touch.on_miss` should be a number of at least 1, or `3 in a row`, not `3 times`",
        "",
    ),
    (
        "contract.yaml", [(("expires",), "2027-02-29")],
        "malformed", ("expires",), False,
        "`expires` should be a day that exists, such as `2026-11-30`, not `2027-02-29`",
        "",
    ),
    (
        "contract.yaml", [(("calendars", "london", "covers"), "2026-11-01..2027-02-30")],
        "malformed", ("calendars", "london", "covers"), False,
        ("`london.covers` should be the first and the last day, such as `2026-11-01..2027-12-31`, "
        "not `2026-11-01..2027-02-30`"),
        "",
    ),
    (
        "contract.yaml", [(("calendars", "new_york", "hours", "mon-fri"), "8:30 – 18:00")],
        "malformed", ("calendars", "new_york", "hours", "mon-fri"), False,
        ('`new_york.hours.mon-fri` should be hours in quotes such as "08:30-18:00" or "09:00-12:00, 13:00-17:00", '
        "not `8:30 – 18:00`"),
        "write `08:30-18:00`",
    ),
    (
        "contract.yaml", [(("calendars", "new_york", "hours", "Sat"), "09:00-12:00")],
        "malformed", ("calendars", "new_york", "hours", "Sat"), True,
        "the key `Sat` of `new_york.hours` should be a weekday such as `mon` or a range such as `mon-fri`",
        "write `sat`",
    ),
    (
        "holidays.yaml", [(("london", "closed", "2027/02/28"), "A day")],
        "malformed", ("london", "closed", "2027/02/28"), True,
        "the key `2027/02/28` of `london.closed` should be a day that exists, such as `2026-11-30`",
        "write `2027-02-28`",
    ),
    (
        "responsibilities.yaml",
        [(("responsibilities", "First Touch"), {"owed_by": "sdr", "owed_to": "marketing", "must": "mql"})],
        "bad-id", ("responsibilities", "First Touch"), True,
        ("the key `First Touch` of `responsibilities` should be an id: small letters, digits and `_`, a letter first, "
        "at most 64 of them"),
        "write `first_touch`",
    ),
    (
        "responsibilities.yaml", [((*DUTY, "owed_by"), "SDR Team")],
        "bad-id", (*DUTY, "owed_by"), False,
        "`first_touch.owed_by` should be an id such as `sdr`, not `SDR Team`",
        "write `sdr_team`",
    ),
    (
        "responsibilities.yaml", [((*DUTY, "owed_to"), "m\u0430rketing")],
        "bad-id", (*DUTY, "owed_to"), False,
        "`first_touch.owed_to` should be an id such as `marketing`, not `m\u0430rketing`",
        "type it anew, without `\u0430` (U+0430)",
    ),
    (
        "contract.yaml", [(("version",), 0)],
        "out-of-range", ("version",), False,
        "`version` should be at least 1, not `0`",
        "write a number that is at least 1",
    ),
    (
        "contract.yaml", [(("rates", "GBP"), Decimal("-1.27"))],
        "out-of-range", ("rates", "GBP"), False,
        "`rates.GBP` should be more than 0, not `-1.27`",
        "write a number that is more than 0",
    ),
    (
        "definitions.yaml", [((*LEAD, "budget", "decimals"), 9)],
        "out-of-range", (*LEAD, "budget", "decimals"), False,
        "`lead.fields.budget.decimals` should be at most 6, not `9`",
        "write a number that is at most 6",
    ),
    (
        "definitions.yaml", [(("records", "activity", "of", "person"), ["by = person.user_id"])],
        "out-of-range", ("records", "activity", "of"), False,
        "`activity.of` should be one parent record with its links, such as `{lead: [who_id = lead.lead_id]}`, not 2",
        "keep one",
    ),
    (
        "contract.yaml", [(("lists", "hot"), [])],
        "empty-value", ("lists", "hot"), False,
        "`lists.hot` is empty",
        "fill it, or remove it",
    ),
    (
        "definitions.yaml", [(("terms", "mql", "title"), "")],
        "empty-value", ("terms", "mql", "title"), False,
        "`mql.title` is empty",
        "fill it, or remove it",
    ),
    (
        "responsibilities.yaml", [((*CLOCK, "within"), "4 hours")],
        "clashing-keys", (*CLOCK, "within"), True,
        "`within` cannot stand beside `tiers` in `first_touch.clock`",
        "keep one of the two",
    ),
    (
        "responsibilities.yaml", [((*CLOCK, "tiers", 0, "otherwise"), True)],
        "clashing-keys", (*CLOCK, "tiers", 0, "otherwise"), True,
        "`otherwise` cannot stand beside `when` in entry 1 of `first_touch.clock.tiers`",
        "keep one of the two",
    ),
    (
        "contract.yaml", [(("calendars", "local", "time_zone"), "UTC")],
        "clashing-keys", ("calendars", "local", "time_zone"), True,
        "`time_zone` cannot stand beside `choose` in `local`",
        "keep one of the two",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", MESSAGES, ids=[f"{case[2]}: {case[5][:60]}" for case in MESSAGES])
def test_what_people_read(case: Case) -> None:
    file, edits, rule, pointer, key, message, help_ = case
    found = only(file, *edits)
    assert (found.rule, found.at, found.key) == (rule, Address(file, pointer), key)
    assert found.message == message
    assert found.help == help_


def test_every_rule_is_seen_in_a_message() -> None:
    assert {message[2] for message in MESSAGES} == {rule.name for rule in schema.RULES}


def test_a_key_without_a_value_is_told_from_a_wrong_one() -> None:
    data = edited("responsibilities.yaml")
    data["responsibilities"]["decision"]["target"] = None
    (found,) = schema.check("responsibilities.yaml", data)
    assert (found.rule, found.key) == ("empty-value", True)
    assert found.message == "`decision.target` has no value"
    assert found.help == "write a share above 0% and up to 100%, such as `95% per month`, or remove the key"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "`contract.yaml` has nothing in it"),
        ([], "`contract.yaml` should be a mapping, not a list"),
        ("agreed", "`contract.yaml` should be a mapping, not the text `agreed`"),
        (3, "`contract.yaml` should be a mapping, not the number `3`"),
    ],
)
def test_a_file_that_is_no_mapping(data: object, message: str) -> None:
    (found,) = schema.check("contract.yaml", data)
    assert (found.message, found.at) == (message, Address("contract.yaml"))


def test_all_that_is_wrong_comes_out_at_once_and_always_in_one_order() -> None:
    data = edited(
        "contract.yaml", (("titel",), "x"), (("version",), 0), (("currency",), "dollars"), (("lists", "Hot"), [])
    )
    assert [(one.rule, one.at and one.at.pointer) for one in schema.check("contract.yaml", data)] == [
        ("malformed", ("currency",)),
        ("bad-id", ("lists", "Hot")),
        ("empty-value", ("lists", "Hot")),
        ("unknown-key", ("titel",)),
        ("out-of-range", ("version",)),
    ]


def test_a_misspelt_key_is_not_called_missing_too() -> None:
    data = edited("contract.yaml", (("time_zon",), "UTC"), (("time_zone",), None))
    assert [one.rule for one in schema.check("contract.yaml", data)] == ["unknown-key"]


def test_a_long_text_is_shortened_and_kept_on_one_line() -> None:
    found = only("contract.yaml", (("currency",), "US\n" + "dollars " * 5000))
    assert len(found.message) < 150
    assert "\n" not in found.message + found.label + found.help


# --- any data ---------------------------------------------------------------------------------

WORDS = sorted({str(step) for path, _ in NODES for step in path.split("/")})
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**18), 10**18),
    st.decimals(allow_nan=False, allow_infinity=False, places=3),
    st.text(max_size=12),
    st.sampled_from(["95%", "4 hours", "mql", "2027-02-29", "collect", "at least 3"]),
)
KEYS = st.one_of(st.sampled_from(WORDS), st.text(max_size=8))
DATA = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=30
)


def there(data: Any, pointer: tuple[str | int, ...]) -> bool:
    for step in pointer:
        if isinstance(step, int) is not isinstance(data, list):
            return False
        if isinstance(data, list):
            if not 0 <= int(step) < len(data):
                return False
        elif not isinstance(data, dict) or step not in data:
            return False
        data = data[step]
    return True


def sound(file: str, data: Any) -> None:
    found = schema.check(file, data)
    kind = schema.kind_of(file)
    assert kind is not None
    assert bool(found) == any(True for _ in schema._validator(kind).iter_errors(data))
    assert len({(one.rule, one.at, one.key, one.message) for one in found}) == len(found)
    for one in found:
        assert one.at is not None
        assert one.at.file == file
        assert there(data, one.at.pointer)
        assert one.message
        assert "\n" not in one.message + one.label + one.help


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(CONTRACT)), DATA)
def test_any_data_gives_findings_and_never_an_exception(file: str, data: Any) -> None:
    sound(file, data)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(CONTRACT)), st.data())
def test_a_contract_with_any_one_part_replaced_gives_findings_and_never_an_exception(file: str, draw: Any) -> None:
    data = copy.deepcopy(CONTRACT[file])
    inner, keys = data, []
    for _ in range(draw.draw(st.integers(1, 5))):
        if not isinstance(inner, dict | list) or not inner:
            break
        keys.append((inner, draw.draw(st.sampled_from(list(inner) if isinstance(inner, dict) else range(len(inner))))))
        inner = keys[-1][0][keys[-1][1]]
    holder, key = keys[-1]
    holder[key] = draw.draw(DATA)
    if isinstance(holder, dict):
        holder[draw.draw(KEYS)] = draw.draw(DATA)
    sound(file, data)


# --- what is seen at once ---------------------------------------------------------------------

KEYWORDS: dict[str, Any] = {
    "type": st.sampled_from(
        ["string", "integer", "number", "boolean", "array", "object", "null", ["string", "number"], ["object", "array"]]
    ),
    "enum": st.lists(SCALARS | st.sampled_from([[1], [True], {"a": 1}]), min_size=1, max_size=4),
    "const": SCALARS,
    "required": st.lists(st.sampled_from(["a", "b"]), unique=True),
    "dependentRequired": st.dictionaries(st.sampled_from(["a", "b"]), st.lists(st.sampled_from(["a", "b", "c"]))),
    "minimum": st.integers(-3, 3),
    "maximum": st.integers(-3, 3),
    "exclusiveMinimum": st.integers(-3, 3),
    "minLength": st.integers(0, 3),
    "maxLength": st.integers(0, 3),
    "minItems": st.integers(0, 3),
    "minProperties": st.integers(0, 3),
    "maxProperties": st.integers(0, 3),
    "pattern": st.sampled_from([r"^[a-c]*\Z", "a", "^$", r"^[0-9]+\Z"]),
    "format": st.sampled_from(["date", "date-range", "email"]),
    "uniqueItems": st.booleans(),
    "title": st.just("a title"),
}


def with_parts(part: Any) -> Any:
    inner = part | st.booleans()
    named = st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3)
    several = st.lists(inner, min_size=1, max_size=3)
    return st.fixed_dictionaries(
        {},
        optional=KEYWORDS
        | {
            "properties": named,
            "additionalProperties": inner,
            "propertyNames": inner,
            "items": inner,
            "allOf": several,
            "anyOf": several,
            "not": st.fixed_dictionaries({"enum": st.lists(SCALARS, max_size=3)}) | inner,
            "if": st.fixed_dictionaries({"required": st.just(["a"])}) | inner,
            "then": inner,
            "else": inner,
        },
    )


A_SCHEMA = st.recursive(st.fixed_dictionaries({}, optional=KEYWORDS), with_parts, max_leaves=6)
ODD = st.sampled_from([Decimal("1.5"), 1.0, 2.5, "", "a", "abc", "2027-02-29"])
SMALL = st.recursive(
    st.none() | st.booleans() | st.integers(-4, 4) | ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=1_500, deadline=None)
@given(A_SCHEMA, SMALL)
def test_what_is_said_to_fit_fits_for_the_library_too(one: dict[str, Any], data: Any) -> None:
    if fits(data, one):
        library = Draft202012Validator(one, registry=Registry(), format_checker=schema._formats())
        assert not list(library.iter_errors(data))


@pytest.mark.parametrize("file", CONTRACT)
def test_of_a_contract_it_is_seen_at_once_whether_it_fits(file: str) -> None:
    """Whatever the library finds nothing in, with each entry replaced in turn, needs no library to say so."""
    kind = schema.kind_of(file)
    assert kind is not None
    whole = schema.schema_of(kind)
    library = Draft202012Validator(whole, registry=Registry(), format_checker=schema._formats())
    assert fits(CONTRACT[file], whole)
    for data in spoilt(CONTRACT[file]):
        assert fits(data, whole) == library.is_valid(data)


@pytest.mark.parametrize("kind", KINDS)
def test_every_keyword_of_the_schemas_is_one_that_is_seen_at_once(kind: str) -> None:
    known = fits_module._TESTS.keys() | fits_module._SAYS_NOTHING
    assert not {keyword for node in schemas_in(schema.schema_of(kind)) for keyword in node} - known


def schemas_in(node: dict[str, Any]) -> Any:
    """Give a schema and all that it is made of."""
    yield node
    for inner in node.get("properties", {}).values():
        yield from schemas_in(inner)
    for keyword in ("additionalProperties", "propertyNames", "items", "if", "then", "else", "not"):
        if isinstance(node.get(keyword), dict):
            yield from schemas_in(node[keyword])
    for keyword in ("allOf", "anyOf"):
        for inner in node.get(keyword, ()):
            yield from schemas_in(inner)
