"""The strict door for YAML: what it reads, what it refuses, and the words it has for that."""

from __future__ import annotations

import re
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_regressions.file_regression import FileRegressionFixture

from slacli.core.text import yamltext
from slacli.core.text.yamltext import RULES, Reading, read
from slacli.core.wording import sanitised
from slacli.findings import Finding, Severity
from slacli.places import Address, SourceMap, Span

CONTRACTS = Path(__file__).parent.parent / "contracts"
FILES = sorted(CONTRACTS.rglob("*.yaml"))
SECONDS = 5.0  # of processor time, on a busy machine: text that is read in more than linear time takes minutes


def reading(text: str | bytes) -> Reading:
    return read("f.yaml", text if isinstance(text, bytes) else text.encode())


def rules(text: str | bytes) -> list[str]:
    return [found.rule for found in reading(text).findings]


def sources(got: Reading) -> SourceMap:
    return SourceMap({"f.yaml": got.text}, got.values, got.keys)


def underlined(got: Reading, found: Finding) -> str:
    """The characters of the text that a finding points at."""
    assert found.at is not None
    of = sources(got)
    span = of.part(found.at, *found.part) if found.part else of.span(found.at, key=found.key)
    return of.line("f.yaml", span.line)[span.column - 1 : span.end_column - 1 if span.line == span.end_line else None]


def told(text: str | bytes) -> list[tuple[str, str]]:
    """The first line of each finding, and what to do."""
    return [(found.message, found.help) for found in reading(text).findings]


def shown(text: str) -> str:
    """A text as it is written, and below it each finding with its place."""
    got = reading(text + "\n")
    lines = [f"{line}" for line in (text or "(nothing)").encode("unicode_escape").decode().split("\\n")]
    for found in got.findings:
        assert found.at is not None
        span = sources(got).span(found.at, key=found.key)
        marked = underlined(got, found).encode("unicode_escape").decode()
        lines += [f"  {found.rule}: {found.message}", f"    {span.line}:{span.column} {marked}  <- {found.label}"]
        lines += [f"    help: {found.help}"]
    return "\n".join(lines) + "\n"


def data(text: str) -> object:
    got = reading(text)
    assert got.findings == ()
    return got.data


# --- what is read -----------------------------------------------------------------------------


def test_values_are_plain_data_and_decimals_are_exact() -> None:
    text = """\
        word: text
        two words: "quoted"
        single: 'it''s'
        whole: -12
        zero: 0
        decimal: -0.10
        yes: true
        no: false
        nothing: null
        empty:
        list: [a, 1, 2.5, null, {b: c}]
        nested: {a: [b, {c: d}], e: {}}
        folded: >
          one
          two
        kept: |
          one
          two
        prose: it goes on
          in the next line
        """.replace("yes:", "right:").replace("no:", "wrong:")
    assert data(text.replace("\n        ", "\n").strip()) == {
        "word": "text", "two words": "quoted", "single": "it's", "whole": -12, "zero": 0, "decimal": Decimal("-0.10"),
        "right": True, "wrong": False, "nothing": None, "empty": None,
        "list": ["a", 1, Decimal("2.5"), None, {"b": "c"}], "nested": {"a": ["b", {"c": "d"}], "e": {}},
        "folded": "one two\n", "kept": "one\ntwo\n", "prose": "it goes on in the next line",
    }  # fmt: skip


