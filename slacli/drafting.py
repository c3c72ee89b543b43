"""The journeys that begin something: a binding for an export, and a contract for a company."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from slacli.adapters import folder
from slacli.core import wording
from slacli.core.text import parse, yamltext
from slacli.errors import CannotRun
from slacli.findings import Finding, Report, Severity
from slacli.journeys import first_of
from slacli.model import Calendar, Contract
from slacli.values import dataclass

if TYPE_CHECKING:
    from slacli.core.drafts import Question
    from slacli.core.drafts.binding import Draft
    from slacli.core.drafts.contract import Settings
    from slacli.core.drafts.profiles import Profile
    from slacli.core.drafts.refresh import Mended

_BINDINGS = "bindings/"
_MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class Agreement:
    """A contract that exports are bound to: what can be read of it, and the headers of bindings that cannot yet."""

    folder: Path
    texts: Mapping[str, bytes]
    contract: Contract
    others: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Bound:
    """What came of binding an export: a draft, or the binding that reads it already."""

    draft: Draft | None
    already: str = ""


def agreement(place: Path) -> Agreement:
    """Read a contract folder whose bindings may be unfinished, and in which questions may be open.

    Raises CannotRun where anything else in it has errors.
    """
    texts = folder.read(place)
    read = parse.parse(texts)
    errors = [found for found in read.findings if found.severity is Severity.ERROR]
    unfinished = {found.at.file for found in errors if found.at is not None and found.at.file.startswith(_BINDINGS)}
    others = {}
    if errors:
        for file in unfinished:
            others[_name(file)] = _matches(yamltext.read(file, texts[file]).data)
        kept = {name: text for name, text in texts.items() if name not in unfinished}
        read = parse.parse(kept, may_be_open=True)
        errors = [found for found in read.findings if found.severity is Severity.ERROR and read.contract is None]
    if read.contract is None or errors:
        raise CannotRun(
            f"the contract has errors: {first_of(errors, read.sources, f'{place}/')}",
            f"see them all with `slacli validate --contract {place}`",
        )
    return Agreement(place, texts, read.contract, others)


def look(exports: Sequence[str], stdin: BinaryIO | None = None) -> list[Profile]:
    """Look through exports, folders and workbooks: each table in them once; raises CannotRun where there is none."""
    from slacli.adapters.sources import profile

    return profile.profiles(exports, stdin)


def only(export: str, seen: Sequence[Profile]) -> Profile:
    """Give the one table of an export; raises CannotRun where it holds several, and names them."""
    if len(seen) > 1:
        names = [wording.sanitised(one.files[0]) for one in seen]
        known = wording.quoted(names[:_MOST_NAMED]) + (" ..." if len(names) > _MOST_NAMED else "")
        raise CannotRun(
            f"`{wording.sanitised(export)}` holds {len(seen)} tables, and a binding is of one: {known}",
            f"name one: `slacli bind '{names[0]}'`",
        )
    return seen[0]


def bind(there: Agreement, seen: Profile, name: str | None, record: str | None, answers: Mapping[str, str]) -> Bound:
    """Draft the binding of an export, and prove that nothing is wrong with it but what is still open.

    Without `name` it is called like the file, and an export that a binding reads already gets no draft. Raises
    CannotRun where an answer makes no binding that can be read.
    """
    from slacli.core.drafts import binding

    if seen.record and record not in {None, seen.record}:
        raise CannotRun(
            f"`{seen.files[0]}` says that a row is `{seen.record}`, and `--record` that it is `{record}`",
            "say it once",
        )
    record = record or seen.record or None
    if name is None:
        already = binding.bound_by(seen, there.contract)
        if already is not None and record in {None, already.record}:
            return Bound(None, already.id)
    chosen = name or binding.id_of(seen.name) or record or "export"
    if binding.id_of(chosen) != chosen:
        raise CannotRun(
            f"`{wording.sanitised(chosen, 60)}` is no id",
            f"name it with small letters, digits and `_`: `--as {binding.id_of(chosen) or 'leads'}`",
        )
    if name is None and f"{_BINDINGS}{chosen}.yaml" in there.texts:
        raise CannotRun(
            f"the contract has a binding `{chosen}` already, of another export",
            f"name this one with `--as`, or mend that one with `--as {chosen} --refresh`",
        )
    draft = binding.drafted(seen, there.contract, chosen, record, answers, there.others)
    _prove(there, draft)
    return Bound(draft)


def write_binding(there: Agreement, draft: Draft) -> Path:
    """Write a drafted binding to its file; raises CannotRun where there is one."""
    path = there.folder / _BINDINGS / f"{draft.id}.yaml"
    if path.exists():
        raise CannotRun(f"`{path}` is there already", "name another with `--as`, or mend it with `--refresh`")
    folder.write(path, draft.text, "check the permissions of the contract folder, or leave out `--write`")
    return path


def refresh(there: Agreement, seen: Profile, name: str | None, answers: Mapping[str, str]) -> Mended:
    """Mend the binding of an export that changed: the one of a name, else the one that finds most of its headers.

    Raises CannotRun where there is none, or its text cannot be mended.
    """
    from slacli.core.drafts import refresh

    known = there.contract.bindings
    if name is not None and name not in known:
        raise CannotRun(
            f"the contract has no sound binding `{wording.sanitised(name, 60)}`",
            f"known: {wording.quoted(known)}" if known else "draft one without `--refresh`",
        )
    found = known[name] if name is not None else refresh.nearest(seen, there.contract)
    if found is None:
        raise CannotRun(
            f"{seen.shown} has hardly a header of any binding", "name the binding with `--as`, or draft it anew"
        )
    return refresh.mended(seen, there.contract, found, there.texts[f"{_BINDINGS}{found.id}.yaml"], answers)


def write_mended(there: Agreement, mended: Mended) -> Path:
    """Write the text of a binding that was mended."""
    path = there.folder / _BINDINGS / f"{mended.id}.yaml"
    folder.write(path.resolve(), mended.text, "check the permissions of the contract folder, or leave out `--write`")
    return path


@dataclass(frozen=True, slots=True)
class Start:
    """A contract that was begun: its files by their paths, the drafts of its bindings, and what is open in it.

    `stages` are those of a lead in their order, and `sound` are the files without what is open.
    """

    place: Path
    files: Mapping[Path, str]
    drafts: tuple[Draft, ...]
    questions: tuple[tuple[str, Question], ...]
    remarks: tuple[str, ...]
    exports: tuple[str, ...]
    stages: tuple[str, ...] = ()
    sound: Mapping[str, str] = field(default_factory=dict)

    @property
    def can_be_judged(self) -> bool:
        """Whether nothing is open on which a verdict rests: a lifecycle that no duty follows decides nothing."""
        judged = not any(not key.startswith("definitions.yaml: lifecycles.") for key, _ in self.questions)
        return judged and bool(self.exports) and not any(name.partition("#")[0] == "-" for name in self.exports)


def begin(
    place: Path,
    seen: Sequence[Profile],
    settings: Settings,
    ci: str | None,
    holidays: str | None = None,
    *,
    is_zone_known: bool,
) -> Start:
    """Draft a contract in a folder, with a binding for every table of the exports that were looked through.

    Raises CannotRun where a file of it is there already, or an export is none.
    """
    from slacli.core.drafts import binding, contract

    for profile in seen:
        if len(profile.columns) == 1:
            raise CannotRun(f"{profile.shown} has a single column, so it is no export of records",
                            "give exports with a header line and several columns")  # fmt: skip
    begun = contract.begun(settings, seen)
    whole = begun.exports
    texts = {name: text.encode() for name, text in begun.files.items()}
    drafts: list[Draft] = []
    remarks = [*whole.remarks, *begun.remarks]
    bound: list[str] = []
    sound = {**contract.begun(settings, seen, is_closed=True).files}
    known = _sound(sound)
    for at in whole.order:
        profile, record, answers = seen[at], whole.of[at], whole.answers[at]
        if not record:
            continue
        name = _free(binding.id_of(profile.name) or record, {one.id for one in drafts})
        others = {one.id: _matches(yamltext.read("bindings/x.yaml", one.text.encode()).data) for one in drafts}
        join = whole.joins.get(record)
        draft = binding.drafted(profile, known, name, record, answers, others, join)
        zone = {"reads.time_zone": settings.zone} if is_zone_known else {}
        if any(question.key in zone for question in draft.questions):
            draft = binding.drafted(profile, known, name, record, {**answers, **zone}, others, join)
        drafts.append(draft)
        sound[f"{_BINDINGS}{name}.yaml"] = binding.closed(draft)
        if join is not None:
            # What one export gives the next does not, and that is seen in the contract.
            known = _sound(sound)
        bound += profile.files
        texts[f"{_BINDINGS}{name}.yaml"] = draft.text.encode()
    if holidays is not None:
        sound["holidays.yaml"] = _holidays(known, holidays, settings.today.year)
        texts["holidays.yaml"] = sound["holidays.yaml"].encode()
    files = {place / name: text.decode() for name, text in texts.items()}
    open_questions = list(begun.questions)
    open_questions += [(f"{_BINDINGS}{one.id}.yaml: {asked.key}", asked) for one in drafts for asked in one.questions]
    attributes = place.parent / ".gitattributes"
    # Signatures are bytes: of two that stand beside each other none may be mended, nor their line ends.
    lines = (f"{place.name}/** diff=slacli eol=lf", f"{place.name}/signatures/** -diff -text merge=binary")
    if attributes.exists():
        remarks += [f"add to `{attributes}`: `{line}`" for line in lines]
    else:
        files[attributes] = "".join(f"{line}\n" for line in lines)
    if ci == "github":
        from slacli.core.drafts import workflow

        files[place.parent / ".github" / "workflows" / "slacli.yml"] = workflow.github(place.name)
    there = [path for path in files if path.exists()]
    if there:
        raise CannotRun(f"`{there[0]}` is there already", "name another folder: nothing is ever overwritten")
    return Start(
        place, files, tuple(drafts), tuple(open_questions), tuple(remarks), tuple(bound), begun.stages, sound
    )  # fmt: skip


def _holidays(contract: Contract, country: str, year: int) -> str:
    """Give the holidays of a country for the one calendar of a contract that is begun, of the years that it covers.

    Raises CannotRun where the country is not known.
    """
    from slacli.adapters import countries
    from slacli.core.text import additions

    there = countries.named(country)
    calendar = next(one for one in contract.calendars.values() if isinstance(one, Calendar))
    days = countries.public_holidays(there, None, range(year - 1, year + 2))
    return additions.added(None, additions.proposed(calendar, days))


def first_check(start: Start) -> Report:
    """Judge the exports by what was begun, without what is open in it; raises CannotRun where that cannot be."""
    from slacli import journeys
    from slacli.core.verdict import Options

    read = parse.parse({name: text.encode() for name, text in start.sound.items()})
    if read.contract is None:
        raise CannotRun("what was begun cannot be judged yet", "answer what is open, then run `slacli check`")
    loaded = journeys.loaded(read.contract, read.sources, str(start.place), "the draft", "answer what is open in it")
    return journeys.check(loaded, start.exports, Options())


def _free(name: str, taken: Collection[str]) -> str:
    """Give a name that no other binding has."""
    return next(one for one in chain([name], (f"{name}_{number}" for number in count(2))) if one not in taken)


def write(start: Start) -> None:
    """Write every file of a contract that was begun, or none."""
    folder.write_all(start.files)


def _sound(files: Mapping[str, str]) -> Contract:
    """Read a drafted contract in which nothing is open.

    Raises CannotRun where something that the company said of itself makes none.
    """
    read = parse.parse({name: text.encode() for name, text in files.items()})
    if read.contract is None:
        errors = [found for found in read.findings if found.severity is Severity.ERROR]
        raise CannotRun(f"the contract would be wrong: {errors[0].message}", errors[0].help)
    return read.contract


def _prove(there: Agreement, draft: Draft) -> None:
    from slacli.core.drafts import binding

    file = f"{_BINDINGS}{draft.id}.yaml"
    others = {name: text for name, text in there.texts.items() if _name(name) not in {*there.others, draft.id}}
    # A file with an open place is set aside before its parts are read, so they are read without it.
    read = parse.parse({**others, file: binding.closed(draft).encode()})
    wrong = [
        found for found in read.findings
        if found.severity is Severity.ERROR and found.rule not in _MAY_BE_OPEN and _is_of(found, file)
    ]  # fmt: skip
    if wrong:
        raise CannotRun(f"the binding would be wrong: {wrong[0].message}", wrong[0].help or "give other answers")


# What another binding still needs is told as a remark, and what is open leaves its place empty.
_MAY_BE_OPEN = frozenset({"join-missing", "bound-twice", "missing-key", "empty-value"})


def _is_of(found: Finding, file: str) -> bool:
    return found.at is not None and found.at.file == file


def _name(file: str) -> str:
    return file.removeprefix(_BINDINGS).removesuffix(".yaml") if file.startswith(_BINDINGS) else ""


def _matches(data: Any) -> tuple[str, ...]:
    found = data.get("matches") if isinstance(data, dict) else None
    return tuple(str(one) for one in found) if isinstance(found, list) else ()
