"""The one road from texts to a contract: a folder, a Git revision and a test string all travel it.

Each file is read strictly, checked by its schema, and parsed. What has a finding of its own is set aside, so that
the rest can still be read and all findings come out at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from functools import lru_cache
from typing import Any

from slacli.core import nodes, wording
from slacli.core.nodes import Node, Reader
from slacli.core.text import bindings, cover, definitions, duties, evidence, questions, schema, yamltext
from slacli.core.trust import canonical
from slacli.findings import Finding, Problem, Rule, Severity, reported
from slacli.model import Contract
from slacli.places import Address, SourceMap, Span
from slacli.values import dataclass

STRAY_FILE = reported(
    Severity.ERROR,
    "stray-file",
    """The contract folder holds a file that is no part of a contract.

    Why: a page with a misspelt name would vanish unseen, and with it what it says.
    Bad:
        # file: waiver.yaml
        waivers: []
    Good:
        # file: waivers.yaml
        waivers: []
    """,
)
MISSING_FILE = reported(
    Severity.ERROR,
    "missing-file",
    """The contract folder lacks a file that every contract has.

    Why: without a cover nobody agreed, and without definitions nothing is meant.
    """,
)
RULES: tuple[Rule[None], ...] = (
    STRAY_FILE,
    MISSING_FILE,
    *yamltext.RULES,
    *questions.RULES,
    *schema.RULES,
    *nodes.RULES,
    *cover.RULES,
    *definitions.RULES,
    *duties.RULES,
    *bindings.RULES,
    *evidence.RULES,
)

COVER = "contract.yaml"
DEFINITIONS = "definitions.yaml"
RESPONSIBILITIES = "responsibilities.yaml"
GOALS = "goals.yaml"
HOLIDAYS = "holidays.yaml"
EVIDENCE = "evidence.yaml"
DISPUTES = "disputes.yaml"
WAIVERS = "waivers.yaml"

# The sections whose entries are named parts: an entry with a finding is set aside alone.
_SECTIONS: Mapping[str, Mapping[str, str]] = {
    COVER: {
        "parties": "party", "sign_off": "role", "lists": "list", "calendars": "calendar", "reviews": "review",
        "incentives": "incentive",
    },
    DEFINITIONS: {"records": "record", "terms": "term", "lifecycles": "lifecycle"},
    RESPONSIBILITIES: {"responsibilities": "responsibility"},
    GOALS: {"metrics": "metric", "goals": "goal"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parsed:
    """What came of the texts: the contract, unless something stands in its way, with the findings and the places."""

    contract: Contract | None
    findings: tuple[Finding, ...]
    sources: SourceMap


def parse(texts: Mapping[str, bytes], *, may_be_open: bool = False) -> Parsed:
    """Read the files of a contract folder, by their names in it, into a contract.

    With `may_be_open` a part with an open question is left out of the contract, which then has no digests, and does
    not stand in its way; what is open on the cover does.
    """
    findings: list[Finding] = []
    data: dict[str, Any] = {}
    values: dict[Address, Span] = {}
    keys: dict[Address, Span] = {}
    shown: dict[str, str] = {}
    for file in sorted(texts):
        if schema.kind_of(file) is None:
            if not file.startswith("signatures/"):
                findings.append(_stray(file))
            continue
        reading, found = _read(file, texts[file])
        shown[file] = reading.text
        findings += found
        values |= reading.values
        keys |= reading.keys
        if reading.data is not None:
            data[file] = reading.data
    sources = SourceMap(shown, values, keys)
    for needed in (COVER, DEFINITIONS):
        if needed not in texts:
            findings.append(
                MISSING_FILE.found(
                    Problem(
                        at=Address(needed),
                        message=f"`{needed}` is missing from the contract folder",
                        help=f"write `{needed}`, or start from a complete contract",
                    )
                )
            )
    if not isinstance(data.get(COVER), dict) or not isinstance(data.get(DEFINITIONS), dict):
        return Parsed(None, tuple(findings), sources)
    reader = Reader()
    if any(found.severity is Severity.ERROR for found in findings):
        data = deepcopy(data)
        _set_aside(findings, data, reader)
    contract = _contract(data, reader)
    findings += reader.findings
    wrong = [found for found in findings if found.severity is Severity.ERROR]
    if wrong:
        is_readable = may_be_open and all(map(_is_only_open, wrong))
        return Parsed(contract if is_readable else None, tuple(findings), sources)
    contract = replace(contract, digests=_digests(data), data_files=_data_files(texts))
    return Parsed(contract, tuple(findings), sources)


@lru_cache(maxsize=64)
def _read(file: str, text: bytes) -> tuple[yamltext.Reading, tuple[Finding, ...]]:
    """Read one file, and give what is wrong with its text and its shape; what is read is shared, and never changed.

    Two versions of a contract have most of their files in common.
    """
    reading = yamltext.read(file, text)
    remarks = (*reading.findings, *questions.asked(file, reading))
    told = {(found.at, found.key) for found in remarks if found.severity is Severity.ERROR}
    shape = schema.check(file, reading.data) if reading.data is not None else ()
    return reading, (*remarks, *(found for found in shape if (found.at, found.key) not in told))


def _is_only_open(found: Finding) -> bool:
    is_question = found.rule == questions.OPEN_QUESTION.name
    return is_question and found.at is not None and found.at.file != COVER


def _stray(file: str) -> Finding:
    known = (COVER, DEFINITIONS, RESPONSIBILITIES, GOALS, HOLIDAYS, EVIDENCE, DISPUTES, WAIVERS)
    near = wording.nearest(file, known)
    return STRAY_FILE.found(
        Problem(
            at=Address(file),
            message=f"`{wording.sanitised(file)}` is no file of a contract",
            help=f"did you mean `{near}`?" if near else "move it out of the contract folder",
            subject=file,
        )
    )


def _set_aside(findings: list[Finding], data: dict[str, Any], reader: Reader) -> None:
    """Take out of the data what has errors, deepest part first, and remember the names."""
    for found in findings:
        if found.at is None or found.severity is not Severity.ERROR or found.at.file not in data:
            continue
        file, pointer = found.at.file, found.at.pointer
        section = str(pointer[0]) if pointer else ""
        kind = _SECTIONS.get(file, {}).get(section)
        if kind == "record" and len(pointer) >= 4 and pointer[2] == "fields":
            reader.broken.setdefault("field", set()).add(f"{pointer[1]}.{pointer[3]}")
            _drop(data[file], pointer[:4])
        elif kind is not None and len(pointer) >= 2:
            reader.broken.setdefault(kind, set()).add(str(pointer[1]))
            _drop(data[file], pointer[:2])
        elif file.startswith("bindings/") or not pointer:
            reader.broken.setdefault("binding", set()).add(file)
            if file not in {COVER, DEFINITIONS}:
                del data[file]
        else:
            _drop(data[file], pointer[:1])


def _drop(data: Any, pointer: tuple[str | int, ...]) -> None:
    for step in pointer[:-1]:
        if not isinstance(data, dict) or step not in data:
            return
        data = data[step]
    if isinstance(data, dict):
        data.pop(pointer[-1], None)


def _section(data: Mapping[str, Any], file: str, name: str) -> Node:
    found = data.get(file)
    inner = found.get(name) if isinstance(found, dict) else None
    return Node(inner if isinstance(inner, dict) else {}, Address(file, (name,)))


def _contract(data: Mapping[str, Any], reader: Reader) -> Contract:
    cover_node = Node(data[COVER], Address(COVER))
    for file, sections in _SECTIONS.items():
        for section, kind in sections.items():
            entries = dict(_section(data, file, section).items())
            reader.names[kind] = {name: node.at for name, node in entries.items()}
            definitions.reserved(reader.names[kind], reader)
    records = _section(data, DEFINITIONS, "records")
    terms = _section(data, DEFINITIONS, "terms")
    cycles = _section(data, DEFINITIONS, "lifecycles")
    for name, node in _section(data, COVER, "lists").items():
        reader.lists[name] = tuple(str(item) for item in node.data)
    for name, node in records.items():
        if "fields" in node:
            reader.records[name] = definitions.record(name, node)
            definitions.reserved({field: at.at for field, at in node["fields"].items()}, reader)
        else:
            reader.broken.setdefault("record", set()).add(name)
    reader.terms.update({name: str(node.data["of"]) for name, node in terms.items() if "of" in node})
    _shadowed(reader)
    for name in list(reader.records):
        reader.records[name] = definitions.complete_record(reader.records[name], records[name], reader)
    for name, found in reader.records.items():
        definitions.derived_terms(found, records[name], reader)
    for name in list(reader.records):
        rules = records[name].get("left_out")
        tests = [reader.test(node, name, rule) for rule, node in rules.items()] if rules else []
        reader.records[name] = replace(reader.records[name], left_out=tuple(test for test in tests if test is not None))
    for node in (cycles[name] for name in cycles.data):
        of = f"stage of `{node.text('of')}`"
        stages = {stage: item.at for stage, item in node["stages"].items()}
        reader.names.setdefault(of, {}).update(stages)
    found_terms = {
        name: term for name, node in terms.items() if (term := definitions.term(name, node, reader)) is not None
    }
    definitions.circles(found_terms, reader)
    contract = cover.contract(cover_node, reader)
    holidays = Node(data[HOLIDAYS], Address(HOLIDAYS)) if HOLIDAYS in data else None
    field_names = frozenset(name for found in reader.records.values() for name in found.fields)
    found_bindings = {}
    for file in data:
        if file.startswith("bindings/"):
            name = file.removeprefix("bindings/").removesuffix(".yaml")
            binding = bindings.binding(name, Node(data[file], Address(file)), reader)
            if binding is not None:
                found_bindings[name] = binding
    bindings.several(found_bindings, reader)
    contract = replace(
        contract,
        calendars=cover.calendars(cover_node.get("calendars"), holidays, reader, field_names),
        records=reader.records,
        terms=found_terms,
        lifecycles={
            name: cycle
            for name, node in cycles.items()
            if (
                cycle := definitions.lifecycle(
                    name, node, {stage: item.at for stage, item in node["stages"].items()}, reader
                )
            )
        },
        responsibilities={
            name: owed
            for name, node in _section(data, RESPONSIBILITIES, "responsibilities").items()
            if (owed := duties.responsibility(name, node, reader))
        },
        metrics={
            name: metric
            for name, node in _section(data, GOALS, "metrics").items()
            if (metric := duties.metric(name, node, reader))
        },
        goals={
            name: goal
            for name, node in _section(data, GOALS, "goals").items()
            if (goal := duties.goal(name, node, reader))
        },
        bindings=found_bindings,
    )
    return _with_evidence(contract, data, reader)


def _with_evidence(contract: Contract, data: Mapping[str, Any], reader: Reader) -> Contract:
    """Add what is written down beside the agreement; a file that is not there says nothing, not even that."""
    ledger, contested, accepted = (Node(data.get(file), Address(file)) for file in (EVIDENCE, DISPUTES, WAIVERS))
    return replace(
        contract,
        delivered=evidence.delivered(ledger, reader, contract) if EVIDENCE in data else None,
        held=evidence.held(ledger, reader),
        disputes=evidence.disputes(contested, reader, contract),
        waivers=evidence.waivers(accepted, reader),
        waived_changes=evidence.waived_changes(accepted, reader),
    )


def _shadowed(reader: Reader) -> None:
    """Report a term named like a field of its record, and a term named like a record."""
    for name, of in reader.terms.items():
        other = reader.records[of].fields.get(name) if of in reader.records else None
        where = other.at if other else reader.names["record"].get(name)
        if where is not None:
            what = f"the field `{of}.{name}`" if other else "a record"
            reader.report(
                definitions.SHADOWED_NAME,
                Problem(
                    at=reader.names["term"][name],
                    key=True,
                    message=f"the term `{name}` is named like {what}",
                    label="already means something",
                    help="give the term another id",
                ),
            )


# --- the digest -------------------------------------------------------------------------------

_DATA_FILES = (EVIDENCE, DISPUTES, WAIVERS)


def _digests(data: Mapping[str, Any]) -> Mapping[str, str]:
    """Give the digest of what each file says that decides anything, by its name."""
    return {
        file: canonical.digest(canonical.meaning(content))
        for file, content in sorted(data.items())
        if file not in _DATA_FILES
    }


def _data_files(texts: Mapping[str, bytes]) -> tuple[tuple[str, str], ...]:
    """Give the SHA-256 of each file that is data and no agreement, of its bytes as they are."""
    return tuple((file, hashlib.sha256(texts[file]).hexdigest()) for file in _DATA_FILES if file in texts)
