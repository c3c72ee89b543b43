"""Turns what the schemas of the contract files find wrong into findings: the words, the exact place, the nearest key.

Nobody else knows that a JSON Schema library is at work: its messages never leave this room. The schemas are the ones
that slacli ships, put together here without a reference left in them, so that nothing is ever fetched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from importlib import resources
from typing import Any

from slacli.core import wording
from slacli.core.text.fits import FORMATS, fits
from slacli.findings import Finding, Problem, Rule, Severity, reported
from slacli.places import Address

UNKNOWN_KEY = reported(
    Severity.ERROR,
    "unknown-key",
    """A key stands where the language has no such key.

    Why: a misspelt key would be passed over in silence, and with it what both sides agreed.
    Bad:
        terms: {sale: {owned_by: sales}}
    Good:
        terms: {sale: {owner: sales}}
    """,
)
MISSING_KEY = reported(
    Severity.ERROR,
    "missing-key",
    """A key is missing that its place cannot do without.

    Why: what is not written would have to be guessed, and the two sides would guess differently.
    Bad:
        parties: {marketing: {title: null}}
    Good:
        parties: {marketing: {title: Marketing}}
    """,
)
WRONG_TYPE = reported(
    Severity.ERROR,
    "wrong-type",
    """A value is of another kind than its key takes: text for a number, a list for a text.

    Why: it could be read in more than one way.
    Bad:
        version: one
    Good:
        version: 1
    """,
)
NOT_ALLOWED = reported(
    Severity.ERROR,
    "not-allowed",
    """A value is none of the few that its key takes.

    Why: each of these words has a meaning that both sides know; any other has none.
    Bad:
        part_periods: halved
    Good:
        part_periods: skipped
    """,
)
MALFORMED = reported(
    Severity.ERROR,
    "malformed",
    """A text is not written in the form that its key takes: a duration, a share, a day, a currency.

    Why: such a text decides a verdict, so it has one form that has one meaning.
    Bad:
        currency: US dollars
    Good:
        currency: USD
    """,
)
BAD_ID = reported(
    Severity.ERROR,
    "bad-id",
    """A name that other parts refer to is not written as an id.

    Why: ids stand in criteria, options and reports; small letters, digits and `_` read alike in all of them.
    Bad:
        reviews: {Kick-off: {kind: separate, parties: [sales], every: year}}
    Good:
        reviews: {kick_off: {kind: separate, parties: [sales], every: year}}
    """,
)
OUT_OF_RANGE = reported(
    Severity.ERROR,
    "out-of-range",
    """A number is smaller or larger than its key takes.

    Why: nothing is ever judged by it, or everything always passes.
    Bad:
        version: 0
    Good:
        version: 1
    """,
)
EMPTY_VALUE = reported(
    Severity.ERROR,
    "empty-value",
    """A key has nothing behind it: no value, an empty text, list or mapping.

    Why: it may be what somebody meant to fill in, or what a slip took away.
    Bad:
        terms: {sale: {title: ""}}
    Good:
        terms: {sale: {title: Sale}}
    """,
)
CLASHING_KEYS = reported(
    Severity.ERROR,
    "clashing-keys",
    """A key stands beside one that excludes it.

    Why: only one of the two could hold, and nobody could say which was agreed.
    Bad:
        calendars: {office: {hours: {mon-fri: "09:00-17:00"}, otherwise: office}}
    Good:
        calendars: {office: {hours: {mon-fri: "09:00-17:00"}}}
    """,
)
RULES: tuple[Rule[None], ...] = (
    UNKNOWN_KEY,
    MISSING_KEY,
    WRONG_TYPE,
    NOT_ALLOWED,
    MALFORMED,
    BAD_ID,
    OUT_OF_RANGE,
    EMPTY_VALUE,
    CLASHING_KEYS,
)

_ID = r"^[a-z][a-z0-9_]{0,63}\Z"
_ID_SAYS = "an id: small letters, digits and `_`, a letter first, at most 64 of them"

_KINDS = (
    "contract", "definitions", "responsibilities", "goals", "holidays", "binding", "evidence", "disputes", "waivers"
)  # fmt: skip
_ALONE = {f"{kind}.yaml": kind for kind in _KINDS if kind != "binding"}
_BINDING = re.compile(r"bindings/[a-z][a-z0-9_]{0,63}\.yaml")

# Mappings whose keys are ids of parts: a part is called by its id alone.
_SECTIONS = frozenset(
    {"parties", "sign_off", "calendars", "reviews", "records", "terms", "lifecycles", "responsibilities", "metrics",
     "goals"}
)  # fmt: skip
_SHORT_LIST = 12
_NAMED = 8
_LONGEST = 60
# Looking for the nearest word takes its time, and nobody reads this many findings of one file.
_GUESSES = 100

_TYPES = {
    "string": "text", "integer": "a whole number", "number": "a number", "boolean": "`true` or `false`",
    "array": "a list", "object": "a mapping",
}  # fmt: skip

# Of several things wrong with one value the first of these is said.
_WEIGHT = (
    "type", "enum", "minLength", "minItems", "minProperties", "maxProperties", "pattern", "format", "exclusiveMinimum",
    "minimum", "maximum",
)  # fmt: skip


def kind_of(file: str) -> str | None:
    """Give the kind of a file of the contract folder by its name there, or None where it is no file of a contract."""
    return "binding" if _BINDING.fullmatch(file) else _ALONE.get(file)


def check(file: str, data: object) -> tuple[Finding, ...]:
    """Give everything that is wrong with the shape of a file's data; nothing for a file that no schema describes."""
    kind = kind_of(file)
    if kind is None:
        return ()
    if fits(data, schema_of(kind)):
        return ()
    seen = _Seen(file, kind)
    for error in _validator(kind).iter_errors(data):
        seen.take(error)
    return tuple(sorted(seen.findings(), key=_order))


