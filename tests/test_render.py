"""What people and machines read: golden text, figures that never flatter, and text of others that stays harmless."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from importlib import resources
from typing import Any

import pytest
import reports
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pytest_regressions.file_regression import FileRegressionFixture
from rich.cells import cell_len, set_cell_size

from slacli.adapters.render import FORMATS, Options, render
from slacli.adapters.render.terminal import page, rules
from slacli.errors import CannotRun
from slacli.findings import Counts, Finding, Related, Report, Rows, Severity, reported
from slacli.places import Address, SourceMap, Span

REPORTS: dict[str, Callable[[], Report]] = {
    "untidy": reports.untidy,
    "tidy": reports.validated,
    "broken": reports.broken,
    "kept": lambda: reports.KEPT,
    "unjudged": reports.unjudged,
    "undecided": reports.undecided,
    "many": reports.many,
}

# --- what people see --------------------------------------------------------------------------


@pytest.mark.parametrize("width", [100, 60])
@pytest.mark.parametrize("name", REPORTS)
def test_reads_on_a_terminal_as_agreed(name: str, width: int, file_regression: FileRegressionFixture) -> None:
    text = render(REPORTS[name](), "terminal", width=width)
    file_regression.check(text, extension=".txt", basename=f"{name}_{width}", encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("broken_long", Options(long=True)),
        ("broken_quiet", Options(quiet=True)),
        ("broken_listed", Options(listed="mql_quality")),
        ("untidy_quiet", Options(quiet=True)),
        ("many_long", Options(long=True)),
    ],
)
def test_says_more_or_less_when_asked(name: str, options: Options, file_regression: FileRegressionFixture) -> None:
    text = render(REPORTS[name.partition("_")[0]](), "terminal", width=100, options=options)
    file_regression.check(text, extension=".txt", basename=name, encoding="utf-8")


def test_rows_of_a_duty_that_was_met_are_listed_too() -> None:
    samples = (Rows("exports/leads.csv", ("00Q1", "00Q2"), (4, 9)),)
    met = replace(reports.KEPT.outcomes[1], samples=samples)
    report = replace(reports.KEPT, outcomes=(met,))
    text = render(report, "terminal", options=Options(listed="mql_quality"))
    assert "Rows of mql_quality in February 2027\n   | 00Q1 (row 4)\n   | 00Q2 (row 9)\n" in text
    assert "00Q1" not in render(report, "terminal")


@pytest.mark.parametrize("name", REPORTS)
def test_colour_carries_only_what_words_say(name: str) -> None:
    coloured = render(REPORTS[name](), "terminal", colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == render(REPORTS[name](), "terminal")


@pytest.mark.parametrize("width", [40, 47, 60, 72, 80, 100, 200])
@pytest.mark.parametrize("name", REPORTS)
def test_no_line_is_wider_than_the_screen(name: str, width: int) -> None:
    for report in (REPORTS[name](), reports.hostile(REPORTS[name]())):
        for options in (Options(), Options(long=True), Options(listed="mql_quality")):
            lines = render(report, "terminal", width=width, options=options).split("\n")
            assert [line for line in lines if cell_len(line) > min(width, 100)] == []
            assert [line for line in lines if line != line.rstrip()] == []


def test_a_note_is_never_hidden_in_silence() -> None:
    assert "1 note not shown (--long)" in render(reports.broken(), "terminal")
    assert "an older period was missed" in render(reports.broken(), "terminal", options=Options(long=True))


def test_an_error_stands_beside_a_kept_verdict() -> None:
    found = Finding("contradictory-keys", Severity.ERROR, "3 keys have rows that do not agree", subject="lead")
    first = render(replace(reports.KEPT, findings=(found,)), "terminal").split("\n")[0]
    assert first == "KEPT in February 2027: 3 of 3 duties met · 1 error below"


@given(
    counts=st.tuples(st.integers(0, 5000), st.integers(0, 60), st.integers(0, 60)),
    target=st.decimals(50, 100, places=2).map(str),
)
def test_a_rate_never_reads_better_or_worse_than_its_verdict(counts: tuple[int, int, int], target: str) -> None:
    outcome = reports.share("decision", reports.counted(*counts), target)
    text = render(replace(reports.KEPT, outcomes=(outcome,)), "terminal")
    figures = re.search(r"([\d.]+)(?:–([\d.]+))? %\s+([\d.]+) %", text)
    if not figures:
        assert outcome.status == "no data"
        return
    low, high, wanted = (Fraction(figures[i] or figures[1]) for i in (1, 2, 3))
    assert wanted == Fraction(target)
    assert {"met": low >= wanted, "missed": high < wanted, "unclear": low < wanted <= high}[outcome.status]


@given(st.lists(st.integers(0, 3000), min_size=7, max_size=7))
def test_the_sums_below_a_duty_add_up(amounts: list[int]) -> None:
    counts = Counts(sum(amounts), *amounts)
    outcome = reports.share("decision", counts, "90")
    text = render(replace(reports.KEPT, outcomes=(outcome,)), "terminal", options=Options(long=True))
    row = next(line for line in text.split("\n") if line.startswith("  Accept or reject "))
    shown = re.findall(r"(?<= )[\d,]+(?= )", row)[: 4 + bool(amounts[2])]
    due, *parts = (int(figure.replace(",", "")) for figure in shown)
    assert due == sum(parts) == sum(amounts[:4])
    if any(amounts[4:]):
        said = re.search(r"([\d,]+) covered = ([^·]+?)(?: ·|\n\n)", text)
        assert said
        summands = [int(figure.replace(",", "")) for figure in re.findall(r"[\d,]*\d", said[2])]
        assert int(said[1].replace(",", "")) == sum(summands) == counts.covered


# --- findings in their source -----------------------------------------------------------------


def in_source(text: str, span: Span, label: str = "here", width: int = 100, **more: Any) -> list[str]:
    at = Address("definitions.yaml", ("terms",))
    found = Finding("some-rule", Severity.ERROR, "something is wrong", at, label, **more)
    report = reports.validated(found, sources=SourceMap({"definitions.yaml": text}, {at: span}))
    return render(report, "terminal", width=width).split("\n")


def test_marks_stand_below_wide_characters_and_tabs() -> None:
    lines = in_source("a:\n\ttitle: 契約 x: mlq\n", Span(2, 15, 2, 18))
    assert lines[3:5] == [" 2 |     title: 契約 x: mlq", "   |                    ^^^ here"]


def test_marks_stand_below_what_hides() -> None:
    lines = in_source("title: \x1b\u202eab ##[error]x\n", Span(1, 10, 1, 12))
    shown, marks = lines[3], lines[4]
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "##[" not in shown
    assert shown[marks.index("^") : marks.rindex("^") + 1] == "ab"


def test_a_part_of_a_quoted_scalar_is_marked_behind_its_escapes() -> None:
    lines = in_source("is: 'it''s budget > 1'\n", Span(1, 5, 1, 23), part=(5, 11))
    assert lines[3:5] == [" 1 | is: 'it''s budget > 1'", "   |            ^^^^^^ here"]


def test_a_span_of_several_lines_is_marked_on_its_first() -> None:
    lines = in_source("terms:\n  mql:\n    title: x\n", Span(2, 3, 3, 13), "all of it")
    assert lines[3:5] == [" 2 |   mql:", "   |   ^^^^ all of it"]


def test_line_numbers_of_any_length_keep_the_margin_straight() -> None:
    lines = in_source("x\n" * 12344 + "is: mlq\n", Span(12345, 5, 12345, 8))
    assert lines[1:6] == [
        "     --> contracts/definitions.yaml:12345:5",
        "      |",
        "12345 | is: mlq",
        "      |     ^^^ here",
        "      = see: slacli rule some-rule",
    ]


def test_a_label_that_does_not_fit_goes_on_below() -> None:
    lines = in_source("is: mlq\n", Span(1, 5, 1, 8), "a label of many words that says more than fits on a line", 60)
    assert lines[4:7] == [
        "   |     ^^^",
        "   |     a label of many words that says more than fits on a",
        "   |     line",
    ]


def test_a_place_without_text_is_named_without_a_line() -> None:
    found = Finding(
        "some-rule",
        Severity.ERROR,
        "two files say the same",
        Address("a.yaml"),
        related=(Related(Address("b.yaml"), "the other"),),
    )
    text = render(reports.validated(found), "terminal")
    assert "\n  --> contracts/a.yaml\n  --> contracts/b.yaml\n   | the other\n" in text


@given(
    before=st.text(st.sampled_from("ab 契é\t'\u0301"), max_size=160),
    meant=st.text(st.sampled_from("xy契"), min_size=1, max_size=12),
    after=st.text(st.sampled_from("ab 契é\t"), max_size=160),
    width=st.sampled_from([60, 100]),
)
def test_marks_stand_below_what_is_meant(before: str, meant: str, after: str, width: int) -> None:
    line = f"k{before}{meant}{after}"
    start = len(before) + 2
    lines = in_source(f"{line}\n", Span(1, start, 1, start + len(meant)), "", width)
    shown, marks = lines[3], lines[4]
    left = set_cell_size(shown, marks.index("^"))
    assert shown[len(left) :].startswith(meant)
    assert marks.count("^") == cell_len(meant)


# --- text of others ---------------------------------------------------------------------------

NASTY = st.text(st.sampled_from("a:#[]/ \n\r\t\x00\x1b\x9b\u202e\u200b\u2028\ud800契\u0301`%·=+"), max_size=40)


def harm(text: str) -> Iterator[str]:
    """Give all that a terminal or a CI runner would obey, and all that nobody sees."""
    yield from (c for c in text if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"})
    yield from (line for line in text.split("\n") if line.lstrip().startswith("::"))
    yield from re.findall(r"##\w*\[", text)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("name", REPORTS)
def test_text_of_others_is_inert(name: str, kind: str) -> None:
    report = reports.hostile(REPORTS[name]())
    for options in (Options(), Options(long=True), Options(quiet=True), Options(listed=report.titles.get("sales"))):
        assert list(harm(render(report, kind, options=options))) == []


def test_markup_of_others_is_shown_as_it_was_written() -> None:
    text = render(reports.hostile(reports.KEPT, " [bold]x[/bold] [/y] [link=http://x]z[/link] :smile:"), "terminal")
    assert "[bold]x[/bold] [/y] [link=http://x]z[/link] :smile:" in text.replace("\n  ", " ")


@given(text=NASTY, width=st.sampled_from([40, 60, 100]), name=st.sampled_from(sorted(REPORTS)))
def test_no_text_of_others_does_harm(text: str, width: int, name: str) -> None:
    report = reports.hostile(REPORTS[name](), text)
    told = render(report, "terminal", width=width)
    assert list(harm(told)) == []
    assert max(map(cell_len, told.split("\n"))) <= width
    assert list(harm(render(report, "json"))) == []


# --- for machines -----------------------------------------------------------------------------


def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        resources.files("slacli.schemas").joinpath("report.schema.json").read_text("utf-8")
    )
    return found


def exact(text: str) -> Any:
    def no_float(figure: str) -> None:
        raise AssertionError(figure)

    return json.loads(text, parse_float=no_float)


@pytest.mark.parametrize("name", REPORTS)
def test_json_keeps_to_its_schema(name: str) -> None:
    for report in (REPORTS[name](), reports.hostile(REPORTS[name]())):
        told = exact(render(report, "json"))
        assert list(Draft202012Validator(schema()).iter_errors(told)) == []
        assert next(iter(told)) == "format"


def test_the_schema_describes_every_node() -> None:
    Draft202012Validator.check_schema(schema())

    def nodes(node: dict[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
        yield name, node
        for key in ("properties", "$defs"):
            for inner, child in node.get(key, {}).items():
                yield from nodes(child, f"{name}/{inner}")
        for key in ("items", "additionalProperties"):
            if isinstance(node.get(key), dict):
                yield from nodes(node[key], f"{name}/{key}")
        for number, child in enumerate(node.get("anyOf", [])):
            yield from nodes(child, f"{name}/{number}")

    everything = list(nodes(schema(), ""))
    assert [name for name, node in everything if "description" not in node] == []
    objects = [(name, node) for name, node in everything if node.get("type") == "object"]
    assert [name for name, node in objects if "additionalProperties" not in node] == []
    assert len(everything) > 100


def test_json_says_a_broken_check(file_regression: FileRegressionFixture) -> None:
    file_regression.check(render(reports.broken(), "json"), extension=".json", encoding="utf-8")


def test_json_says_places_in_the_text(file_regression: FileRegressionFixture) -> None:
    file_regression.check(render(reports.untidy(), "json"), extension=".json", encoding="utf-8")


@given(NASTY)
def test_json_loses_nothing(text: str) -> None:
    report = replace(reports.KEPT, findings=(Finding("r", Severity.ERROR, text),))
    told = exact(render(report, "json"))
    assert told["findings"][0]["message"] == text
    told_again = render(replace(report, titles=dict(reversed(list(report.titles.items())))), "json")
    assert told_again == render(report, "json")


# --- the table of formats, and pages ----------------------------------------------------------


def test_a_format_that_is_not_there_cannot_run() -> None:
    with pytest.raises(CannotRun) as raised:
        render(reports.KEPT, "xml")
    assert (raised.value.what, raised.value.help) == ("there is no format `xml`", "use one of: terminal, json")


def test_nothing_is_imported_before_it_is_needed() -> None:
    code = "import sys, slacli.adapters.render; print([m for m in sys.modules if m.split('.')[0] in {'rich', 'json'}])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


PAGE = """A reference names a term that no file defines.

Why: nobody can be held to a word that the contract does not define; the two sides would each put in
their own meaning, and the check would have none.
Bad:
    terms:
      sal: {title: Accepted lead, of: lead, criteria: {qualified: mlq}}

    # the word is `mql`
Good:
    terms:
      sal: {title: Accepted lead, of: lead, criteria: {qualified: mql}}
"""


def test_the_page_of_a_rule(file_regression: FileRegressionFixture) -> None:
    rule = reported(Severity.ERROR, "undefined-term", PAGE)
    file_regression.check(page(rule, 80), extension=".txt", encoding="utf-8")


@pytest.mark.parametrize("width", [100, 60])
def test_the_list_of_rules(width: int, file_regression: FileRegressionFixture) -> None:
    known = [
        reported(Severity.ERROR, "undefined-term", PAGE),
        reported(
            Severity.WARNING,
            "a-name-that-is-rather-long",
            "A sentence that says what is wrong\nin two lines.\n\nWhy: x",
        ),
        reported(Severity.NOTE, "short", "Another sentence, long enough to go on over more lines than one."),
    ]
    file_regression.check(rules(known, width), extension=".txt", encoding="utf-8")