def test_numbers_keep_their_kind() -> None:
    read_data: Any = data("{a: 1, b: 1.0, c: true, d: 1.250}")
    assert [(type(value), str(value)) for value in read_data.values()] == [
        (int, "1"), (Decimal, "1.0"), (bool, "True"), (Decimal, "1.250"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "word",
    ["2026-11-26", "2026-11-01..2027-12-31", "2026-02", "2026-W07", "FY27", "FY27-Q1", "95% per month",
     "5 business days", "email like '%@acme.com'", "source <> 'Partner'", "amount >= 10000", "team = 'AE'",
     "00Q5f00000D1spuEAB", "x", "e", "x1", "e_o", "sha256", "1st", "a-b", "-a", "10 000", "1/2", "mon-fri",
     "rivalbooks.com", "yesterday", "none", "Größe", "見積", "nullable", "on_hold", "a:b", "2026-11-26 is a holiday",
     "5f0c2b1e-7a41-4d8e-9c55-0e1f6a2b3c4d"],
)  # fmt: skip
def test_text_that_is_a_number_to_nobody_needs_no_quotes(word: str) -> None:
    assert data(f"a: {word}\n") == {"a": word}


def test_keys_are_always_text() -> None:
    assert data("2026-11-26: Thanksgiving\n12: twelve\nFY27-Q1: 95%\n'true': quoted\nn: 5\n") == {
        "2026-11-26": "Thanksgiving", "12": "twelve", "FY27-Q1": "95%", "true": "quoted", "n": 5,
    }  # fmt: skip


def test_one_explicit_start_of_the_document_and_comments_are_plain_yaml() -> None:
    assert data("# first\n---\na: b # said\n# last\n") == {"a": "b"}


def test_line_ends_of_windows_change_nothing() -> None:
    unix = "a: |\n  x\n  y\nb: {c: 'd'}\n"
    dos = reading(unix.replace("\n", "\r\n"))
    assert (dos.data, dos.values, dos.keys) == (reading(unix).data, reading(unix).values, reading(unix).keys)


def test_the_reference_contract_is_read_without_a_finding_and_as_other_loaders_read_it() -> None:
    assert len(FILES) > 10
    for path in FILES:
        got = read(path.name, path.read_bytes())
        assert got.findings == ()
        assert same(got.data) == same(yaml.safe_load(path.read_bytes()))


def test_the_slower_loader_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [path.read_bytes() for path in FILES] + [
        b"a: [b:, c]",
        b"a: {b:}",
        b"a: 'x\nb: c",
        b"a: {b: c]",
        b"a: b: c",
    ]
    fast = [(got.data, got.values, got.keys, got.findings) for got in map(reading, texts)]
    monkeypatch.setattr(yamltext, "_Loader", yaml.SafeLoader)
    slow = [(got.data, got.values, got.keys, got.findings) for got in map(reading, texts)]
    assert [one[3] for one in fast[-3:]] == [one[3] for one in slow[-3:]]
    assert [bool(one[3]) for one in fast] == [bool(one[3]) for one in slow]
    assert [one[:3] for one in fast[: len(FILES)]] == [one[:3] for one in slow[: len(FILES)]]


# --- where it stands --------------------------------------------------------------------------


def test_spans_count_code_points_and_cover_the_quotes() -> None:
    got = reading("𝄞é: 'ü𝄞x'  # said\nlist:\n  - {a: \"b c\", d: }\n  -\n  - |\n    one\n\n    two\n\nz: y\n")
    at = Address("f.yaml")
    assert got.keys[at / "𝄞é"] == Span(1, 1, 1, 3)
    assert got.values[at / "𝄞é"] == Span(1, 5, 1, 10)
    assert got.values[at / "list" / 0] == Span(3, 5, 3, 20)
    assert got.keys[at / "list" / 0 / "a"] == Span(3, 6, 3, 7)
    assert got.values[at / "list" / 0 / "a"] == Span(3, 9, 3, 14)
    assert got.values[at / "list" / 0 / "d"] == Span(3, 19, 3, 19)
    assert got.values[at / "list" / 1] == Span(4, 4, 4, 4)
    assert got.values[at / "list" / 2] == Span(5, 5, 8, 8), "a text behind | ends with its last line that is not blank"
    assert got.values[at / "list"] == Span(3, 3, 8, 8), "a list ends with its last item"
    assert got.values[at] == Span(1, 1, 10, 5)


def test_a_character_of_a_criterion_is_found_through_quotes_and_escapes() -> None:
    got = reading("a: {test: \"email_d\\u006fmain = 'x'\"}\n")
    at = Address("f.yaml", ("a", "test"))
    value: Any = got.data
    start = value["a"]["test"].index("=")
    assert sources(got).part(at, start, start + 1) == Span(1, 30, 1, 31)
    assert got.text[29] == "="


def test_every_value_of_the_reference_contract_has_its_place() -> None:
    for path in FILES:
        got = read("f.yaml", path.read_bytes())
        lines = got.text.split("\n")
        for at, span in got.keys.items():
            assert lines[span.line - 1][span.column - 1 : span.end_column - 1].strip("\"'") == at.pointer[-1]
        for at, value in leaves(got.data, Address("f.yaml")):
            span = got.values[at]
            raw = lines[span.line - 1][span.column - 1 : span.end_column - 1]
            if isinstance(value, str) and span.line == span.end_line:
                assert raw in {value, f'"{value}"', f"'{value}'"}


# --- the bad inputs that the design lists by number -------------------------------------------


def test_input_01_duplicate_key() -> None:
    assert [message for message, _ in told("a:\n  b: {c: 1, d: 2, c: 3}\n  e: 1\n  e: 2\n")] == [
        "the key `c` stands twice in line 2",
        "the key `e` stands in line 3 and in line 4",
    ]
    got = reading('a: 1\nb: 2\n\n"a": {c: no}\n')
    first, second = got.findings
    assert [sources(got).span(other.at, key=other.key) for other in first.related] == [Span(1, 1, 1, 2)]
    assert first.subject == "f.yaml/a"
    assert got.data == {"a": 1, "b": 2}, "the first one stays, so that the rest can still be looked at"
    assert (second.rule, underlined(got, second)) == ("quote-this", "no"), "what the second one holds is read too"


def test_input_01_keys_that_are_one_text_are_one_key() -> None:
    assert rules("12: a\n'12': b\n") == ["duplicate-key"]


def test_input_02_merge_key() -> None:
    got = reading("base: &x {a: 1}\nterm:\n  <<: *x\n  a: 2\n")
    assert [found.rule for found in got.findings] == ["yaml-feature"] * 3
    assert [underlined(got, found) for found in got.findings] == ["&x", "<<", "*x"]
    assert got.data is None


def test_input_03_alias_bomb_and_recursive_anchor() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 10))
    assert set(rules(bomb)) == {"yaml-feature"}
    assert told(bomb)[0][0] == "an anchor (`&name`) is no part of a contract"
    assert set(rules("a: &a [*a]\n")) == {"yaml-feature"}
    assert reading("a: &a [*a]\n").data is None


