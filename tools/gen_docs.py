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
from slacli.core import catalog, changes, criteria, rules, verdict
from slacli.core.dialects import DIALECTS, Dialect
from slacli.core.duties import PARSERS
from slacli.core.text import parse, scalars, schema, yamltext
from slacli.core.trust import pages as signatures
from slacli.findings import Rule
from slacli.model import Contract
from slacli.places import Address, SourceMap

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
SCHEMAS = ROOT / "schemas"

Json = Mapping[str, Any]


# --- Markdown ---------------------------------------------------------------------------------


def opening(title: str, source: str) -> list[str]:
    """Give the first lines of a page: what it is made from, how it is renewed, and its title."""
    return [
        f"<!-- Made from {source} by tools/gen_docs.py: change those, then run `make docs`. -->",
        "",
        f"# {title}",
        "",
    ]


def prose(text: str) -> list[str]:
    """Give the paragraphs of a text, each on one line."""
    return [line for paragraph in text.split("\n\n") for line in (" ".join(paragraph.split()), "")]


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Give rows as a table; a column that says nothing at all is left out."""
    kept = [at for at in range(len(columns)) if any(row[at] for row in rows)]
    lines = [[columns[at] for at in kept], ["---"] * len(kept)]
    lines += [[row[at].replace("|", "\\|") for at in kept] for row in rows]
    return [*("| " + " | ".join(line) + " |" for line in lines), ""]


def fenced(text: str, language: str = "yaml") -> list[str]:
    return [f"```{language}", *text.strip("\n").split("\n"), "```", ""]


def listed(words: Sequence[str], last: str = "or") -> str:
    return f" {last} ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def anchor(title: str) -> str:
    """Give the name by which pages link to a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


# --- commands ---------------------------------------------------------------------------------

_CODES = (
    ("0", "Nothing was found at or above `--fail-on`, or the command looks for nothing."),
    ("1", "Something was found at or above `--fail-on`: a broken rule, a missed target."),
    ("2", "It could not run or could not judge: no such file, a contract with errors, an export that cannot be read."),
    ("130", "It was stopped from the keyboard."),
)


def commands() -> str:
    context = cli.cli.make_context("slacli", [], resilient_parsing=True)
    overview = [(f"[`slacli {name}`](#slacli-{name})", line) for name, (_, line) in cli.COMMANDS.items()]
    lines = opening("The command line", "the commands in slacli/cli/")
    lines += prose((cli.cli.help or "").partition("\n\nExit codes:")[0])
    lines += table(("Command", "What it does"), overview)
    lines += ["## Exit codes", "", *table(("Code", "Means"), _CODES)]
    lines += prose("""
        A build can therefore tell a broken agreement (1) from a run that says nothing about it (2). The report goes to
        the standard output; what went wrong with the run goes to the standard error.
    """)
    lines += ["## Options of `slacli` itself", "", *_options(cli.cli, context)]
    for name in cli.COMMANDS:
        command = cli.cli.get_command(context, name)
        assert command is not None, name
        inner = click.Context(command, info_name=name, parent=context)
        lines += _command(command, inner, name)
        for part in command.list_commands(inner) if isinstance(command, click.Group) else ():
            below = command.get_command(inner, part)
            assert below is not None, part
            lines += _command(below, click.Context(below, info_name=part, parent=inner), f"{name} {part}")
    return "\n".join(lines)


def _command(command: click.Command, context: click.Context, name: str) -> list[str]:
    lines = [f"## `slacli {name}`", "", *prose(command.help or "")]
    lines += fenced(" ".join(("slacli", name, *command.collect_usage_pieces(context))), "")
    return [*lines, *_arguments(command, context), *_options(command, context)]


def _arguments(command: click.Command, context: click.Context) -> list[str]:
    rows = []
    for one in command.params:
        if isinstance(one, click.Argument):
            several = ("one or more" if one.required else "any number") if one.nargs == -1 else "one"
            name = re.sub(r"^\[(.*)\]$", r"\1", one.make_metavar(context).removesuffix("..."))
            rows.append((f"`{name}`", several, "**needed**" if one.required else ""))
    return table(("Argument", "How many", "If left out"), rows) if rows else []