def _order(found: Finding) -> tuple[tuple[tuple[int, str], ...], str, str]:
    steps = found.at.pointer if found.at else ()
    return tuple((step, "") if isinstance(step, int) else (-1, step) for step in steps), found.rule, found.message


# --- the shipped schemas ----------------------------------------------------------------------


@cache
def schema_of(kind: str) -> Any:
    """Give the schema of a kind of file whole, with every reference replaced by what it refers to."""
    return _whole(_file(f"{kind}.schema.json"), f"{kind}.schema.json")


@cache
def _file(name: str) -> Any:
    return json.loads(resources.files("slacli.schemas").joinpath(name).read_text("utf-8"))


def _whole(node: Any, file: str) -> Any:
    if not isinstance(node, dict):
        return node
    whole: dict[str, Any] = {}
    if "$ref" in node:
        name, _, pointer = node["$ref"].partition("#")
        target = _file(name or file)
        for step in pointer.split("/")[1:]:
            target = target[step]
        whole = dict(_whole(target, name or file))
    for keyword, value in node.items():
        if keyword == "properties":
            whole[keyword] = {name: _whole(inner, file) for name, inner in value.items()}
        elif keyword == "pattern":
            # `$` stands before a last line break too; in the editors that read these schemas it does not.
            whole[keyword] = value.removesuffix("$") + r"\Z"
        elif keyword == "allOf":
            whole[keyword] = [_whole(inner, file) for inner in value]
        elif keyword not in {"$ref", "$defs"}:
            whole[keyword] = _whole(value, file)
    return whole


@cache
def _validator(kind: str) -> Any:
    from jsonschema.validators import Draft202012Validator
    from referencing import Registry

    return Draft202012Validator(schema_of(kind), registry=Registry(), format_checker=_formats())


@cache
def _formats() -> Any:
    from jsonschema import FormatChecker

    formats = FormatChecker(formats=())
    for name, test in FORMATS.items():
        formats.checks(name)(partial(_passes, test))
    return formats


def _passes(test: Callable[[str], bool], data: object) -> bool:
    return not isinstance(data, str) or test(data)


def _inside(schema: Any, pointer: _Pointer) -> Any:
    """Give the part of a schema that speaks of the value at a pointer: an empty one where none does."""
    for step in pointer:
        inner = schema.get("items") if isinstance(step, int) else schema.get("properties", {}).get(step)
        if inner is None and isinstance(step, str):
            inner = schema.get("additionalProperties")
        schema = inner if isinstance(inner, dict) else {}
    return schema


# --- from errors to findings ------------------------------------------------------------------

_Pointer = tuple[str | int, ...]