@pytest.mark.parametrize("sign", ["[", "{a: ", "- ", "? ", "[\n", "{a:\n", "[["])
def test_input_04_too_deep(sign: str) -> None:
    began = time.process_time()
    got = reading((sign * 400_000)[: 400 << 10])
    assert time.process_time() - began < SECONDS
    assert "too-big" in {found.rule for found in got.findings}
    assert "21 levels of lists and mappings inside each other" in got.findings[-1].message
    assert got.data is None


def test_input_04_twenty_levels_are_read() -> None:
    assert rules("a: " + "[" * 19 + "]" * 19) == []
    assert rules("a: " + "[" * 20 + "]" * 20) == ["too-big"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a:\n" + "  b: c\n" * 1_700_000, "11,900,003 bytes, where a contract has at most 1,048,576"),
        ("#" * 10_000_000, "10,000,000 bytes"),
        ("".join(f"k{i}: 1\n" for i in range(100_000)), "50,001 values, where a contract has at most 50,000"),
        ("[" + "1," * 200_000 + "]", "50,001 values"),
        (f"a: {'x' * 65_537}", "65,537 characters in one value, where a contract has at most 65,536"),
        (f"a: '{'x' * 1_000_000}'", "1,000,000 characters in one value"),
    ],
    ids=["12 MB", "comment", "keys", "items", "word", "quoted"],
)
def test_input_05_too_big(text: str, words: str) -> None:
    began = time.process_time()
    got = reading(text)
    assert time.process_time() - began < SECONDS
    assert got.findings[-1].rule == "too-big"
    assert words in got.findings[-1].message
    assert got.data is None


@pytest.mark.parametrize(
    "text",
    ["a: !!python/object/apply:os.system [id]", "%TAG ! tag:yaml.org,2002:python/\n---\na: !name:os.system\n",
     "a: !!binary aGk=", "a: !!set {b, c}", "a: !!omap [b: c]", "!!map {a: b}", "a: !", "a: !x!y z", "a: !<x",
     "a: !!str", "%YAML 1.1\n---\na: b\n", "%YAML 2.0\n---\na: b\n", "%FOO\n---\na: b\n"],
)  # fmt: skip
def test_input_06_tags_and_directives(text: str) -> None:
    assert set(rules(text)) == {"yaml-feature"}
    assert reading(text).data is None