def _options(command: click.Command, context: click.Context) -> list[str]:
    rows = []
    for one in command.get_params(context):
        if not isinstance(one, click.Option) or one.hidden:
            continue
        names = ", ".join(f"`{name}`" for name in sorted((*one.opts, *one.secondary_opts), key=len, reverse=True))
        takes = "" if one.is_flag else f" `{one.make_metavar(context)}`"
        default = f"`{one.get_default(context)}`" if one.show_default and not one.is_flag else ""
        rows.append((names + takes, default, one.help or ""))
    return table(("Option", "If left out", "What it does"), rows)


# --- rules ------------------------------------------------------------------------------------

_SEVERITIES = (
    ("error", "Fails by default. A contract that has one judges no data."),
    ("warning", "Fails with `--fail-on warning`."),
    ("note", "Fails with `--fail-on note`."),
)

Group = tuple[str, str, Sequence[Rule[Any]]]


def rule_groups() -> tuple[Group, ...]:
    """Give every rule once, in groups with a title and a line on what they are about."""
    text = (parse.STRAY_FILE, parse.MISSING_FILE, *yamltext.RULES, *schema.RULES)
    told: tuple[Rule[Any], ...] = (*text, *rules.RULES, *verdict.RULES, *changes.RULES, *signatures.RULES)
    taken = {rule.name for rule in told}
    others = [rule for rule in catalog.every() if rule.name not in taken]
    groups: tuple[Group, ...] = (
        ("The text of a contract", "Which files there are, how their YAML is written, which keys they have.", text),
        ("References and criteria", "What names refer to, and what criteria say.", others),
        ("The agreement itself", "What is wrong with an agreement of which every line can be read.", rules.RULES),
        ("Data", "What `slacli check` finds in exports.", verdict.RULES),
        ("Changes", "What can differ between two versions.", changes.RULES),
        ("Signatures", "What `slacli verify` finds in `signatures/`, and in the text next to it.", signatures.RULES),
    )
    return tuple((title, about, _by_name(found)) for title, about, found in groups)


def _by_name(found: Sequence[Rule[Any]]) -> list[Rule[Any]]:
    return sorted(found, key=lambda rule: rule.name)


def rule_pages() -> str:
    lines = opening("Rules", "the pages of the rules in slacli/core/")
    lines += prose("""
        Everything that `slacli validate`, `slacli check` and `slacli verify` can report, and every kind of change. A
        finding names its rule in brackets:
        `error[undefined-term]`. `slacli rule undefined-term` prints the page below in a terminal.
    """)
    lines += table(("Severity", "Means"), _SEVERITIES)
    lines += prose(r"""
        Every sample is run as a test. One that begins with `# file:` is the whole text of that file; where it says
        `(escaped)`, characters that cannot be shown are written as in `\u202e`. Any other sample is laid over a small
        contract that nothing is wrong with, by its top-level keys: what it does not mention stays as it was, and
        `null` takes a key away. A change shows what was there before and after it; a side that is left out is the small
        contract itself.
    """)
    groups = rule_groups()
    for title, about, found in groups:
        rows = [(f"[`{one.name}`](#{one.name})", one.severity.word, catalog.first_sentence(one)) for one in found]
        lines += [f"## {title}", "", about, "", *table(("Rule", "Severity", "What is wrong"), rows)]
    for title, _, found in groups:
        lines += [f"## Pages: {title[0].lower()}{title[1:]}", ""]
        for rule in found:
            lines += _rule_page(rule)
    return "\n".join(lines)


def _rule_page(rule: Rule[Any]) -> Iterator[str]:
    yield from (f"### {rule.name}", "", f"*{sentence(rule.severity.word)}* {catalog.first_sentence(rule)}", "")
    told = re.split(r"^(?:Bad|Good|Before|After):$", rule.page, maxsplit=1, flags=re.MULTILINE)[0].partition("\n\n")[2]
    yield from (re.sub(r"^Why: ", "**Why:** ", line) for line in prose(told.strip()))
    for kind, sample in catalog.samples(rule):
        heads = {"bad": "Reported:", "good": "Right:", "before": "Before:", "after": "After:"}
        yield from (heads[kind], "", *fenced(sample))


# --- the format of a contract -----------------------------------------------------------------