@dataclass(slots=True)
class _Seen:
    """What is known of one file while its errors come in: the gravest error of each place, and the missing keys."""

    file: str
    kind: str
    guesses: int = 0
    found: dict[tuple[_Pointer, bool], tuple[int, Finding]] = field(default_factory=dict)
    missing: dict[tuple[_Pointer, str, str], list[str]] = field(default_factory=dict)
    explained: set[tuple[_Pointer, str]] = field(default_factory=set)

    def take(self, error: Any) -> None:
        pointer = tuple(error.absolute_path)
        path = error.schema_path
        if len(path) > 1 and path[-2] == "propertyNames":
            self._key(error, pointer)
        elif error.validator == "additionalProperties":
            known = error.schema.get("properties", {})
            for key in error.instance:
                if key not in known:
                    self._keep(-1, UNKNOWN_KEY.found(self._unknown(key, pointer, error.instance, known)))
        elif error.validator == "required":
            self._lacks(pointer, error, "", error.validator_value)
        elif error.validator == "dependentRequired":
            for key, needed in error.validator_value.items():
                if key in error.instance:
                    self._lacks(pointer, error, key, needed)
        else:
            self._value(error, pointer)

    def findings(self) -> Iterator[Finding]:
        """Give the findings: a missing key is left out where a misspelt or misplaced one explains it."""
        yield from (finding for _, finding in self.found.values())
        for (pointer, needing, help_), keys in self.missing.items():
            left = [key for key in keys if (pointer, key) not in self.explained]
            if left:
                yield MISSING_KEY.found(self._missing(pointer, needing, help_, left))

    def _keep(self, weight: int, finding: Finding) -> None:
        assert finding.at is not None
        place = (finding.at.pointer, finding.key)
        if place not in self.found or weight < self.found[place][0]:
            self.found[place] = (weight, finding)

    def _nearest(self, word: str, known: list[str]) -> str:
        self.guesses += 1
        return (wording.nearest(word, known) or "") if self.guesses <= _GUESSES else ""

    # --- keys ---

    def _unknown(self, key: object, pointer: _Pointer, around: Any, known: Any) -> Problem:
        name = str(key)
        help_ = self._elsewhere(name, pointer, around, known)
        if not help_:
            near = self._nearest(name, [one for one in known if one not in around])
            if near:
                self.explained.add((pointer, near))
                help_ = f"did you mean `{near}`?"
        if not help_:
            help_ = "remove it"
            if len(known) <= _SHORT_LIST:
                help_ = f"write {_names(known, 'or')}"
        return Problem(
            at=Address(self.file, (*pointer, name)),
            key=True,
            message=f"`{_shown(name)}` is not a key of {_called(self.file, pointer)}",
            label="not known here",
            help=help_,
        )

    def _elsewhere(self, key: str, pointer: _Pointer, around: Any, known: Any) -> str:
        """Say where a key belongs that is known one level further in or out, or in another file."""
        for name, inner in known.items():
            if key in inner.get("properties", {}) and isinstance(around.get(name), dict):
                self.explained.add(((*pointer, name), key))
                return f"indent it below `{name}:`, where it belongs"
        if pointer:
            outer = pointer[:-2] if isinstance(pointer[-1], int) else pointer[:-1]
            if key in _inside(schema_of(self.kind), outer).get("properties", {}):
                self.explained.add((outer, key))
                return f"move it out to {_called(self.file, outer)}, where it belongs"
            return ""
        for file, kind in _ALONE.items():
            if kind != self.kind and key in schema_of(kind).get("properties", {}):
                return f"move it to {file}, where it belongs"
        return ""

    def _lacks(self, pointer: _Pointer, error: Any, needing: str, keys: list[str]) -> None:
        """Note the keys that a mapping lacks, once: the library tells of each of them alone."""
        group = (pointer, needing, error.schema.get("x-help", ""))
        self.missing[group] = [key for key in keys if key not in error.instance]

    def _missing(self, pointer: _Pointer, needing: str, help_: str, keys: list[str]) -> Problem:
        at = Address(self.file, pointer)
        needed = f", which `{needing}` needs" if needing else ""
        return Problem(
            at=at,
            key=bool(pointer) and isinstance(pointer[-1], str),
            message=f"{_called(self.file, pointer)} lacks {_names(keys)}{needed}",
            label=f"no {_names(keys, 'or')}",
            help=help_ or (_added(keys[0], _inside(schema_of(self.kind), (*pointer, keys[0])), len(keys))),
            subject="/".join(map(str, (self.file, *pointer, keys[0]))),
        )

    def _key(self, error: Any, pointer: _Pointer) -> None:
        """Report a key that is not written as keys are here, or that excludes another one."""
        key, schema = str(error.instance), error.schema
        at = Address(self.file, (*pointer, key))
        where = _called(self.file, pointer)
        if error.validator == "not":
            beside = schema["x-beside"]
            problem = Problem(
                at=at,
                key=True,
                message=f"`{key}` cannot stand beside `{beside}` in {where}",
                label=f"not beside `{beside}`",
                help="keep one of the two",
            )
            self._keep(0, CLASHING_KEYS.found(problem))
            return
        is_id = schema.get("pattern") == _ID
        says = _ID_SAYS if is_id else schema["x-says"]
        problem = Problem(
            at=at,
            key=True,
            message=f"the key `{_shown(key)}` of {where} should be {says}",
            label="not an id" if is_id else "not in this form",
            help=_mended(key, schema),
        )
        self._keep(0, (BAD_ID if is_id else MALFORMED).found(problem))

    # --- values ---

    def _value(self, error: Any, pointer: _Pointer) -> None:
        value, schema, keyword = error.instance, error.schema, error.validator
        at = Address(self.file, pointer)
        name = _called(self.file, pointer)
        says = _says(schema)
        help_ = schema.get("x-help", "")
        if value is None:
            rule = EMPTY_VALUE
            problem = Problem(
                at=at,
                key=bool(pointer) and isinstance(pointer[-1], str),
                message=f"{name} has nothing in it" if not pointer else f"{name} has no value",
                label="nothing follows",
                help=help_ or (f"write {says}, or remove the key" if pointer else "fill the file, or remove it"),
            )
        elif keyword in {"minLength", "minItems", "minProperties"}:
            rule = EMPTY_VALUE
            problem = Problem(at=at, message=f"{name} is empty", label="empty", help=help_ or "fill it, or remove it")
        elif keyword == "type":
            rule = WRONG_TYPE
            problem = Problem(
                at=at,
                message=f"{name} should be {says}, not {_kind(value)}",
                label=f"is {_kind(value)}",
                help=help_ or _converted(value, schema),
            )
        elif keyword == "enum":
            rule = NOT_ALLOWED
            known = error.validator_value
            short = len(known) <= _NAMED and "x-says" not in schema
            near = self._nearest(str(value), [one for one in known if isinstance(one, str)])
            problem = Problem(
                at=at,
                message=f"{name} should be {_names(known, 'or') if short else says}, "
                f"not {_kind(value) if isinstance(value, dict | list) else _quoted(value)}",
                label="not one of them",
                help=f"did you mean `{near}`?"
                if near
                else help_ or f"write {'one of them' if short else _names(known, 'or')}",
            )
        elif keyword in {"minimum", "exclusiveMinimum", "maximum"}:
            rule = OUT_OF_RANGE
            bound = {"minimum": "at least", "exclusiveMinimum": "more than", "maximum": "at most"}[keyword]
            problem = Problem(
                at=at,
                message=f"{name} should be {bound} {error.validator_value}, not {_quoted(value)}",
                label="too large" if keyword == "maximum" else "too small",
                help=help_ or f"write a number that is {bound} {error.validator_value}",
            )
        elif keyword == "maxProperties":
            rule = OUT_OF_RANGE
            problem = Problem(
                at=at, message=f"{name} should be {says}, not {len(value)}", label="too many", help=help_ or "keep one"
            )
        else:
            is_id = schema.get("pattern") == _ID
            rule = BAD_ID if is_id else MALFORMED
            problem = Problem(
                at=at,
                message=f"{name} should be {says}, not {_quoted(value)}",
                label="not an id" if is_id else "not in this form",
                help=_mended(value, schema) or help_,
            )
        self._keep(_WEIGHT.index(keyword), rule.found(problem))