def test_input_07_two_documents_empty_file_bare_text_bare_list() -> None:
    assert told("a: b\n---\nc: d\n---\ne: f\n") == [
        ("a second document begins in the same file", "remove the line `---`, or keep one document only")
    ]
    assert reading("a: b\n---\nc: d\n").data is None
    for empty in ["", "\n\n", "# only said\n", "---\n", "null\n", "\ufeff"]:
        assert rules(empty)[-1] == "empty-file"
        assert reading(empty).data is None
    assert told("just text\n")[0][0] == "`f.yaml` holds a single value instead of names with values"
    assert rules("- a\n- b\n") == ["not-a-mapping"]
    assert rules("12") == rules('"a"') == ["not-a-mapping"]


@pytest.mark.parametrize(
    "word",
    ["no", "on", "Y", "NO", "yes", "Yes", "off", "OFF", "n", "y", "True", "TRUE", "False", "Null", "NULL", "~"],
)
def test_input_08_words_that_are_yes_no_or_nothing_to_some(word: str) -> None:
    for text in [f"a: {word}\n", f"a: [b, {word}]\n", f"{{a: {word}}}\n"]:
        got = reading(text)
        assert [found.rule for found in got.findings] == ["quote-this"]
        assert underlined(got, got.findings[0]) == word
        assert f'`"{word}"`' in got.findings[0].help
    assert rules(f"a: '{word}'\nb: \"{word}\"\nc: |\n  {word}\n") == []


def test_input_08_says_both_meanings() -> None:
    assert told("country: NO\n") == [
        ("`NO` can be read as `false` or as text", 'write `"NO"` where the text is meant, else `false`')
    ]


@pytest.mark.parametrize("word", ["09:00", "17:00", "09:00-17:00", "1:30:00", "09:00-12:00,13:00-17:00"])
def test_input_09_hours(word: str) -> None:
    assert told(f"hours: {word}\n") == [(f"`{word}` can be read as a number or as text", f'write `"{word}"`')]
    assert data(f'hours: "{word}"\n') == {"hours": word}


@pytest.mark.parametrize(
    ("word", "meant"),
    [("012", ""), ("0o12", ""), ("0x1F", ""), ("0XFF", ""), ("0b11", ""), ("1_000", "1000"), ("1_00.25", "100.25"),
     (".5", "0.5"), ("-.5", "-0.5"), ("5.", "5"), ("+1", "1"), ("1e3", ""), ("1.5e-3", ""), ("1E3", ""),
     ("1,000", "1000"), ("1,5", ""), ("-012", ""), ("-0o73", ""), ("00017", ""), ("1.2.3", ""), ("+49-30-1234", ""),
     ("10_000", "10000"),
     ("...", "")],
)  # fmt: skip
def test_input_10_numbers_that_only_some_read(word: str, meant: str) -> None:
    got = reading(f"a: {word}\n")
    assert [found.rule for found in got.findings] == ["quote-this"]
    other = f"`{meant}`, or " if meant else ""
    assert got.findings[0].help == f'write {other}`"{word}"`{" where the text is meant" if meant else ""}'
    assert got.data == {"a": word}


@pytest.mark.parametrize(
    ("word", "words"),
    [(".inf", "a number or as text"), (".nan", "a number or as text"), ("-.INF", "a number or as text"),
     ("9" * 19, "at most 18 digits, and this one has 19 digits"), (f"-{'9' * 5000}", "this one has 5000 digits"),
     (f"1.{'0' * 400}", "at most 40 characters, and this one has 402 characters"),
     ("2026-11-26T10:00:00Z", "a time or as text"), ("2026-11-26 10:00:00", "a time or as text"),
     ("2026-1-5t1:0:0.5 -05:00", "a time or as text"), ("=", "a sign of YAML or as text"), ("<<", "a sign of YAML")],
    ids=lambda value: value[:20],
)  # fmt: skip
def test_input_11_no_numbers_and_too_long_ones(word: str, words: str) -> None:
    got = reading(f"a: {word}\n")
    assert [found.rule for found in got.findings] == ["quote-this"]
    assert words in got.findings[0].message


def test_input_11_the_longest_numbers() -> None:
    assert data(f"a: {'9' * 18}\nb: -0.{'1' * 37}\n") == {"a": 10**18 - 1, "b": Decimal(f"-0.{'1' * 37}")}


@pytest.mark.parametrize("day", ["2026-02-30", "2027-02-29", "2026-13-01", "0000-01-01", "2026-02-30..2026-03-01"])
def test_input_12_days_that_do_not_exist(day: str) -> None:
    missing = day.split("..", maxsplit=1)[0]
    for text in [f"a: {day}\n", f"{day}: a\n"]:
        assert [message for message, _ in told(text)] == [f"there is no day `{missing}`"]
        assert rules(text) == ["no-such-day"]


