"""Writes the pages of docs/ that are made from code, so that they cannot say anything that the code does not.

    python tools/gen_docs.py            writes them
    python tools/gen_docs.py --check    exits with 1, and names the pages, where one is stale

The commands come from the command line itself, the rules from their pages, the format of a contract and of a report
from the JSON Schemas, and the samples of a contract from the reference contract in contracts/.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import click

from slacli import cli
from slacli.core import catalog, criteria, rules, verdict
from slacli.core.duties import PARSERS
from slacli.core.plan.build import build
from slacli.core.plan.casts import Window
from slacli.core.text import parse, schema, yamltext
from slacli.findings import Rule
from slacli.model import Contract
from slacli.places import SourceMap

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
SCHEMAS = ROOT / "schemas"

Json = Mapping[str, Any]


def heading(title: str, source: str) -> list[str]:
    return [
        f"<!-- This page is made from {source} by tools/gen_docs.py: change those, then run `make docs`. -->",
        "",
        f"# {title}",
        "",
    ]


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lay rows out as a table; columns that say nothing at all are left out."""
    kept = [at for at in range(len(columns)) if any(row[at] for row in rows)]
    lines = [[columns[at] for at in kept], ["---"] * len(kept)]
    lines += [[row[at].replace("|", "\\|").replace("\n", " ") for at in kept] for row in rows]
    return [*("| " + " | ".join(line) + " |" for line in lines), ""]


def fenced(text: str, language: str = "yaml") -> list[str]:
    return [f"```{language}", *text.rstrip("\n").split("\n"), "```", ""]