# --- words ------------------------------------------------------------------------------------


def _called(file: str, pointer: _Pointer) -> str:
    """Name a part as people call it: `first_touch.clock.within`, or by the number of its entry in a list."""
    if not pointer:
        return f"`{file}`"
    if isinstance(pointer[-1], int):
        return f"entry {pointer[-1] + 1} of {_called(file, pointer[:-1])}"
    start = max((index + 1 for index, step in enumerate(pointer) if isinstance(step, int)), default=0)
    if start:
        return f"`{_dotted(pointer[start:])}` in {_called(file, pointer[:start])}"
    return f"`{_dotted(pointer[1:] if len(pointer) > 1 and pointer[0] in _SECTIONS else pointer)}`"


def _dotted(steps: _Pointer) -> str:
    return ".".join(_shown(str(step)) for step in steps)


def _says(schema: Any) -> str:
    """Say what a value should be, in the schema's own words where it has some."""
    types = schema.get("type", "object")
    says = schema.get("x-says") or _TYPES[types if isinstance(types, str) else types[0]]
    examples = schema.get("examples")
    return f"an id such as `{examples[0]}`" if says == "an id" and examples else str(says)


def _names(words: Iterable[object], last: str = "and") -> str:
    return wording.quoted([_literal(word) for word in words], last)