CRITERIA = (
    ("a yes/no field is yes", "need_confirmed"),
    ("a term of the same record is met", "mql"),
    ("equal, not equal", "region = 'EMEA'"),
    ("", "source <> 'Partner'"),
    ("less, more, at most, at least (numbers, money, dates, times)", "budget >= 10000"),
    ("", "timeframe < 6"),
    ("between two values, both included", "budget between 10000 and 50000"),
    ("one of several values, none of several values", "authority in ('CFO', 'VP')"),
    ("", "status not in ('Recycled', 'Disqualified')"),
    ("a value of a list of the cover", "source in hot"),
    ("a pattern: `%` is any text, `_` is one character", "email_domain like '%.edu'"),
    ("", "company not like 'Test%'"),
    ("blank, not blank", "rejected_at is blank"),
    ("", "owner is not blank"),
    ("a whole local day, in quotes", "created_at >= '2026-11-01'"),
    ("another field, as it is or some time later or earlier", "accepted_at > qualified_at"),
    ("", "accepted_at <= qualified_at + 2 days"),
    ("a quote inside a text is written twice", "company = 'O''Brien'"),
    ("all of several tests", "need_confirmed and budget >= 10000 and timeframe <= 6"),
    ("any of several tests", "region = 'AMER' or region = 'EMEA'"),
    ("the opposite of the one test behind it", "not competitor"),
    ("`and` beside `or`, only with parentheses", "budget >= 10000 and (need_confirmed or timeframe <= 6)"),
)
"""What a criterion can say: in words, and as a line over the leads of the reference contract."""


@dataclass(frozen=True)
class Cell:
    """What a cell of a type may hold, with cells that are read and cells that are not (dates in the order `mdy`)."""

    type: str
    holds: str
    read: tuple[str, ...]
    refused: tuple[str, ...] = ()


CELLS = (
    Cell("text", "any text; blanks at its ends do not count", ("Acme", "  Acme ")),
    Cell("ids", "several texts, split by `;`", ("003A1;003A2", "003A1; 003A2")),
    Cell("integer", "a whole number of up to 18 digits", ("6", "-6", "6.0"), ("6.5", "1e3", "0x10", "six")),
    Cell("number", "up to 12 digits before the point and 6 behind it", ("0.25", "-12"), ("1e3", "1,5")),
    Cell("money", "as a number, with 2 digits behind the point or as many as `decimals` says",
         ("25000", "25000.50", "$25000", "25000 USD"), ("25k", "0.125")),
    Cell("yes_no", "`true`, `yes` or `1`; `false`, `no` or `0`; or what `true_when` and `false_when` say",
         ("true", "Yes", "1", "FALSE"), ("maybe", "x")),
    Cell("date", "what a time may hold; the time of day does not count",
         ("2026-11-30", "11/30/2026", "30 Nov, 2026"), ("2026-02-30", "20261130", "next week")),
    Cell("time", "ISO 8601; a date in the order of `date_order` with `/`, `-` or `.`; a day with its month by name",
         ("2026-11-30 14:05:09", "2026-11-30T14:05:09.123+01:00", "2026-11-30 14:05", "2026-11-30",
          "11/30/2026 2:05 PM", "11/30/26 14:05", "30 Nov 2026"),
         ("2026-11-30 24:00:00", "infinity", "45991", "13/31/2026")),
)  # fmt: skip

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

_SAMPLE_BINDING = "bindings/salesforce_leads.yaml"
_LONGEST_SAMPLE = 16


@dataclass
class Page:
    """The page of the format while it is written: what it is made from, and the headings so far."""

    contract: Contract
    sources: SourceMap
    lines: list[str] = field(default_factory=list)
    titles: set[str] = field(default_factory=set)

    def head(self, level: int, title: str) -> None:
        assert title not in self.titles, f"two headings are called {title}"
        self.titles.add(title)
        self.lines += [f"{'#' * level} {title}", ""]


@dataclass(frozen=True)
class Mapped:
    """A mapping with keys of its own: the key that it stands below, its schema, and where references start from.

    `entries` is how many of it there are: one, one for each name, or a list of them.
    """

    key: str
    node: Json
    file: str
    entries: str = "a mapping"