def test_input_12_months_that_do_not_exist() -> None:
    assert rules("a: 2026-13\n") == rules("a: 2026-00\n") == ["no-such-day"]
    assert rules("a: 2026-12\nb: 2028-02-29\n") == []


def test_input_14_other_encodings() -> None:
    assert told("\ufeffa: b\n") == [
        (
            "the character U+FEFF (byte order mark) stands in the text, which no text needs",
            "save the file as UTF-8 without a byte order mark",
        )
    ]
    assert reading("\ufeffa: b\n").data == {"a": "b"}
    for encoding in ["utf-16", "utf-16-le", "utf-16-be", "utf-32"]:
        got = reading("title: Acme\n".encode(encoding))
        assert [(found.rule, found.message) for found in got.findings] == [("not-utf8", "the file is UTF-16 text")]
        assert got.data is None
    got = reading("a: b\ntitle: Größe\n".encode("latin-1"))
    assert [(found.rule, found.message) for found in got.findings] == [
        ("not-utf8", "the byte F6 is no part of UTF-8 text")
    ]
    assert sources(got).span(got.findings[0].at or Address("")) == Span(2, 10, 2, 11)
    assert got.text == "a: b\ntitle: Gr��e\n"
    assert got.data is None
    assert rules(b"a: \xed\xa0\x80\n") == ["not-utf8"], "half a character is no UTF-8 either"


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85", "\r", "\x0b", "\x0c"])
def test_input_15_line_ends_that_hide_a_line(sign: str) -> None:
    for text in [f"a: 1 # said{sign}hours: 99\n", f"a: b{sign}hours: 99\n", f"a: '{sign}'\n"]:
        got = reading(text)
        assert [found.rule for found in got.findings] == ["odd-character"]
        assert underlined(got, got.findings[0]) == sign
        assert "hours" not in (got.data or {})  # type: ignore[operator]
    if sign in "\u2028\u2029\x85\r":
        assert "which ends a line for some programs only" in reading(f"a: '{sign}'").findings[0].message


@pytest.mark.parametrize(
    "sign", [*"\u202a\u202e\u2066\u2069\u200e\u061c\u200b\u200c\u200d\u2060\u00ad\u00a0\u2007\u3164"]
)
def test_input_16_what_turns_text_or_cannot_be_seen(sign: str) -> None:
    for text in [f"sa{sign}l: a\n", f"a: sa{sign}l\n", f"a: 'x{sign}'\n", f"a: b # {sign}\n"]:
        got = reading(text)
        assert [found.rule for found in got.findings] == ["odd-character"]
        assert underlined(got, got.findings[0]) == sign
        assert f"U+{ord(sign):04X}" in got.findings[0].message


def test_input_16_what_cannot_be_seen_may_be_written_where_it_is_seen() -> None:
    assert data(r'a: "10\xa0000, \u200d, \_"') == {"a": "10\xa0000, \u200d, \xa0"}
    for sign in [r"\u202e", r"\ufeff", r"\u2066", r"\U000E0041"]:
        got = reading(f'a: ["x{sign}"]\n')
        assert [found.rule for found in got.findings] == ["odd-character"]
        assert underlined(got, got.findings[0]) == sign


def test_input_16_pictographs_keep_their_look_and_words_do_not_hide_one() -> None:
    assert data("a: ❤️\n") == {"a": "❤️"}
    assert rules("a: Hot️\n") == ["odd-character"]


@pytest.mark.parametrize(
    "escape", [r"\e", r"\x1b", r"\a", r"\0", r"\b", r"\t", r"\r", r"\N", r"\L", r"\P", r"\x7f", r"\n"]
)
def test_input_17_escapes_for_control_characters(escape: str) -> None:
    got = reading(f'x: z\na: "é{escape}[2J"\n')
    assert [found.rule for found in got.findings] == ["odd-character"]
    assert sources(got).span(got.findings[0].at or Address("")).line == 2
    assert underlined(got, got.findings[0]) == escape
    assert f"`{escape}`" in got.findings[0].message