def listed(words: Sequence[str], last: str = "or") -> str:
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def anchor(title: str) -> str:
    """Give the name by which a page links to one of its headings."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


# --- commands ---------------------------------------------------------------------------------

_CODES = (
    ("0", "Nothing was found at or above `--fail-on`, or the command looks for nothing."),
    ("1", "Something was found at or above `--fail-on`: a broken rule, a missed target."),
    ("2", "It could not run or could not judge: no such file, a contract with errors, an export that cannot be read "
          "safely. Nothing is known then, and it is never taken for a miss."),
    ("130", "It was stopped from the keyboard."),
)  # fmt: skip


def commands() -> str:
    lines = heading("The command line", "the commands themselves")
    context = click.Context(cli.cli, info_name="slacli")
    lines += [*_paragraphs(cli.cli.help or ""), *table(("Command", "What it does"), _overview())]
    lines += ["## Exit codes", "", *table(("Code", "Means"), _CODES)]
    lines += [
        "The report goes to the standard output, and what went wrong to the standard error. `NO_COLOR` in the "
        "environment does what `--no-color` does, and `COLUMNS` sets the width of the report.",
        "",
        *_options(cli.cli, context, "## Options of `slacli` itself"),
    ]
    for name in cli.COMMANDS:
        command = cli.cli.get_command(context, name)
        assert command is not None, name
        inner = click.Context(command, info_name=name, parent=context)
        lines += [f"## `slacli {name}`", "", *_paragraphs(command.help or "")]
        usage = " ".join(command.collect_usage_pieces(inner))
        lines += fenced(f"slacli {name} {usage}", "")
        lines += _arguments(command, inner)
        lines += _options(command, inner, "")
    return "\n".join(lines)


def _overview() -> list[tuple[str, str]]:
    return [(f"[`slacli {name}`](#slacli-{name})", line) for name, (_, line) in cli.COMMANDS.items()]


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        yield from (" ".join(paragraph.split()), "")


def _arguments(command: click.Command, context: click.Context) -> list[str]:
    found = [one for one in command.params if isinstance(one, click.Argument)]
    rows = [
        (
            f"`{one.make_metavar(context).strip('[].')}`",
            "needed" if one.required else "may be left out",
            "one or more" if one.nargs == -1 and one.required else "any number" if one.nargs == -1 else "one",
        )
        for one in found
    ]
    return table(("Argument", "", "How many"), rows) if rows else []


def _options(command: click.Command, context: click.Context, title: str) -> list[str]:
    rows = []
    for one in command.get_params(context):
        if not isinstance(one, click.Option) or one.hidden:
            continue
        names = ", ".join(f"`{name}`" for name in sorted(one.opts, key=len, reverse=True))
        takes = "" if one.is_flag or one.count else f" `{one.make_metavar(context)}`"
        default = one.get_default(context)
        shown = f"`{default}`" if one.show_default and default is not None and not one.is_flag else ""
        rows.append((names + takes, shown, one.help or ""))
    return [*([title, ""] if title else []), *table(("Option", "If left out", "What it does"), rows)] if rows else []


# --- rules ------------------------------------------------------------------------------------


def rule_groups() -> tuple[tuple[str, str, tuple[Rule[Any], ...]], ...]:
    """Give every rule once, in four groups with their titles and what they are about."""
    text = (parse.STRAY_FILE, parse.MISSING_FILE, *yamltext.RULES, *schema.RULES)
    taken = {rule.name for rule in (*text, *rules.RULES, *verdict.RULES)}
    rest = tuple(rule for rule in catalog.every() if rule.name not in taken)
    return (
        ("The text of a contract", "What files there are, how their YAML is written, and which keys they have.", text),
        ("References and criteria", "What names refer to, and what criteria say.", rest),
        (
            "The agreement itself",
            "What is wrong with an agreement although every line of it can be read.",
            rules.RULES,
        ),
        ("Data", "What `slacli check` finds in exports.", verdict.RULES),
    )


def rule_pages() -> str:
    lines = heading("Rules", "the pages of the rules in slacli/")
    lines += [
        "Everything that `slacli validate` and `slacli check` can report, by the name that stands in brackets behind "
        "the severity. `slacli rule NAME` prints the same page in a terminal.",
        "",
        *table(("Severity", "Means"), _SEVERITIES),
        "The samples are run as tests. One that begins with `# file:` is the whole text of that file; where it says "
        r"`(escaped)`, characters that cannot be shown are written as `\u202e`. Any other is laid over a small "
        "contract that nothing is wrong with, by its top-level keys: what it does not mention stays as it was, and "
        "`null` takes a key away.",
        "",
    ]
    groups = rule_groups()
    for title, about, found in groups:
        rows = [
            (f"[`{rule.name}`](#{rule.name})", rule.severity.word, catalog.first_sentence(rule))
            for rule in _by_name(found)
        ]
        lines += [f"## {title}", "", about, "", *table(("Rule", "Severity", "What is wrong"), rows)]
    for title, _, found in groups:
        lines += [f"## Pages: {title[0].lower()}{title[1:]}", ""]
        for rule in _by_name(found):
            lines += _rule_page(rule)
    return "\n".join(lines)


_SEVERITIES = (
    ("error", "Fails by default. A contract with one is not used to judge data."),
    ("warning", "Fails with `--fail-on warning`."),
    ("note", "Fails with `--fail-on note`."),
)


def _by_name(found: Sequence[Rule[Any]]) -> list[Rule[Any]]:
    return sorted(found, key=lambda rule: rule.name)


def _rule_page(rule: Rule[Any]) -> Iterator[str]:
    yield from (f"### {rule.name}", "", f"*{rule.severity.word.capitalize()}.* {catalog.first_sentence(rule)}", "")
    prose = re.split(r"^(?:Bad|Good):$", rule.page, maxsplit=1, flags=re.MULTILINE)[0]
    for paragraph in prose.split("\n\n")[1:]:
        text = " ".join(paragraph.split())
        if text:
            yield from (re.sub(r"^Why: ", "**Why:** ", text), "")
    for kind, sample in catalog.samples(rule):
        yield from ("Reported:" if kind == "bad" else "Right:", "", *fenced(sample))


# --- the format of a contract -----------------------------------------------------------------

CRITERIA = (
    ("a yes/no field is yes", "need_confirmed"),
    ("a term of the same record", "mql"),
    ("equal, and not equal", "region = 'EMEA'"),
    ("", "source <> 'Partner'"),
    ("less, more, at most, at least: for numbers, money, dates and times", "budget >= 10000"),
    ("", "timeframe < 6"),
    ("between two values, both included", "budget between 10000 and 50000"),
    ("one of several values, or none of them", "authority in ('CFO', 'VP')"),
    ("", "status not in ('Recycled', 'Disqualified')"),
    ("a value of a list of the cover", "source in hot"),
    ("a pattern: `%` is any text, `_` one character", "email_domain like '%.edu'"),
    ("", "company not like 'Test%'"),
    ("blank, and not blank", "rejected_at is blank"),
    ("", "owner is not blank"),
    ("a whole local day, in quotes", "created_at >= '2026-11-01'"),
    ("another field, as it is or some time later or earlier", "accepted_at > qualified_at"),
    ("", "accepted_at <= qualified_at + 2 days"),
    ("a quote inside a text is written twice", "company = 'O''Brien'"),
    ("all of several tests", "need_confirmed and budget >= 10000 and timeframe <= 6"),
    ("any of several tests", "region = 'AMER' or region = 'EMEA'"),
    ("the opposite of the one test behind it", "not competitor"),
    ("`and` beside `or` only with parentheses", "budget >= 10000 and (need_confirmed or timeframe <= 6)"),
)
"""What a criterion can say: in words, and as a line over the leads of the reference contract."""

CELLS = {
    "text": (
        "any text, without the blanks at its ends",
        ("Acme", "  Acme ", "00Q5f00000A1b2CEAV"),
        (),
    ),
    "ids": ("several texts, split by `;`", ("003A1;003A2", "003A1; 003A2"), ()),
    "integer": (
        "a whole number of up to 18 digits; zeros behind the point are no fraction",
        ("6", "-6", "6.0"),
        ("6.5", "1e3", "0x10", "six"),
    ),
    "number": ("a number with up to 12 digits before the point and 6 behind it", ("0.25", "-12"), ("1e3", "1,5")),
    "money": (
        "an amount; with `decimals` behind the point, 2 where nothing else is said",
        ("25000", "25000.50", "-3.5"),
        ("25k", "$25000", "0.125"),
    ),
    "yes_no": (
        "`true`, `yes` or `1`, and `false`, `no` or `0`, in small, capital or leading capital letters; "
        "or what `true_when` and `false_when` say",
        ("true", "Yes", "1", "FALSE", "no", "0"),
        ("maybe", "x"),
    ),
    "date": (
        "the same days as a time; the time of the day is dropped",
        ("2026-11-30", "11/30/2026", "30 Nov, 2026"),
        ("2026-02-30", "20261130", "next week"),
    ),
    "time": (
        "ISO 8601 with a blank or a `T`, to the day, minute or second, with an offset or without one; in the order of "
        "`date_order` a date with `/`, `-` or `.`; or a day with the English name of a month",
        ("2026-11-30 14:05:09", "2026-11-30T14:05:09Z", "2026-11-30T14:05:09.123+01:00", "2026-11-30 14:05",
         "2026-11-30", "11/30/2026 2:05 PM", "11/30/26 14:05", "30 Nov 2026"),
        ("2026-11-30 24:00:00", "infinity", "45991", "13/31/2026"),
    ),
}  # fmt: skip
"""What a cell of each type may hold, with cells that are read and cells that are not (dates in the order `mdy`)."""


@dataclass(frozen=True)
class Part:
    """A mapping of the format: a heading for it, its schema, and the file that its references are relative to."""

    title: str
    node: Json
    file: str


@dataclass
class Format:
    """The page of the format while it is written."""

    contract: Contract
    sources: SourceMap
    unjudged: Mapping[str, str]
    file: str = ""
    lines: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)

    def head(self, level: int, title: str) -> None:
        assert title not in self.titles, f"two headings are called {title}"
        self.titles.append(title)
        self.lines += [f"{'#' * level} {title}", ""]


@cache
def raw(name: str) -> Any:
    return json.loads((SCHEMAS / name).read_text("utf-8"))


def resolved(node: Json, file: str) -> tuple[dict[str, Any], str]:
    """Give a node with what it refers to laid under it, and the file that its own references are relative to."""
    if "$ref" not in node:
        return dict(node), file
    name, _, pointer = node["$ref"].partition("#")
    target = raw(name or file)
    for step in pointer.split("/")[1:]:
        target = target[step]
    under, where = resolved(target, name or file)
    return {**under, **{key: value for key, value in node.items() if key != "$ref"}}, where


FILES = (
    ("contract.yaml", "contract.schema.json"),
    ("definitions.yaml", "definitions.schema.json"),
    ("responsibilities.yaml", "responsibilities.schema.json"),
    ("goals.yaml", "goals.schema.json"),
    ("holidays.yaml", "holidays.schema.json"),
    ("bindings/*.yaml", "binding.schema.json"),
    ("evidence.yaml", "evidence.schema.json"),
    ("disputes.yaml", "disputes.schema.json"),
    ("waivers.yaml", "waivers.schema.json"),
)


def format_page() -> str:
    read = parse.parse(_reference())
    assert read.contract is not None, [found.message for found in read.findings]
    page = Format(read.contract, read.sources, _unjudged(read.contract))
    page.lines += heading("The contract folder", "schemas/, contracts/ and the criteria grammar")
    page.lines += [
        "A contract is a folder of YAML files, by default `contracts/`. Names of parts are ids: small letters, digits "
        "and `_`. Unknown keys, unknown files and references to what does not exist are errors, so that nothing that "
        "was agreed is passed over. The YAML is a strict part of the language that every program reads alike: see "
        f"{_rule('quote-this')}, {_rule('duplicate-key')} and {_rule('yaml-feature')}.",
        "",
        "Each file may begin with a line such as "
        "`# yaml-language-server: $schema=../schemas/contract.schema.json`: editors then complete and explain it.",
        "",
        *table(("File", "", "What it says"), [_file_row(*one) for one in FILES]),
        "`signatures/` is kept for what was signed; this release does not read it. Any other file is an error.",
        "",
        "In the tables below, *If left out* says what holds where a key is not written.",
        "",
    ]
    for name, file in FILES:
        _file(page, name, file)
        if name == "definitions.yaml":
            _criteria(page)
        elif name == "bindings/*.yaml":
            _cells(page)
    _small_things(page)
    return "\n".join(page.lines)


def _reference() -> dict[str, bytes]:
    folder = ROOT / "contracts"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.yaml"))}


def _rule(name: str) -> str:
    assert catalog.named(name), name
    return f"[`{name}`](rules.md#{name})"


def _unjudged(contract: Contract) -> dict[str, str]:
    """Give the kinds of duty that this release does not judge, and `goals`, with the reason that a check prints."""
    gaps = {(gap.kind, gap.subject): gap.reason for gap in build(contract, (), Window(2026, 2027)).not_checked}
    found = {
        owed.duty.kind: gaps["responsibility", owed.id]
        for owed in contract.responsibilities.values()
        if gaps.get(("responsibility", owed.id), "").endswith("by this release")
    }
    kinds = {owed.duty.kind for owed in contract.responsibilities.values()}
    assert kinds == set(PARSERS), f"the reference contract has no {set(PARSERS) - kinds}"
    goals = {reason for (kind, _), reason in gaps.items() if kind == "goal"}
    return {**found, **({"goals": goals.pop()} if goals else {})}


def _file_row(name: str, file: str) -> tuple[str, str, str]:
    needed = "needed" if name in {parse.COVER, parse.DEFINITIONS} else ""
    return f"[`{name}`](#{anchor(name)})", needed, raw(file)["description"]


def _file(page: Format, name: str, file: str) -> None:
    node = raw(file)
    page.file = name.replace("*", "salesforce_leads")
    page.head(2, name)
    page.lines += [node["description"], ""]
    if "goals" in page.unjudged and name == "goals.yaml":
        page.lines += [f"**{_sentence(page.unjudged['goals'])}** They are read, validated and shown.", ""]
    if isinstance(node.get("additionalProperties"), dict):
        inner, where = resolved(node["additionalProperties"], file)
        page.lines += [f"Each key is {_names(node)}. {inner['description']}", ""]
        _part(page, Part(f"a calendar of {name}", inner, where), level=3, shown="")
        return
    _part(page, Part("", node, file), level=3, shown="")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _names(node: Json) -> str:
    says = resolved(node.get("propertyNames", {}), "values.schema.json")[0]
    return says.get("x-says") or "a value of the data"


def _part(page: Format, part: Part, level: int, shown: str) -> None:
    """Write the table of a mapping and, below it, those of the mappings in it."""
    below: list[tuple[str, Part, str]] = []
    notes = _conditions(part.node)
    needed = part.node.get("required", ())
    rows = []
    for key, value in part.node.get("properties", {}).items():
        node, file = resolved(value, part.file)
        inner, entries = _inner(node, file)
        title = f"`{key}` of `{part.title}`" if part.title else f"`{key}`"
        holds = _holds(node, file)
        if inner is not None:
            below.append((key, Part(title, inner[0], inner[1]), entries))
            holds = f"[{'a mapping' if not entries else entries}](#{anchor(title)})"
            if "string" in node.get("type", ()):
                holds = f"{node['x-says']}: [see below](#{anchor(title)})"
        left_out = "**needed**" if key in needed else _default(node)
        said = [node["description"], *notes.get(key, ())]
        if part.title == "responsibilities" and key in page.unjudged:
            said.append(f"**{_sentence(page.unjudged[key])}**")
        rows.append((f"`{key}`", holds, left_out, " ".join(said), _example(key, node)))
    page.lines += table(("Key", "What it holds", "If left out", "What it says", "Example"), rows)
    if shown:
        page.lines += fenced(shown)
    for key, inner_part, entries in below:
        page.head(min(level, 4), inner_part.title)
        outer = resolved(part.node["properties"][key], part.file)[0]
        page.lines += [outer["description"], ""]
        if entries == "names and mappings":
            page.lines += [f"Each key below `{key}` is {_names(outer)}. {inner_part.node['description']}", ""]
        elif entries == "a list of mappings":
            page.lines += [f"Each entry: {inner_part.node['description']}", ""]
        if part.title == "responsibilities" and key in page.unjudged:
            page.lines += [f"**{_sentence(page.unjudged[key])}** It is read, validated and shown.", ""]
        called = Part(key, inner_part.node, inner_part.file)
        _part(page, called, level + 1, _sample(page, key) if level == 3 or part.title == "responsibilities" else "")


def _inner(node: Json, file: str) -> tuple[tuple[Json, str] | None, str]:
    """Give the mapping inside a node that has a table of its own, and what holds it, or None."""
    if isinstance(node.get("additionalProperties"), dict):
        entry, where = resolved(node["additionalProperties"], file)
        if _has_table(entry):
            return (entry, where), "names and mappings"
        return None, ""
    if isinstance(node.get("items"), dict):
        entry, where = resolved(node["items"], file)
        if _has_table(entry):
            return (entry, where), "a list of mappings"
    return ((node, file), "") if _has_table(node) else (None, "")


def _has_table(node: Json) -> bool:
    properties = node.get("properties", {})
    return len(properties) > 1 or (bool(properties) and node.get("type") == "object")


def _holds(node: Json, file: str) -> str:
    if "enum" in node:
        values = [_code(value) for value in node["enum"]]
        return listed(values)
    if "x-says" in node:
        return str(node["x-says"])
    if isinstance(node.get("additionalProperties"), dict):
        value = resolved(node["additionalProperties"], file)[0]
        return f"names and values: {_names(node)}, and {_holds(value, file)}"
    return {"boolean": "`true` or `false`", "integer": "a whole number", "string": "text"}[node["type"]]


def _code(value: object) -> str:
    """Write a plain value as it stands in a contract."""
    return f"`{_flow(value)}`"


_PLAIN = re.compile(r"[A-Za-z0-9(/][\w./()%+<>=*' -]*[\w./()%']|[A-Za-z0-9]|[0-9-]+(\.\.[0-9-]+)?")


def _flow(value: object, *, inside: bool = False) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(k, inside=True)}: {_flow(v, inside=True)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(one, inside=True) for one in value) + "]"
    if not isinstance(value, str):
        return json.dumps(value)
    plain, remark = yamltext.scalars.plain(value)
    sure = remark is None and isinstance(plain, str | int) and not isinstance(plain, bool)
    simple = _PLAIN.fullmatch(value) or (not inside and value.isprintable() and value[0].isalnum())
    if (sure or _is_decimal(value)) and simple and ": " not in value and " #" not in value:
        return value
    shown = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in shown)


def _is_decimal(text: str) -> bool:
    return re.fullmatch(r"-?[0-9]+\.[0-9]+", text) is not None


def _default(node: Json) -> str:
    return _code(node["default"]) if "default" in node else ""


def _example(key: str, node: Json) -> str:
    if "examples" in node:
        return f"`{key}: {_flow(node['examples'][0])}`"
    if "enum" in node:
        return f"`{key}: {_flow(node['enum'][-1])}`"
    return f"`{key}: true`" if node.get("type") == "boolean" else ""


def _conditions(node: Json) -> dict[str, list[str]]:
    """Say in words which keys need or exclude each other."""
    found: dict[str, list[str]] = {}
    for one in (node, *node.get("allOf", ())):
        deciding = [f"`{key}`" for key in one.get("if", {}).get("required", ())]
        for branch, word in (("then", "with"), ("else", "without")):
            told = one.get(branch, {})
            for key in told.get("required", ()):
                found.setdefault(key, []).append(f"Needed {word} {listed(deciding)}.")
            for key in told.get("propertyNames", {}).get("not", {}).get("enum", ()):
                found.setdefault(key, []).append(f"Never beside `{told['propertyNames']['x-beside']}`.")
    for key, others in node.get("dependentRequired", {}).items():
        found.setdefault(key, []).append(f"Only with {listed([f'`{other}`' for other in others], 'and')}.")
    return found


def _sample(page: Format, key: str) -> str:
    """Give the text of the reference contract below a key, cut after its first entry where it is long."""
    keys = page.sources.keys
    found = [at for at in keys if at.file == page.file and at.pointer[-1] == key and len(at.pointer) in {1, 3}]
    if not found:
        return ""
    at = min(found, key=lambda one: (len(one.pointer), keys[one]))
    stop = page.sources.span(at).end_line
    if stop - keys[at].line > _LONGEST_SAMPLE:
        entries = [one for one in page.sources.values if one.parent == at]
        stop = page.sources.span(min(entries, key=page.sources.span)).end_line
    lines = page.sources.texts[page.file].split("\n")[keys[at].line - 1 : stop]
    return "\n".join(line[keys[at].column - 1 :] for line in lines)


_LONGEST_SAMPLE = 12


def _criteria(page: Format) -> None:
    """Write what a criterion can say, with examples that were read, and the grammar that reads them."""
    lead = page.contract.records["lead"]
    terms = {term.id: term.record for term in page.contract.terms.values()}
    scope = criteria.Scope(lead, terms, page.contract.lists, page.contract.records)
    for _, text in CRITERIA:
        tree, faults = criteria.read(text, scope)
        assert tree is not None, (text, faults)
    page.head(3, "Criteria")
    page.lines += [
        "A criterion is one line about one row of a record. It is true, false or unclear.",
        "",
        *table(("Says", "For example"), [(says, f"`{text}`") for says, text in CRITERIA]),
        "A test of a blank, unreadable or not allowed value is unclear, and so is one of a field that no export "
        "at hand has; only `is blank` and `is not blank` tell a blank from a value. `and`, `or` and `not` carry "
        "unclear on: `and` is false where one side is false, `or` is true where one side is true, whatever the other "
        "is. A time that is known to the minute or to the day is compared as that whole minute or day: where that "
        "does not decide, the test is unclear.",
        "",
        "`not` binds before `and` and `or`. Text stands in single quotes and is compared letter by letter, unless the "
        "field says `ignore_case`. In YAML a criterion needs double quotes around it where it begins with a quote, "
        "holds `: ` or ` #`, or stands inside `{}` or `[]` with a comma in it.",
        "",
        "There are no functions and no patterns but `like`. This is the whole grammar:",
        "",
        *fenced(_grammar(), ""),
    ]


def _grammar() -> str:
    text = (ROOT / "slacli" / "core" / "criteria" / "grammar.lark").read_text("utf-8")
    rules_of_grammar = re.search(r"^\?criterion: .*?(?=^EQUAL: )", text, re.MULTILINE | re.DOTALL)
    assert rules_of_grammar is not None
    return re.sub(r"^// .*\n", "", rules_of_grammar[0], flags=re.MULTILINE).strip("\n")


def _cells(page: Format) -> None:
    """Write what a cell of an export may hold."""
    page.head(3, "How cells are read")
    page.lines += [
        "Types come from the fields, never from a guess at the data. What has none of these shapes is unreadable: it is "
        "counted and reported, every test of it is unclear, and above the share of `unreadable` the export is not "
        "judged. A value that can be read and that the field does not allow (`one_of`, `from`, `to`) is reported, and "
        "every test of it is unclear; it does not count as unreadable.",
        "",
    ]
    rows = [
        (f"`{kind}`", what, listed([f"`{cell}`" for cell in good], "and"), listed([f"`{cell}`" for cell in bad]))
        if bad
        else (f"`{kind}`", what, listed([f"`{cell}`" for cell in good], "and"), "")
        for kind, (what, good, bad) in CELLS.items()
    ]
    page.lines += table(("Type", "What a cell may hold", "Read", "Not read"), rows)
    page.lines += [
        "Numbers may be grouped by `thousands` and have the sign of `decimal` where the binding says so. A year of two "
        "digits is one of this century. A day without a time is the whole day, a time without seconds the whole "
        "minute. A local time that happens twice, when clocks are set back, is both; one that never happens is read "
        f"after the gap and reported as {_rule('time-in-gap')}.",
        "",
    ]


def _small_things(page: Format) -> None:
    page.head(2, "Small things")
    page.lines += ["What several files share.", ""]
    rows = []
    for name, node in raw("values.schema.json")["$defs"].items():
        examples = ", ".join(_code(one) for one in node.get("examples", ()))
        rows.append((name.replace("_", " "), node["description"], examples))
    page.lines += table(("What", "How it is written", "Examples"), rows)


# --- the report -------------------------------------------------------------------------------


def report_page() -> str:
    node = raw("report.schema.json")
    lines = heading("The report as JSON", "schemas/report.schema.json")
    lines += [
        node["description"],
        "",
        "`slacli check leads.csv --format json --output report.json` writes it; `slacli validate --format json` writes "
        "the same shape. The schema is `schemas/report.schema.json`. Every key is always there, unless it says that it "
        "may be missing. Shares are exact fractions beside a rounded percentage, so that no reader has to trust a "
        "rounded one. Read `summary` for what it comes to, `outcomes` for the figures and `findings` for what to do.",
        "",
        *_keys(node),
    ]
    for name, inner in node["$defs"].items():
        lines += [f"## {name.replace('_', ' ')}", "", inner["description"], "", *_keys(inner)]
    return "\n".join(lines)


def _keys(node: Json) -> list[str]:
    return table(("Key", "Holds", "What it says"), list(_key_rows(node, "")))


def _key_rows(node: Json, prefix: str) -> Iterator[tuple[str, str, str]]:
    """Give a row for each key of a mapping and, below it, for each key of the mappings that it holds itself."""
    for key, value in node["properties"].items():
        said = value["description"] + ("" if key in node.get("required", ()) else " May be missing.")
        yield f"`{prefix}{key}`", _type(value), said
        for step, inner in ((".", value), ("[].", value.get("items", {})), (".", _other_than_null(value))):
            if "properties" in inner:
                yield from _key_rows(inner, f"{prefix}{key}{step}")


def _other_than_null(node: Json) -> Json:
    return next((one for one in node.get("anyOf", ()) if one.get("type") != "null"), {})


def _type(node: Json) -> str:
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2].replace("_", " ")
        return f"[{name}](#{anchor(name)})"
    if "const" in node:
        return f"`{node['const']}`"
    if "enum" in node:
        return listed([f"`{value}`" if value is not None else "null" for value in node["enum"]])
    if "anyOf" in node:
        return f"{_type(_other_than_null(node))} or null"
    if isinstance(node["type"], list):
        return listed([_type({"type": one}) for one in node["type"]])
    if node["type"] == "array":
        return f"list: {_type(node['items'])}"
    if node["type"] == "object":
        values = node.get("additionalProperties")
        return f"mapping to {_type(values)}" if isinstance(values, dict) else "mapping"
    return {"integer": "whole number", "boolean": "true or false", "string": "text", "null": "null"}[node["type"]]


PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": commands,
    "rules.md": rule_pages,
    "format.md": format_page,
    "report.md": report_page,
}


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with `--check` say which are stale."""
    if any(argument != "--check" for argument in arguments):
        print(f"usage: python {Path(__file__).name} [--check]", file=sys.stderr)
        return 2
    stale = []
    for name, make in PAGES.items():
        path = DOCS / name
        text = make().rstrip("\n") + "\n"
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        stale.append(f"docs/{name}")
        if "--check" not in arguments:
            path.write_text(text, "utf-8")
    if "--check" in arguments:
        for name in stale:
            print(f"{name} is stale: run `make docs`", file=sys.stderr)
        return 1 if stale else 0
    print("\n".join(f"wrote {name}" for name in stale) or "nothing to write")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