def _literal(value: object) -> str:
    """Write a plain value as a contract writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown(text: str) -> str:
    """Shorten a text to what fits in a message."""
    return wording.sanitised(" ".join(text[: 2 * _LONGEST].split()), _LONGEST)


def _quoted(value: object) -> str:
    return f"`{_shown(_literal(value))}`"


def _kind(value: object) -> str:
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, bool):
        return _quoted(value)
    return f"the {'text' if isinstance(value, str) else 'number'} {_quoted(value)}"


def _added(key: str, schema: Any, count: int) -> str:
    """Say how to add a key that is missing; of several together only that they are."""
    if count > 1:
        return "add them"
    if "enum" in schema:
        return f"add `{key}:` with {_names(schema['enum'], 'or')}"
    example = next((one for one in schema.get("examples", ()) if not isinstance(one, dict | list)), None)
    return f"add `{key}:`" if example is None else f"add `{key}:`, for example `{key}: {_literal(example)}`"


def _converted(value: object, schema: Any) -> str:
    """Say how to write a value of the wrong kind, or nothing where only its author can know."""
    types, text = schema["type"], _literal(value)
    if isinstance(value, list):
        return "write its keys below it, without `-`" if "object" in types else ""
    if isinstance(value, dict):
        return "begin each of its entries with `-`" if "array" in types else ""
    if not isinstance(value, str):
        if "string" in types and _fits(text, schema) and schema.get("pattern") != _ID:
            return f'write it in quotes: "{text}"'
        return f"write `{text}%`" if not isinstance(value, bool) and _fits(f"{text}%", schema) else ""
    if "array" in types and _fits(text, schema.get("items", {})):
        plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_ /-]*", text)
        return f"write it as a list: `[{_shown(text if plain else json.dumps(text, ensure_ascii=False))}]`"
    if "boolean" in types and text.lower() in {"true", "yes", "false", "no"}:
        return f"write `{'true' if text.lower() in {'true', 'yes'} else 'false'}`"
    if ("integer" in types or "number" in types) and re.fullmatch(r"-?[0-9]{1,18}", text):
        return f"write it without quotes: `{text}`"
    return "write its keys below it" if "object" in types else ""


def _mended(text: str, schema: Any) -> str:
    """Give the form that a text was likely meant to have, or nothing where that is not plain."""
    if schema.get("pattern") == _ID and not text.isascii():
        odd = [*dict.fromkeys(char for char in text if not char.isascii())][:3]
        return f"type it anew, without {wording.listed(f'`{_shown(char)}` (U+{ord(char):04X})' for char in odd)}"
    plain = " ".join(text.split()).replace("–", "-")
    forms = [plain, plain.lower(), plain.upper(), plain.upper().replace("FY20", "FY"), plain.replace("/", "-")]
    tight = re.sub(r"(?<![0-9])([0-9]):", r"0\1:", plain.replace(" ", ""))
    forms += [tight, re.sub(r",", ", ", tight), plain.replace(" %", "%")]
    if schema.get("pattern") == _ID:
        forms.append(re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_"))
    form = next((form for form in forms if form != text and _fits(form, schema)), None)
    if form is None:
        return ""
    return f"write `{wording.sanitised(form)}`" if len(form) <= _LONGEST else "write it in one line"


def _fits(text: str, schema: Any) -> bool:
    return bool(re.search(schema.get("pattern", ""), text)) and bool(
        _formats().conforms(text, schema.get("format", ""))
    )