def test_input_17_escapes_in_keys_and_in_later_lines_have_their_place() -> None:
    got = reading('"a\\e": b\nc: "one\n  two\\x07"\n')
    assert [underlined(got, found) for found in got.findings] == [r"\e", r"\x07"]
    assert [sources(got).span(found.at or Address("")).line for found in got.findings] == [1, 3]


def test_input_17_harmless_escapes_are_read() -> None:
    assert data(r'a: "\"\\\/\u00e9\x41\U0001F600"') == {"a": '"\\/éA😀'}
    assert data('a: "one \\\n  two"') == {"a": "one two"}


@pytest.mark.parametrize("escape", [r"\ud800", r"\uDFFF", r"\ud83d\ude00", r"\U0000d800"])
def test_input_18_half_a_character(escape: str) -> None:
    got = reading(f'a: "x{escape}"\n')
    assert [found.rule for found in got.findings] == ["odd-character"]
    assert underlined(got, got.findings[0]) == re.split(r"(?<=.)\\", escape)[0]
    assert "half a character" in got.findings[0].message


def test_input_19_decomposed_letters() -> None:
    got = reading("a: b\nc: cafe\u0301 noir\n")
    assert [(found.rule, found.help) for found in got.findings] == [("not-nfc", "write `é` as one character")]
    assert underlined(got, got.findings[0]) == "e\u0301"
    assert rules("a: \u212b\n") == ["not-nfc"]
    assert rules(r'a: "cafe\u0301"') == ["not-nfc"]
    assert rules("a: café\n") == []


def test_input_20_letters_of_another_script() -> None:
    got = reading("sаl: Mаrch\nown: Москва, Αθήνα and Größe\nb: 'the cоst'\n")
    assert {(found.rule, found.severity) for found in got.findings} == {("mixed-script", Severity.WARNING)}
    assert [underlined(got, found) for found in got.findings] == ["sаl", "Mаrch", "cоst"]
    assert got.findings[1].message == (
        "`Mаrch` mixes Latin letters with the character U+0430 (cyrillic small letter a)"
    )
    assert got.data is not None, "a warning takes nothing away"


@pytest.mark.parametrize(
    "text", ["a:\n\tb: c\n", "a:\tb\n", "a: b\t# said\n", "a: 'x\ty'\n", "a: |\n  x\ty\n", "-\tb\n", "\ta: b\n"]
)
def test_input_21_tabs(text: str) -> None:
    got = reading(text)
    assert got.findings[0].rule == "odd-character"
    assert underlined(got, got.findings[0]) == "\t"
    assert got.findings[0].message == "a tab stands in the text, where only blanks may stand"
    assert {found.rule for found in got.findings} <= {"odd-character", "not-a-mapping"}


@pytest.mark.parametrize("sign", ["\0", "\x07", "\x1b", "\x7f", "\x9b", "\ufffe", "\U0001ffff"])
def test_input_21_control_characters(sign: str) -> None:
    assert rules(f"a: x{sign}y\n") == ["odd-character"]


# --- what else is refused ---------------------------------------------------------------------


def test_all_that_is_wrong_is_told_at_once() -> None:
    got = reading("a: no\na: 1\nb: \u200bx\nc: 17:00\nd: {e:f}\ng: 2026-02-30\n? [h]\n: i\n? \n: j\n")
    assert [found.rule for found in got.findings] == [
        "odd-character", "quote-this", "duplicate-key", "quote-this", "bad-yaml", "no-such-day", "text-key", "text-key",
    ]  # fmt: skip


def test_a_hundred_findings_of_a_kind_are_enough() -> None:
    got = reading("".join(f"k{i}: 17:00\nt{i}:\tx\n" for i in range(500)))
    assert [len([f for f in got.findings if f.rule == rule]) for rule in ("quote-this", "odd-character")] == [101, 101]
    assert got.findings[-1].message == "`f.yaml` has more such places than the 100 that are shown"


PAST = ["[a, b]: c", "{a: b}: c", "a: b\n? \n: c", "true: a", "1.5: a", "on: a", "a: {type:text}", "a:\n  - b\n    - c",
        "a: *b", "a: !important b", "a: &b c", "%YAML 1.1\n---\na: b", "a: b\n---\nc: d", "country: NO", "a: ~",
        "a: Null",
        "hours: 17:00", "a: 1_000", "a: 012", "a: 2026-11-26T10:00:00Z", "a: 2026-02-30", "a: 2026-13", "a: .5", "a: =",
        f"a: {'9' * 19}", f"a: {'9' * 70}", f"a: 0.{'9' * 60}", "a:\tb", "a: b\u00a0c", "a: b\u2028c", "a: \u202eb",
        'a: "\\e[2J"', 'a: "\\n"', "a: \x1b", "a: cafe\u0301 noir", "a: \u212b", "Mаrch: b", "", "- a", "word",
        "a: 1\nb: 2\na: 3", "{a: 1, a: 2}", f"a: {'[' * 20}{']' * 20}"]  # fmt: skip