def format_page() -> str:
    folder = ROOT / "contracts"
    read = parse.parse({path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.yaml")})
    assert read.contract is not None, [found.message for found in read.findings]
    page = Page(read.contract, read.sources)
    page.lines += opening("The contract folder", "schemas/, contracts/ and slacli/core/criteria/grammar.lark")
    page.lines += prose(f"""
        A contract is a folder of YAML files, by default `contracts/`. Its parts are named by ids: small letters, digits
        and `_`. Unknown files, unknown keys and names that nothing defines are errors, so that nothing that was agreed
        is passed over. The YAML is the part of the language that every program reads alike: see {_rule("quote-this")},
        {_rule("duplicate-key")} and {_rule("yaml-feature")}.

        A file may begin with a line such as `# yaml-language-server: $schema=../schemas/contract.schema.json`; editors
        then complete and explain it.
    """)
    needed = {parse.COVER, parse.DEFINITIONS}
    files = [
        (f"[`{name}`](#{anchor(name)})", "**needed**" if name in needed else "", _file(file)["description"])
        for name, file in FILES
    ]
    page.lines += table(("File", "If left out", "What it says"), files)
    page.lines += prose("""
        What `signatures/` holds is written by slacli and never by hand ([signing](signing.md)). In the tables below,
        *If left out* says what holds where a key is not written.
    """)
    for name, file in FILES:
        _whole_file(page, name, file)
        if name == parse.DEFINITIONS:
            _criteria(page)
        elif name == "bindings/*.yaml":
            _cells(page)
    _small_things(page)
    return "\n".join(page.lines)


def _rule(name: str) -> str:
    assert catalog.named(name), name
    return f"[`{name}`](rules.md#{name})"


@cache
def _file(name: str) -> Any:
    return json.loads((SCHEMAS / name).read_text("utf-8"))


def _resolved(node: Json, file: str) -> tuple[Json, str]:
    """Give a node with what it refers to laid under it, and the file that its own references start from."""
    if "$ref" not in node:
        return node, file
    name, _, pointer = node["$ref"].partition("#")
    target = _file(name or file)
    for step in pointer.split("/")[1:]:
        target = target[step]
    under, where = _resolved(target, name or file)
    return {**under, **{key: value for key, value in node.items() if key != "$ref"}}, where


def _whole_file(page: Page, name: str, file: str) -> None:
    node = _file(file)
    sample = name if name in page.sources.texts else _SAMPLE_BINDING
    page.head(2, name)
    page.lines += [node["description"], ""]
    if "properties" in node:
        _keys(page, Mapped("", node, file), 3, sample)
        return
    _entries(page, node, file, "names and mappings")
    _keys(page, Mapped(name, *_resolved(node["additionalProperties"], file)), 3, sample)
    page.lines += fenced(_source(page, min(at for at in page.sources.keys if at.file == sample)))


def _entries(page: Page, node: Json, file: str, entries: str) -> None:
    """Say what the entries of a mapping or of a list are."""
    if entries == "a list of mappings":
        about = _resolved(node["items"], file)[0]["description"]
        page.lines += [f"Each entry of the list is {about[0].lower()}{about[1:]}", ""]
    elif entries == "names and mappings":
        entry = node["additionalProperties"]
        about = _resolved({"$ref": entry["$ref"]} if "$ref" in entry else entry, file)[0]["description"]
        page.lines += [f"Each entry is named by {_names(node)}. {about}", ""]


def _keys(page: Page, mapped: Mapped, level: int, sample: str) -> None:
    """Write the table of a mapping, and below it those of the mappings in it."""
    notes = _conditions(mapped.node)
    rows, below = [], []
    for key, value in mapped.node["properties"].items():
        node, file = _resolved(value, mapped.file)
        inner = _mapping_in(key, node, file)
        title = f"`{key}` of `{mapped.key}`" if mapped.key else f"`{key}`"
        says = [node["description"], *notes.get(key, ())]
        holds = _holds(node, file)
        if inner is not None:
            below.append((title, node, file, inner))
            seen = f"(#{anchor(title)})"
            holds = f"{holds} ([see below]{seen})" if "string" in node["type"] else f"[{inner.entries}]{seen}"
        left_out = "**needed**" if key in mapped.node.get("required", ()) else ""
        left_out = left_out or (_code(node["default"]) if "default" in node else "")
        rows.append((f"`{key}`", holds, left_out, " ".join(says), _example(key, node) if inner is None else ""))
    page.lines += table(("Key", "What it holds", "If left out", "What it says", "Example"), rows)
    if mapped.key:
        page.lines += fenced(shown) if (shown := _sample(page, mapped, sample)) else []
    for title, node, file, inner in below:
        page.head(min(level, 4), title)
        page.lines += [node["description"], ""]
        _entries(page, node, file, inner.entries)
        _keys(page, inner, level + 1, sample)


def _mapping_in(key: str, node: Json, file: str) -> Mapped | None:
    """Give the mapping in a value that has a table of its own, or None where a few words say what the value is."""
    for keyword, entries in (("additionalProperties", "names and mappings"), ("items", "a list of mappings")):
        if isinstance(node.get(keyword), dict):
            entry, where = _resolved(node[keyword], file)
            return Mapped(key, entry, where, entries) if _has_table(entry) else None
    return Mapped(key, node, file) if _has_table(node) else None


def _has_table(node: Json) -> bool:
    return len(node.get("properties", ())) > 1 or ("properties" in node and node["type"] == "object")


def _holds(node: Json, file: str) -> str:
    if "enum" in node:
        return listed([_code(value) for value in node["enum"]])
    if "x-says" in node:
        return str(node["x-says"])
    if isinstance(node.get("additionalProperties"), dict):
        return f"names and values: {_names(node)}, and {_holds(*_resolved(node['additionalProperties'], file))}"
    return {"boolean": "`true` or `false`", "integer": "a whole number", "string": "text"}.get(node["type"], "")


def _names(node: Json) -> str:
    """Say what the keys of a mapping are."""
    return str(_resolved(node.get("propertyNames", {}), "values.schema.json")[0].get("x-says", "a value of the data"))


def _conditions(node: Json) -> dict[str, list[str]]:
    """Say in words which keys need or exclude each other, where their descriptions do not."""
    found: dict[str, list[str]] = {}
    for one in (node, *node.get("allOf", ())):
        deciding = listed([f"`{key}`" for key in one.get("if", {}).get("required", ())])
        for branch, word in (("then", "with"), ("else", "without")):
            for key in one.get(branch, {}).get("required", ()):
                found.setdefault(key, []).append(f"Needed {word} {deciding}.")
        for branch in ("then", "else"):
            names = one.get(branch, {}).get("propertyNames", {})
            for key in names.get("not", {}).get("enum", ()):
                if f"Needed without `{names['x-beside']}`." in found.get(key, ()):
                    found[key] = [f"Needed without `{names['x-beside']}`, and never beside it."]
                else:
                    found.setdefault(key, []).append(f"Never beside `{names['x-beside']}`.")
    for key, others in node.get("dependentRequired", {}).items():
        unsaid = [f"`{other}`" for other in others if f"`{other}`" not in node["properties"][key]["description"]]
        if unsaid:
            found.setdefault(key, []).append(f"Only with {listed(unsaid, 'and')}.")
    return found


def _example(key: str, node: Json) -> str:
    if "examples" in node:
        return f"`{key}: {_flow(node['examples'][0], numbers='number' in _types(node))}`"
    if "enum" in node:
        return f"`{key}: {_flow(node['enum'][-1])}`"
    return f"`{key}: true`" if node.get("type") == "boolean" else ""


def _types(node: Json) -> set[str]:
    """Give every type that a value or what is in it may have."""
    inner = [one for one in (node.get("additionalProperties"), node.get("items")) if isinstance(one, dict)]
    own = node.get("type", ())
    return {*([own] if isinstance(own, str) else own), *(word for one in inner for word in _types(one))}


def _code(value: object, *, numbers: bool = False) -> str:
    return f"`{_flow(value, numbers=numbers)}`"


def _flow(value: object, *, inside: bool = False, numbers: bool = False) -> str:
    """Write a value as it stands in a contract, on one line, with quotes where its strict YAML wants them.

    JSON has no decimals, so an example of one is a text; with `numbers` it is written as the number that it is.
    """
    if isinstance(value, Mapping):
        pairs = ((_flow(key, inside=True), _flow(one, inside=True, numbers=numbers)) for key, one in value.items())
        return "{" + ", ".join(f"{key}: {one}" for key, one in pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(one, inside=True, numbers=numbers) for one in value) + "]"
    if not isinstance(value, str):
        return json.dumps(value)
    plain, remark = scalars.plain(value)
    is_plain = remark is None and (isinstance(plain, str) or numbers)
    if is_plain and re.fullmatch(r"[\w(][^:#]*[^:#']|\w", value) and not (inside and re.search(r"[,{}\[\]]", value)):
        return value
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in json.dumps(value, ensure_ascii=False))


def _sample(page: Page, mapped: Mapped, file: str) -> str:
    """Give what the reference contract says below a key of a file, or below a kind of duty; nothing for others."""
    depth = 3 if mapped.key in PARSERS else 1
    found = [at for at in page.sources.keys if at.file == file and at.pointer[depth - 1 :] == (mapped.key,)]
    if not found:
        return ""
    shown = _source(page, min(found, key=page.sources.span))
    if shown.endswith("[]"):
        return f"{mapped.key}:\n  - {_flow(mapped.node['examples'][0])}"
    return shown


def _source(page: Page, at: Address) -> str:
    """Give the text of the reference contract at a key, cut where a long one has shown its first entries."""
    begin = page.sources.keys[at]
    entries = sorted(page.sources.span(one).end_line for one in page.sources.values if _is_in(one, at))
    fitting = [end for end in entries if end - begin.line < _LONGEST_SAMPLE]
    stop = max(fitting) if fitting else entries[0] if entries else begin.line
    lines = page.sources.texts[at.file].split("\n")[begin.line - 1 : stop]
    return "\n".join(line[begin.column - 1 :] for line in lines)


def _is_in(inner: Address, outer: Address) -> bool:
    return bool(inner.pointer) and inner.parent == outer


def _criteria(page: Page) -> None:
    """Write what a criterion can say, with lines that were read, and the grammar that reads them."""
    terms = {term.id: term.record for term in page.contract.terms.values()}
    scope = criteria.Scope(page.contract.records["lead"], terms, page.contract.lists, page.contract.records)
    for _, text in CRITERIA:
        assert not criteria.read(text, scope)[1], text
    page.head(3, "Criteria")
    page.lines += prose("A criterion is one line about one row of a record. It is true, false or unclear.")
    page.lines += table(("Says", "For example"), [(says, f"`{text}`") for says, text in CRITERIA])
    page.lines += prose("""
        A test of a value that is blank, unreadable or not allowed is unclear, and so is one of a field that no export
        at hand has; only `is blank` and `is not blank` can tell a blank from a value. `and` is false where one side is
        false and `or` is true where one side is true, whatever the other is; otherwise what is unclear stays unclear.
        A time that is known to the minute or to the day stands for all of it: where that leaves open which way a
        comparison goes, it is unclear.

        `not` binds before `and` and `or`. Text stands in single quotes and is compared letter by letter, unless its
        field says `ignore_case`. In YAML the whole criterion needs double quotes where it begins with a quote, where
        it holds `: ` or ` #`, and where it stands inside `{}` or `[]` and holds a comma or a bracket.

        There are no functions, and no patterns but those of `like`. This is the whole grammar:
    """)
    grammar = (ROOT / "slacli" / "core" / "criteria" / "grammar.lark").read_text("utf-8")
    page.lines += fenced(grammar[grammar.index("// A criterion is") : grammar.index("// Nothing below belongs")], "")


def _cells(page: Page) -> None:
    """Write what a cell of an export may hold."""
    page.head(3, "How cells are read")
    page.lines += prose("""
        The type of its field says how a cell is read; nothing is guessed from the data. A cell that has none of the
        shapes below is *unreadable*: it is counted and reported, every test of it is unclear, and above the share in
        `unreadable` the export is not judged at all. A value that its field does not allow (`one_of`, `from`, `to`) is
        reported too, and every test of it is unclear, but it never stops a check.
    """)
    rows = [
        (f"`{one.type}`", one.holds, listed([f"`{cell}`" for cell in one.read], "and"),
         listed([f"`{cell}`" for cell in one.refused]))
        for one in CELLS
    ]  # fmt: skip
    page.lines += table(("Type", "What a cell may hold", "Read", "Not read"), rows)
    page.lines += prose(f"""
        Thousands may be grouped and decimals marked as the binding's `thousands` and `decimal` say. A year of two
        digits is one of this century. A day alone stands for the whole day, a time without seconds for the whole
        minute. A local time that happens twice, when clocks are set back, stands for both; one that never happens is
        read after the gap and reported as {_rule("time-in-gap")}.
    """)


def _small_things(page: Page) -> None:
    page.head(2, "Small things")
    rows = [
        (
            name.replace("_", " "),
            node["description"],
            ", ".join(_code(one, numbers=name == "number") for one in node.get("examples", node.get("enum", ()))),
        )
        for name, node in _file("values.schema.json")["$defs"].items()
    ]
    page.lines += table(("What", "How it is written", "Examples"), rows)


# --- dialects ---------------------------------------------------------------------------------

_FORMS = {
    "plain": "as they stand",
    "salesforce": "15 characters are lengthened to 18",
    "zoho": "without `zcrm_`",
}


def dialects_page() -> str:
    lines = opening("Dialects", "slacli/core/dialects.py")
    lines += prose("""
        A *dialect* is the program that wrote an export. A binding names it as `reads: {dialect: hubspot}`, and what the
        binding then leaves unsaid is read as that program writes it. What it says itself replaces what the dialect
        says; nothing here is ever guessed from the values of a file.

        What no dialect can know stays to be asked: the zone of times that carry no offset, where the vendor fixes none,
        and the order of day and month in numeric dates.
    """)
    lines += ["## What a dialect says", ""]
    rows = [
        (
            f"`{one.id}`",
            one.title,
            listed([f"`{text}`" for text in one.missing], "and"),
            one.zone or "",
            f"`{one.date_order}`" if one.date_order else "",
            f"`{one.thousands}`" if one.thousands else "",
            "yes" if one.footer else "",
            _FORMS[one.ids],
            listed([f"`{text}`" for text in one.stamps], "and"),
        )
        for one in DIALECTS.values()
    ]
    lines += table(
        ("Dialect", "It is", "Blank too", "Zone of times without an offset", "Order of dates", "Thousands",
         "Closing lines", "Ids", "Times look like"),
        rows,
    )  # fmt: skip
    usual = DIALECTS["csv"]
    known = {*usual.true_words, *usual.false_words}
    more = {one.id: [f"`{word}`" for word in (*one.true_words, *one.false_words) if word not in known]
            for one in DIALECTS.values()}  # fmt: skip
    words = [f"`{name}` {listed(spelt, 'and')}" for name, spelt in more.items() if spelt]
    lines += prose(f"""
        Yes and no are the [usual words](reading.md#yes-or-no-yes_no) in all of them, and some have more:
        {listed(words, "and")} too. Ids are compared [as this says](reading.md#ids-that-name-rows). A day without a time
        has
        the zone that the binding says, else that of the contract: no vendor fixes that one.
    """)
    for one in DIALECTS.values():
        if one.facts:
            lines += _dialect(one)
    return "\n".join(lines)


def _dialect(one: Dialect) -> Iterator[str]:
    told = [" with ".join(f"`{header}`" for header in group) for group in one.told_by]
    yield from (f"## `{one.id}`", "", *prose(f"The headers that tell {one.title}: {listed(told)}."))
    rows = [
        (
            f"`{fact}`",
            listed([f"`{header}`" for header in headers if not one.is_unseen(header)]),
            listed([f"`{header}`" for header in headers if one.is_unseen(header)]),
        )
        for fact, headers in one.facts.items()
    ]
    yield from table(("What", "Headers, the likeliest first", "Not yet seen in a real file"), rows)
    if one.families:
        facts = [f"`{fact}`" for fact in dict.fromkeys(family.fact for family in one.families)]
        yield from prose(f"""
            Columns such as `Date entered "Demo (Sales Pipeline)"`, `Date exited "Demo"` and
            `hs_v2_date_entered_12345` are about one stage, and of one pipeline where one is named: {listed(facts)}.
        """)


# --- the report -------------------------------------------------------------------------------


def report_page() -> str:
    node = _file("report.schema.json")
    lines = opening("The report as JSON", "schemas/report.schema.json")
    lines += prose(f"""
        {node["description"]}

        `slacli check leads.csv --format json --output report.json` writes it, and `slacli validate --format json` the
        same shape. Read `summary` for what it comes to, `outcomes` for the figures, and `findings` for what to do.
        Shares are exact fractions, each with a percentage beside it. A key is always there, unless it says that it may
        be missing.
    """)
    return "\n".join([*lines, *_shapes(node)])


def explain_page() -> str:
    node = _file("explain.schema.json")
    lines = opening("The working of one record as JSON", "schemas/explain.schema.json")
    lines += prose(f"""
        {node["description"]}

        `slacli explain KEY --data leads.csv --format json` writes it. Its verdicts are those that `slacli check`
        counts: where a working would lead to another one, the command ends with 2 and shows neither. Values that are
        personal are never in it. Under `CI=true`, and with `--no-values`, it holds times and stages alone.
    """)
    return "\n".join([*lines, *_shapes(node)])


def diff_page() -> str:
    node = _file("diff.schema.json")
    lines = opening("What changed as JSON", "schemas/diff.schema.json")
    lines += prose(f"""
        {node["description"]}

        `slacli diff OLD..NEW --format json` writes it. It holds the changes that the screen shows, each once, with the
        parties that it touches; the screen shows a change under each of its `groups`. The records in it are made up by
        the solver: nothing of it comes from an export.
    """)
    return "\n".join([*lines, *_shapes(node)])


def log_page() -> str:
    node = _file("log.schema.json")
    lines = opening("The versions as JSON", "schemas/log.schema.json")
    lines += prose(f"""
        {node["description"]}

        `slacli log --format json` writes it. What a version changed is counted here; `slacli diff OLD..NEW` says it.
    """)
    return "\n".join([*lines, *_shapes(node)])


def signed_page() -> str:
    node = _file("signed.schema.json")
    lines = opening("What is signed and due as JSON", "schemas/signed.schema.json")
    lines += prose(f"""
        {node["description"]}

        `slacli status --format json` and `slacli verify --format json` write it. `slacli verify` exits with 1 where
        `findings` has an error; `slacli status` judges no signature, and exits with 1 only where `--fail-on` asks for
        it.
    """)
    return "\n".join([*lines, *_shapes(node)])


def _shapes(node: Json) -> Iterator[str]:
    yield from _report_keys(node)
    for name, inner in node["$defs"].items():
        yield from (f"## {name.replace('_', ' ')}", "", inner["description"], "", *_report_keys(inner))


def _report_keys(node: Json) -> list[str]:
    return table(("Key", "Holds", "What it says"), list(_report_rows(node, "")))


def _report_rows(node: Json, prefix: str) -> Iterator[tuple[str, str, str]]:
    """Give a row for each key of a mapping and, below it, for each key of the mappings that it holds itself."""
    for key, value in node["properties"].items():
        missing = "" if key in node.get("required", ()) else " May be missing."
        yield f"`{prefix}{key}`", _report_type(value), value["description"] + missing
        for step, inner in ((".", value), ("[].", value.get("items", {})), (".", _other_than_null(value))):
            if "properties" in inner:
                yield from _report_rows(inner, f"{prefix}{key}{step}")


def _other_than_null(node: Json) -> Json:
    return next((one for one in node.get("anyOf", ()) if one.get("type") != "null"), {})


def _report_type(node: Json) -> str:
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2].replace("_", " ")
        return f"[{name}](#{anchor(name)})"
    if "const" in node:
        return f"`{node['const']}`"
    if "enum" in node:
        return listed(["null" if value is None else f"`{value}`" for value in node["enum"]])
    if "anyOf" in node:
        return f"{_report_type(_other_than_null(node))} or null"
    if isinstance(node["type"], list):
        return listed([_report_type({"type": one}) for one in node["type"]])
    if node["type"] == "array":
        return f"list: {_report_type(node['items'])}"
    if isinstance(node.get("additionalProperties"), dict):
        return f"names and values: {_report_type(node['additionalProperties'])}"
    words = {"object": "mapping", "string": "text", "integer": "whole number", "boolean": "`true` or `false`"}
    return words.get(node["type"], "null")


# --- writing ----------------------------------------------------------------------------------

PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": commands,
    "dialects.md": dialects_page,
    "diff.md": diff_page,
    "explain.md": explain_page,
    "format.md": format_page,
    "log.md": log_page,
    "report.md": report_page,
    "rules.md": rule_pages,
    "signed.md": signed_page,
}


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with `--check` say which are stale."""
    if set(arguments) - {"--check"}:
        print("usage: python tools/gen_docs.py [--check]", file=sys.stderr)
        return 2
    stale = False
    for name, make in PAGES.items():
        path, text = DOCS / name, make().rstrip("\n") + "\n"
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        stale = True
        if "--check" in arguments:
            print(f"docs/{name} is stale: run `make docs`", file=sys.stderr)
        else:
            path.write_text(text, "utf-8")
            print(f"wrote docs/{name}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
