"""Mends a binding when its export changed: renamed columns and new values. Every other character stays as it was.

An old heading stays legal beside the new one, so that exports of before can still be judged.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from slacli.core import dialects
from slacli.core.dialects import normal
from slacli.core.drafts import Question, matching, values
from slacli.core.drafts.lines import OPENED, can_stand, remark, scalar, sequence, shown
from slacli.core.drafts.profiles import Column, Profile
from slacli.core.text import schema, yamltext
from slacli.core.wording import counted
from slacli.errors import CannotRun
from slacli.findings import Severity
from slacli.model import Binding, Contract
from slacli.model import Column as Bound
from slacli.places import Address
from slacli.values import dataclass

_Insertion = tuple[int, int, int, str]
"""A line, the columns in it between which the text is replaced, and what comes there."""


@dataclass(frozen=True, slots=True)
class Mended:
    """The text of a binding that was mended, what changed, and what is still open."""

    id: str
    text: str
    changes: tuple[str, ...]
    questions: tuple[Question, ...]


def nearest(profile: Profile, contract: Contract) -> Binding | None:
    """Give the binding that was most likely of this export: the one that finds most of its headers, half at least."""
    there = {normal(column.header) for column in profile.columns}

    def found(one: Binding) -> float:
        known = [any(normal(header) in there for header in column.headers) for column in one.columns.values()]
        return sum(known) / len(known)

    able = [one for one in contract.bindings.values() if found(one) >= 1 / 2]
    return max(able, key=found, default=None)


def mended(
    profile: Profile, contract: Contract, binding: Binding, raw: bytes, answers: Mapping[str, str]
) -> Mended:  # fmt: skip
    """Mend the text `raw` of a binding for an export.

    Raises CannotRun where it is laid out so that nothing can be changed without changing anything else.
    """
    file = f"bindings/{binding.id}.yaml"
    reading = yamltext.read(file, raw)
    work = _Work(profile, contract, binding, reading, raw.decode("utf-8", "replace"), answers)
    work.rename()
    work.translate()
    return work.mended(file)


@dataclass(slots=True)
class _Work:
    profile: Profile
    contract: Contract
    binding: Binding
    reading: yamltext.Reading
    raw: str
    answers: Mapping[str, str]
    edits: list[_Insertion] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    bound: Mapping[str, Bound] = field(default_factory=dict)
    expected: Any = None

    def __post_init__(self) -> None:
        # What is only compared with another export is mended like what is judged.
        self.bound = {**self.binding.columns, **self.binding.compares}
        self.expected = copy.deepcopy(self.reading.data)

    def part(self, name: str) -> str:
        """Name the part of the binding in which a field stands."""
        return "columns" if name in self.binding.columns else "compares"

    @property
    def root(self) -> Address:
        return Address(f"bindings/{self.binding.id}.yaml")

    def column_of(self, name: str) -> Column | None:
        """Give the column that a field is read from, in this export."""
        by_name = {normal(column.header): column for column in self.profile.columns}
        headers = [*self.bound[name].headers, *([self.renamed[name]] if name in self.renamed else [])]
        return next((by_name[normal(header)] for header in headers if normal(header) in by_name), None)

    # --- columns ---

    def rename(self) -> None:
        """Find the columns whose headers are gone, and add the new headers to the old ones."""
        record = self.contract.records[self.binding.record]
        there = {normal(column.header): column for column in self.profile.columns}
        lost = [name for name in self.bound if self.column_of(name) is None]
        used = {normal(column.header) for name in self.bound if (column := self.column_of(name)) is not None}
        told = dialects.told([column.header for column in self.profile.columns])
        fit = matching.fits(self.profile, [record], told, ())[0]
        for name in lost:
            old = self.bound[name].headers
            match = fit.matches[name]
            key = f"{self.part(name)}.{name}"
            sure = [one for one in match.sure if normal(one.header) not in used and can_stand(one.header)]
            likely = [one for one in match.likely if normal(one.header) not in used and can_stand(one.header)]
            if key in self.answers:
                chosen = there.get(normal(self.answers[key]))
                if chosen is None:
                    raise CannotRun(
                        f"{self.profile.shown} has no column {shown([self.answers[key]])}", "check its header"
                    )
                sure = [chosen]
            if len(sure) != 1:
                offers = tuple(shown([one.header]) for one in sure or likely)
                self.questions.append(Question(key, f"which column is it now, since {shown(old)} is gone", offers))
                continue
            self.renamed[name] = sure[0].header
            used.add(normal(sure[0].header))
            self.changes.append(f"`{name}`: {shown([sure[0].header])} beside {shown(old)}")
            self.add_header(name, sure[0].header)
        self.match(there)

    def add_header(self, name: str, header: str) -> None:
        at = self.root / self.part(name) / name
        data = self.expected[self.part(name)]
        if not isinstance(data[name], dict):
            both = sequence([header, str(data[name])])
            self.replace(at, f"{{column: {both}}}")
            data[name] = {"column": [header, data[name]]}
            return
        at /= "column"
        old = data[name]["column"]
        headers = [header, *(old if isinstance(old, list) else [old])]
        self.replace(at, sequence(map(str, headers)))
        data[name]["column"] = headers

    def match(self, there: Mapping[str, Column]) -> None:
        """Bring the headers that tell this export in line with those that it has."""
        for index, header in enumerate(self.binding.matches):
            if normal(header) in there:
                continue
            fields = [name for name, one in self.bound.items() if normal(header) in map(normal, one.headers)]
            now = next((column.header for name in fields if (column := self.column_of(name)) is not None), None)
            if now is None:
                self.questions.append(
                    Question("matches", f"by which header is the export told, since {shown([header])} is gone")
                )
                continue
            at = self.root / "matches" / index
            self.replace(at, scalar(now))
            self.expected["matches"][index] = now
            self.changes.append(f"`matches`: {shown([now])} instead of {shown([header])}")

    # --- values ---

    def translate(self) -> None:
        """Add the values that are new: translated where they are plainly meant, else asked."""
        record = self.contract.records[self.binding.record]
        for name in self.bound:
            of, column = record.fields[name], self.column_of(name)
            if column is None or not of.one_of or of.personal or column.values is None:
                continue
            known = {*of.one_of, *self.bound[name].values, *self.binding.reads.missing}
            lower = {one.casefold() for one in of.one_of} if of.ignore_case else set()
            new = {
                value: values.meant(value, of.one_of)
                for value in sorted(column.values)
                if value not in known and value.casefold() not in lower and value not in values.PLACEHOLDERS
                and can_stand(value)
            }  # fmt: skip
            if new and values.may_stand(new):
                self.add_values(name, self.answered(name, new, column))

    def answered(
        self, name: str, new: Mapping[str, str | None], column: Column
    ) -> list[tuple[str, str, str]]:  # fmt: skip
        """Give each new value with what stands behind it and what it is in the data then."""
        found = []
        of = self.contract.records[self.binding.record].fields[name]
        for value, meant in new.items():
            key = f"{self.part(name)}.{name}.values.{value}"
            meaning = meant or self.answers.get(key)
            if meaning == "-":
                continue
            if meaning is None:
                often = counted((column.values or {})[value], "row")
                question = Question(key, f"what is it in the agreement ({often})", of.one_of[:12], optional=True)
                self.questions.append(question)
                found.append((value, OPENED + remark(question.comment), "?"))
            else:
                self.changes.append(f"`{name}`: {shown([value])} is `{meaning}`")
                found.append((value, scalar(meaning), meaning))
        return found

    def add_values(self, name: str, new: Sequence[tuple[str, str, str]]) -> None:
        if not new:
            return
        part = self.part(name)
        at = self.root / part / name
        data = self.expected[part]
        flat = ", ".join(f"{scalar(value)}: {line.partition('  #')[0]}" for value, line, _ in new)
        added = {value: meaning for value, _, meaning in new}
        before = self.reading.data[part][name]  # type: ignore[index]
        if not isinstance(before, dict):
            span = self.reading.values[at]
            renamed = name in self.renamed
            headers = sequence([self.renamed[name], str(before)]) if renamed else scalar(str(before))
            self.edits = [edit for edit in self.edits if edit[:2] != (span.line, span.column)]
            self.replace(at, f"{{column: {headers}, values: {{{flat}}}}}")
            data[name] = {"column": [self.renamed[name], before] if renamed else before, "values": added}
            return
        if "values" not in before:
            span = self.reading.values[at / "column"]
            key = self.reading.keys[at / "column"]
            is_flow = self.is_in_braces(at)
            more = f", values: {{{flat}}}" if is_flow else f"\n{' ' * (key.column - 1)}values: {{{flat}}}"
            self.insert(span.end_line, span.end_column if is_flow else None, more)
        elif self.is_in_braces(at / "values"):
            span = self.reading.values[at / "values"]
            self.insert(span.line, span.column + 1, f"{flat}, ")
        else:
            last = [*before["values"]][-1]
            end = self.reading.values[at / "values" / last]
            left = " " * (self.reading.keys[at / "values" / last].column - 1)
            self.insert(end.end_line, None, "".join(f"\n{left}{scalar(value)}: {line}" for value, line, _ in new))
        data[name]["values"] = {**data[name].get("values", {}), **added}

    # --- the text ---

    def is_in_braces(self, at: Address) -> bool:
        span = self.reading.values[at]
        return self.rows[span.line - 1][span.column - 1 : span.column] == "{"

    @property
    def rows(self) -> list[str]:
        return self.raw.split("\n")

    def replace(self, at: Address, text: str) -> None:
        span = self.reading.values[at]
        if span.line != span.end_line:
            raise _cannot(self.binding.id)
        self.edits.append((span.line, span.column, span.end_column, text))

    def insert(self, line: int, column: int | None, text: str) -> None:
        end = len(self.rows[line - 1].rstrip("\r")) + 1
        self.edits.append((line, column or end, column or end, text))

    def mended(self, file: str) -> Mended:
        rows = self.rows
        for line, start, end, text in sorted(self.edits, reverse=True):
            whole = rows[line - 1]
            ends = "\r\n" if whole.endswith("\r") else "\n"
            rows[line - 1] = whole[: start - 1] + text.replace("\n", ends) + whole[end - 1 :]
        text = "\n".join(rows)
        again = yamltext.read(file, text.encode())
        wrong = (*again.findings, *_of_schema(file, again.data))
        if again.data != self.expected or any(one.severity is Severity.ERROR for one in wrong):
            raise _cannot(self.binding.id)
        return Mended(self.binding.id, text, tuple(self.changes), tuple(self.questions))


def _of_schema(file: str, data: object) -> Iterator[Any]:
    return iter(schema.check(file, data) if data is not None else ())


def _cannot(name: str) -> CannotRun:
    return CannotRun(
        f"`bindings/{name}.yaml` is laid out so that slacli cannot mend it without changing the rest",
        "mend it by hand, or draft it anew with `--as`",
    )