BREAKS = ["a: Form: down", 'a: x "y": z', "- a: b\n  c: d: e", "a: b\nkey\nc: d", "x:\n  a:b\n  c: d", "a: b\n  c: d",
          "a: @sales", "a: `sal`", "a: *.acme.com", "a: & b", "a: %x # said", "a: [%x, b]", "%x", "a: 'b\nc: d",
          "a: 'it's'", 'a: "b" and "c"', 'a: "\\q"', 'a: "\\xz"', 'a: "\\ud800"', "a: |x\n  b", "a: [b, c\nd: e",
          "a: {b: c,",
          "a: [", "a: {b: c]", "a: [b,, c]", "a: ['b' 'c']", "a: {b:}", "a: [b]c", "'a':b", "a: ]", "a: , b", ": b",
          "a: - b", "a: ? b", "- a\nb: c", "a:\n    b: 1\n  c: 2", "a:\n  - b\n - c", "{a: b}\nc", "...\na: b",
          "--- a: b",
          "a: !x!y z", "a: !<x"]  # fmt: skip


@pytest.mark.parametrize("texts", [PAST, BREAKS], ids=["read_past", "broken_off"])
def test_the_words_for_what_is_wrong(texts: list[str], file_regression: FileRegressionFixture) -> None:
    file_regression.check("\n".join(shown(text) for text in texts), encoding="utf-8")


def test_nothing_is_taken_from_a_text_that_breaks_off() -> None:
    assert [text for text in BREAKS if reading(text).data is not None] == []


def test_what_stood_before_the_break_is_still_told() -> None:
    assert rules("a: no\nb: 1\nb: 2\nc: d: e\n") == ["quote-this", "duplicate-key", "bad-yaml"]


# --- the pages --------------------------------------------------------------------------------


def samples(kind: str) -> list[Any]:
    found = []
    for rule in RULES:
        part = re.search(rf"^{kind}:\n((?:    .*\n?)+)", rule.page, re.MULTILINE)
        assert part, rule.name
        head, text = re.sub(r"^    ", "", part[1], flags=re.MULTILINE).split("\n", 1)
        assert re.fullmatch(r"# file: waivers.yaml(?: \(escaped\))?", head)
        if head.endswith("(escaped)"):
            text = re.sub(r"\\u([0-9a-f]{4})|\\x([0-9a-f]{2})", lambda m: chr(int(m[1] or m[2], 16)), text)
        found.append(pytest.param(rule.name, text.encode("utf-8", "surrogateescape"), id=rule.name))
    return found


@pytest.mark.parametrize(("rule", "text"), samples("Bad"))
def test_the_bad_sample_of_each_page_gives_this_rule_alone(rule: str, text: bytes) -> None:
    assert set(rules(text)) == {rule}


@pytest.mark.parametrize(("rule", "text"), samples("Good"))
def test_the_good_sample_of_each_page_gives_nothing(rule: str, text: bytes) -> None:
    assert rules(text) == []


def test_rules_have_names_and_pages_of_their_own() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES) == 13
    for rule in RULES:
        assert re.fullmatch(r"[a-z][a-z0-9-]+", rule.name)
        assert re.match(r"[A-Z][^\n]+\.\n\nWhy: ", rule.page)


# --- whatever comes ---------------------------------------------------------------------------

SIGNS = st.sampled_from(
    [": ", ":", "- ", "-", "? ", "# ", "#", "[", "]", "{", "}", ",", "'", '"', "|", ">-", "\n", "\n  ", "\n\n", " ",
     "&a ", "*a", "!x ", "%", "@", "~", "null", "true", "no", "1", "012", "1.5", "1:30", "2026-01-02", "<<: ",
     "---", "...",
     "\\", "é", "e\u0301", "𝄞", "\t", "\r", "\r\n", "\x85", "\u2028", "\ufeff", "\u202e", "a", "b: c", "x: ", "\\x41",
     "\\ud800", "а", "😀", "\x00"]
)  # fmt: skip
YAMLISH = st.lists(SIGNS, max_size=30).map("".join)


def check(got: Reading) -> None:
    """What holds for whatever was read."""
    lines = got.text.split("\n")
    for span in [*got.values.values(), *got.keys.values()]:
        assert 1 <= span.line <= span.end_line <= len(lines)
        assert 1 <= span.column <= len(lines[span.line - 1]) + 1
        assert 1 <= span.end_column <= len(lines[span.end_line - 1]) + 1
        assert (span.line, span.column) <= (span.end_line, span.end_column)
    for at, _ in leaves(got.data, Address("f.yaml")) if got.data is not None else []:
        assert at in got.values
    for found in got.findings:
        assert found.at is not None
        assert found.message[0] in "`-0123456789" or found.message[0].islower()
        for words in (found.message, found.label, found.help):
            assert sanitised(words, len(words)) == words
    if got.data is None:
        assert any(found.severity is Severity.ERROR for found in got.findings)
    else:
        assert isinstance(got.data, dict)


@given(st.text() | YAMLISH)
@settings(max_examples=400, deadline=None)
def test_any_text_gives_a_reading_and_spans_lie_inside_it(text: str) -> None:
    check(reading(text.encode("utf-8", "surrogatepass")))


@given(st.binary())
@settings(deadline=None)
def test_any_bytes_give_a_reading(raw: bytes) -> None:
    check(reading(raw))


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_slip_in_the_reference_contract_gives_a_reading(pick: st.DataObject) -> None:
    text = pick.draw(st.sampled_from(FILES)).read_text()
    at = pick.draw(st.integers(0, len(text)))
    gone = pick.draw(st.integers(0, 3))
    check(reading(text[:at] + pick.draw(SIGNS) + text[at + gone :]))


@given(YAMLISH)
@settings(max_examples=400, deadline=None)
def test_what_is_accepted_means_the_same_to_other_loaders(text: str) -> None:
    got = reading(text)
    if not any(found.severity is Severity.ERROR for found in got.findings):
        assert same(got.data) == same(yaml.load(text, Loader=yaml.CSafeLoader))


WORDS = st.from_regex(r"[a-z][a-z_]{4,9}( [a-z]{3,5})?", fullmatch=True)
DATA = st.recursive(
    WORDS | st.text("abz #:,-[]{}'\"\\&*!|>%@`?0189éß𝄞", max_size=9) | st.integers(-999, 999),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(WORDS, DATA, min_size=1), st.sampled_from([True, False, None]), st.sampled_from([None, '"', "'"])
)
@settings(max_examples=40, deadline=None)
def test_any_style_of_writing_gives_the_same_data(wanted: Any, flow: bool | None, quote: str | None) -> None:
    text = yaml.safe_dump(wanted, default_flow_style=flow, default_style=None, allow_unicode=True, width=10_000)
    if quote:
        text = yaml.dump(
            quoted(wanted), Dumper=quoting(quote), default_flow_style=flow, allow_unicode=True, width=10_000
        )
    got = reading(text)
    if not any(found.severity is Severity.ERROR for found in got.findings):
        assert got.data == wanted
    assert {found.rule for found in got.findings} <= {"quote-this"}


class Quoted(str):
    """Text that is dumped in quotes."""

    __slots__ = ()


def quoted(value: Any) -> Any:
    if isinstance(value, dict):
        return {Quoted(key): quoted(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [quoted(inner) for inner in value]
    return Quoted(value) if isinstance(value, str) else value


def quoting(quote: str) -> type[yaml.SafeDumper]:
    class Dumper(yaml.SafeDumper):
        pass

    Dumper.add_representer(
        Quoted, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style=quote)
    )
    return Dumper


def leaves(value: object, at: Address) -> list[tuple[Address, object]]:
    inner: list[tuple[Address, object]] = []
    if isinstance(value, dict):
        for key, one in value.items():
            inner += leaves(one, at / key)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            inner += leaves(one, at / index)
    return [(at, value), *inner]


def same(value: Any) -> Any:
    """Data in the one form in which ours and that of other loaders are compared: days as text, decimals as floats."""
    if isinstance(value, dict):
        return {str(key): same(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [same(inner) for inner in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    return float(value) if isinstance(value, float | Decimal) else str(value)
