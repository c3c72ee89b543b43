"""`slacli diff` and `slacli log` on real repositories, as a person runs them: what they say and how they end."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from commands import Ran, slacli
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt
from pytest_regressions.file_regression import FileRegressionFixture
from repositories import Repository, git, surroundings

from slacli.adapters.render import changes
from slacli.core import comparison, impact
from slacli.core.text import parse
from slacli.findings import Finding, Severity

ROOT = Path(__file__).parent.parent
LEADS = Path(__file__).parent / "contracts" / "leads"
HOSTILE = "@team #12 <b> | *x* `y` ``mql`` [a](https://e.example) GH-7 _z_ &lt; :+1:"


def schema(name: str) -> dict[str, Any]:
    text = resources.files("slacli.schemas").joinpath(f"{name}.schema.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what the machine and its user have set out of the tests."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name in ("HOME", "USERPROFILE", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """Give a repository with a contract of one version."""
    made = Repository(tmp_path / "repo")
    shutil.copytree(LEADS, made.contracts)
    made.commit("First version")
    return made


def edit(repo: Repository, file: str, *pairs: tuple[str, str]) -> None:
    path = repo.contracts / file
    text = path.read_text("utf-8")
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text, "utf-8")


def numbered(repo: Repository, version: int, why: str = "", **pairs: str) -> None:
    """Give the contract another number, a reason, and other keys of its cover."""
    path = repo.contracts / "contract.yaml"
    text = re.sub(
        r"^version: .*\n(amendment: .*\n)?", f"version: {version}\n", path.read_text("utf-8"), flags=re.MULTILINE
    )
    text = text.replace(f"version: {version}\n", f"version: {version}\namendment: {why}\n") if why else text
    for key, value in pairs.items():
        text = re.sub(rf"^{key}: .*", f"{key}: {value}", text, flags=re.MULTILINE)
    path.write_text(text, "utf-8")


def tighten(repo: Repository) -> None:
    edit(repo, "definitions.yaml", ("budget >= 10000", "budget >= 20000"))


def target(repo: Repository) -> None:
    edit(repo, "responsibilities.yaml", ("75% per month", "80% per month"))


def rename_a_column(repo: Repository) -> None:
    edit(repo, "bindings/leads.yaml", ("company: Company", "company: Account"))


def retitle(repo: Repository, title: str = "A lead for Sales") -> None:
    edit(repo, "definitions.yaml", ("title: Marketing qualified lead", f"title: {json.dumps(title)}"))


def diff(repo: Repository, *arguments: str, columns: int = 100) -> Ran:
    return slacli("diff", *arguments, folder=repo.top, env={"COLUMNS": str(columns)})


def told(repo: Repository, *arguments: str) -> dict[str, Any]:
    ran = diff(repo, *arguments, "--format", "json")
    assert ran.code == 0, ran.text
    found: dict[str, Any] = json.loads(ran.out)
    Draft202012Validator(schema("diff")).validate(found)
    return found


def rules(found: dict[str, Any]) -> list[str]:
    return [one["rule"] for one in found["changes"]]


def log(repo: Repository) -> list[dict[str, Any]]:
    ran = slacli("log", "--format", "json", folder=repo.top)
    assert ran.code == 0, ran.text
    found = json.loads(ran.out)
    Draft202012Validator(schema("log")).validate(found)
    commits: list[dict[str, Any]] = found["commits"]
    return commits


def masked(repo: Repository, text: str) -> str:
    """Put digits in the place of hashes, which differ where Git writes commits otherwise."""
    for number, commit in enumerate(repo.git("rev-list", "--reverse", "HEAD").split(), 1):
        for size in (40, 12, 7):
            text = text.replace(commit[:size], str(number) * size)
    return text


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


# --- what is compared with what ---------------------------------------------------------------


def test_without_a_revision_the_default_branch_is_compared_with_the_working_tree(repo):
    repo.git("switch", "--quiet", "--create", "topic")
    target(repo)
    repo.commit("On a branch")
    tighten(repo)
    found = told(repo)
    assert (found["old"]["commit"], found["new"]["commit"]) == (repo.git("rev-parse", "main"), None)
    assert rules(found) == ["definition-changed", "target-changed"]
    head = diff(repo).out.partition("\n")[0]
    assert head == f"main ({found['old']['commit'][:7]}), version 1 -> working tree, version 1"


@pytest.mark.parametrize(
    ("revisions", "old", "new", "found"),
    [
        ("HEAD~1", "HEAD~1", "working tree", ["definition-changed", "target-changed"]),
        ("HEAD", "HEAD", "working tree", ["definition-changed"]),
        ("HEAD~1..HEAD", "HEAD~1", "HEAD", ["target-changed"]),
        ("HEAD..HEAD~1", "HEAD", "HEAD~1", ["target-changed"]),
        ("first..main", "first", "main", ["target-changed"]),
        ("1", "version 1", "working tree", ["definition-changed", "target-changed"]),
        ("1..2", "version 1", "version 2", ["target-changed"]),
        ("../old", "../old", "working tree", ["definition-changed", "target-changed"]),
        ("../old/", "../old/", "working tree", ["definition-changed", "target-changed"]),
        ("../old..HEAD", "../old", "HEAD", ["target-changed"]),
        ("HEAD..contracts/", "HEAD", "contracts/", ["definition-changed"]),
        ("HEAD..../old", "HEAD", "../old", ["target-changed"]),
        ("HEAD..../old/", "HEAD", "../old/", ["target-changed"]),
        ("HEAD.../contracts", "HEAD", "./contracts", ["definition-changed"]),
        ("../old.../contracts", "../old", "./contracts", ["definition-changed", "target-changed"]),
        ("../old/.../contracts/", "../old/", "./contracts/", ["definition-changed", "target-changed"]),
        ("./contracts..HEAD~1", "./contracts", "HEAD~1", ["definition-changed", "target-changed"]),
        ("./contracts/..HEAD~1", "./contracts/", "HEAD~1", ["definition-changed", "target-changed"]),
        ("contracts/..1", "contracts/", "version 1", ["definition-changed", "target-changed"]),
        ("contracts/..../old", "contracts/", "../old", ["definition-changed", "target-changed"]),
        ("../repo/../old", "../repo/../old", "working tree", ["definition-changed", "target-changed"]),
        ("../repo/../old..HEAD", "../repo/../old", "HEAD", ["target-changed"]),
        ("HEAD..../repo/../old", "HEAD", "../repo/../old", ["target-changed"]),
        ("first:contracts..main:contracts", "first", "main", ["target-changed"]),
        ("first...main", "merge base of first and main", "main", ["target-changed"]),
        ("1...2", "merge base of version 1 and version 2", "version 2", ["target-changed"]),
        ("HEAD...HEAD~1", "merge base of HEAD and HEAD~1", "HEAD~1", []),
    ],
)
def test_a_revision_is_one_end_or_both(repo, revisions, old, new, found):
    shutil.copytree(repo.contracts, repo.top.parent / "old")
    repo.git("tag", "first")
    target(repo)
    numbered(repo, 2, "A higher target")
    repo.commit("Second version")
    tighten(repo)
    said = told(repo, revisions)
    titles = [re.sub(r" \([0-9a-f]{7}\)$", "", said[side]["title"]) for side in ("old", "new")]
    assert titles == [old, new]
    assert rules(said) == found


def test_an_absolute_path_stands_on_either_side_of_a_range(repo):
    old = repo.top.parent / "old"
    shutil.copytree(repo.contracts, old)
    target(repo)
    repo.commit("Second")
    for revisions in (str(old), f"{old}..HEAD", f"HEAD..{old}", f"{old}..{repo.contracts}"):
        assert rules(told(repo, revisions)) == ["target-changed"], revisions


def test_three_dots_leave_out_what_was_done_on_the_other_branch_meanwhile(repo):
    """As in a pull request: main went on, and the branch is judged by what it did itself."""
    repo.git("switch", "--quiet", "--create", "topic")
    tighten(repo)
    repo.commit("On the branch")
    repo.git("switch", "--quiet", "main")
    target(repo)
    numbered(repo, 2)
    repo.commit("On main")
    assert rules(told(repo, "main..topic")) == ["definition-changed", "target-changed"]
    found = told(repo, "main...topic")
    assert rules(found) == ["definition-changed"]
    assert (found["old"]["commit"], found["new"]["commit"]) == (
        repo.git("rev-parse", "main~1"), repo.git("rev-parse", "topic"),
    )  # fmt: skip
    assert [one["rule"] for one in found["findings"]] == ["wrong-sequence"]
    repo.contracts.rename(repo.top / "moved")
    repo.commit("Moved on main")
    assert rules(told(repo, "main:contracts...topic:contracts", "--contract", "moved")) == ["definition-changed"]


def test_branches_that_were_begun_apart_part_nowhere(repo):
    repo.git("switch", "--quiet", "--orphan", "apart")
    shutil.copytree(LEADS, repo.contracts)
    target(repo)
    repo.commit("Another beginning")
    assert refused(repo, "main...apart") == (
        "`main` and `apart` rest on no commit in common", "compare them as they are: `main..apart`",
    )  # fmt: skip
    assert rules(told(repo, "main..apart")) == ["target-changed"]


def test_where_a_shallow_clone_does_not_hold_where_branches_part_it_names_the_command(repo):
    repo.git("switch", "--quiet", "--create", "topic")
    tighten(repo)
    repo.commit("On the branch")
    repo.git("switch", "--quiet", "main")
    target(repo)
    repo.commit("On main")
    clone = cloned(repo, "--depth=1", "--no-single-branch")
    what, help_ = refused(clone, "origin/main...origin/topic")
    assert what.startswith("where `origin/main` and `origin/topic` part is not in this clone")
    run(clone, help_)
    assert rules(told(clone, "origin/main...origin/topic")) == ["definition-changed"]


def test_another_contract_folder_is_compared_where_it_stands(repo):
    repo.contracts.rename(repo.top / "agreement")
    repo.contracts = repo.top / "agreement"
    repo.commit("Moved")
    tighten(repo)
    found = told(repo, "--contract", "agreement")
    assert (found["new"]["folder"], rules(found)) == ("agreement", ["definition-changed"])


@pytest.mark.parametrize("format", ["terminal", "markdown"])
def test_where_nothing_changed_it_says_so(repo, format):
    path = repo.contracts / "definitions.yaml"
    path.write_text("# a comment alone\n" + path.read_text("utf-8"), "utf-8")
    ran = diff(repo, "--fail-on", "editorial", "--format", format)
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "Nothing changed.")
    assert "must sign" not in ran.out
    found = told(repo)
    assert (found["changes"], found["must_sign"], set(found["summary"].values())) == ([], [], {0})


@pytest.mark.parametrize(
    ("change", "failing"),
    [
        (target, {"material", "stewardship", "editorial"}),
        (rename_a_column, {"stewardship", "editorial"}),
        (retitle, {"editorial"}),
    ],
)
def test_a_change_fails_at_its_weight_and_below_it(repo, change, failing):
    change(repo)
    for threshold in ("material", "stewardship", "editorial", "never"):
        assert diff(repo, "--fail-on", threshold).code == (1 if threshold in failing else 0), threshold
    assert diff(repo).code == 0


def test_next_to_the_base_a_version_that_is_out_of_line_is_an_error(repo):
    target(repo)
    (one,) = told(repo)["findings"]
    assert (one["rule"], one["severity"], one["help"]) == (
        "wrong-sequence", "error", "write `version: 2`, and why in `amendment`",
    )  # fmt: skip
    line = (repo.contracts / one["file"]).read_text("utf-8").splitlines()[one["line"] - 1]
    assert line == "version: 1"
    for form in ("terminal", "markdown"):
        assert one["message"] in flat(diff(repo, "--format", form).out)
    numbered(repo, 2, "A higher target")
    assert told(repo)["findings"] == []
    numbered(repo, 3)
    rename_a_column(repo)
    assert told(repo)["findings"][0]["message"] == "version 3 follows version 1, and the next one is 2"


def test_a_wrong_number_fails_wherever_a_change_could(repo):
    numbered(repo, 3)
    assert [diff(repo, "--fail-on", one).code for one in ("material", "stewardship", "editorial", "never")] == [
        1, 1, 1, 0,
    ]  # fmt: skip


@pytest.mark.parametrize("revisions", ["HEAD", "1", "HEAD~1..HEAD", "../old"])
def test_only_next_to_the_base_it_is_known_which_version_came_before(repo, revisions):
    shutil.copytree(repo.contracts, repo.top.parent / "old")
    (repo.top / "other").write_text("x")
    repo.commit("Not of the contract")
    target(repo)
    assert told(repo, revisions)["findings"] == []


# --- what it says -----------------------------------------------------------------------------


@pytest.fixture
def changed(repo: Repository) -> Repository:
    """Give a repository whose working tree differs from its only version in something of every weight."""
    for change in (tighten, target, rename_a_column, retitle):
        change(repo)
    edit(repo, "responsibilities.yaml", ("    shown_by: [region]\n", ""))
    path = repo.contracts / "responsibilities.yaml"
    path.write_text(re.sub(r"  won_amounts:\n(    .*\n)+", "", path.read_text("utf-8")), "utf-8")
    return repo


def test_the_screen_and_the_json_hold_the_same_changes(changed):
    found, shown = told(changed), diff(changed).out
    assert {one["weight"] for one in found["changes"]} == {"material", "stewardship", "editorial"}
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in found["changes"]:
        for group in one["groups"]:
            groups.setdefault(group, []).append(one)
    screen = {part.partition("\n")[0]: flat(part) for part in shown.split("\n\n")[1:-1]}
    assert set(screen) == {f"{group} ({len(held)})" for group, held in groups.items()}
    for group, held in groups.items():
        text = screen[f"{group} ({len(held)})"]
        for one in held:
            assert flat(one["text"]) in text
            assert all(flat(note) in text for note in one["notes"])
            assert all(f"{place['file']}:{place['line']}" in text for place in one["places"])
    weights = ", ".join(f"{count} {weight}" for weight, count in found["summary"].items() if count)
    assert shown.split("\n\n")[-1].partition("\n")[0] == weights
    assert len(found["changes"]) == sum(found["summary"].values())


def test_places_lead_to_the_lines_that_changed(changed):
    before = LEADS / "responsibilities.yaml"
    for one in told(changed)["changes"]:
        for place in one["places"]:
            path = before if place["side"] == "old" else changed.contracts / place["file"]
            line = path.read_text("utf-8").splitlines()[place["line"] - 1]
            assert re.search(r"budget|80%|Account|A lead for Sales|mql_quality|won_amounts|title|shown_by", line), line


def test_a_change_keeps_its_fingerprint_from_commit_to_commit(repo):
    target(repo)
    (first,) = told(repo)["changes"]
    path = repo.contracts / "responsibilities.yaml"
    path.write_text("# moved\n\n" + path.read_text("utf-8"), "utf-8")
    repo.commit("Another")
    (second,) = told(repo, "HEAD~1..HEAD")["changes"]
    assert first["fingerprint"] == second["fingerprint"]
    assert first["places"] != second["places"]


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_no_line_is_wider_than_the_screen(changed, columns):
    shown = [diff(changed, columns=columns).out]
    changed.commit("A long subject " * 10)
    numbered(changed, 4, "a long reason " * 10, effective="2025-01-01")
    changed.commit("Another")
    shown.append(slacli("log", folder=changed.top, env={"COLUMNS": str(columns)}).out)
    for text in shown:
        assert max(map(len, text.splitlines())) <= columns


@pytest.mark.parametrize("format", ["terminal", "markdown"])
def test_a_comparison_reads_as_agreed(changed, format, file_regression: FileRegressionFixture):
    ran = diff(changed, "--format", format)
    extension = ".md" if format == "markdown" else ".txt"
    file_regression.check(masked(changed, ran.out), extension=extension, encoding="utf-8")


def test_the_first_page_shows_what_is_printed(tmp_path):
    made = Repository(tmp_path / "reference")
    shutil.copytree(ROOT / "contracts", made.contracts)
    made.commit("First version")
    tighten(made)
    shown = (ROOT / "README.md").read_text("utf-8").partition("```\n$ slacli diff\n")[2].partition("```")[0]
    lines = [line for line in shown.splitlines() if line != "..."]
    assert len(lines) > 3
    printed = iter(diff(made).out.splitlines())
    assert [line for line in lines if line not in printed] == []


# --- what stands in a comment -----------------------------------------------------------------

LIVE = re.compile(
    r"[@#~$&]\w|[!%](?=[A-Za-z0-9])|://|www\.|mailto:|\bGH-\d|:[\w+-]+:|<[a-zA-Z/!?]|\]\(|\*\*|``", re.IGNORECASE
)
OURS = {"text", "code_inline", "strong_open", "strong_close", "softbreak"}
KINDS = ("heading", "paragraph", "bullet_list", "list_item", "table", "thead", "tbody", "tr", "th", "td")
BLOCKS = {f"{kind}_{end}" for kind in KINDS for end in ("open", "close")}


def dead(markdown: str) -> list[str]:
    """Give the texts of a page outside code, after they were found to be nothing but words."""
    texts = []
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown):
        assert token.type in {*BLOCKS, "inline"}, (token.type, markdown)
        inside = token.children or []
        assert {one.type for one in inside} <= OURS, (inside, markdown)
        # A host makes one text of neighbours before it looks for names in it.
        text = "".join("\0" if one.type == "code_inline" else one.content for one in inside)
        assert LIVE.search(text) is None, (text, markdown)
        strong = [one.type for one in inside if one.type.startswith("strong")]
        assert strong in ([], ["strong_open", "strong_close"]), markdown
        texts.append(text)
    return texts


def test_text_of_others_is_nothing_but_words_in_a_comment(repo):
    retitle(repo, HOSTILE)
    edit(repo, "contract.yaml", ("marketing: {title: Marketing}", f"marketing: {{title: {json.dumps(HOSTILE)}}}"))
    tighten(repo)
    repo.git("branch", "-m", "main", "fix/#12&@team")
    ran = diff(repo, "fix/#12&@team", "--format", "markdown")
    assert ran.code == 0
    assert any("is tighter" in text for text in dead(ran.out))
    assert ran.out.count("@team") > 3


def exported(repo: Repository) -> str:
    """Write an export of four leads, of which one leaves a definition that is tightened."""
    rows = ["Lead ID,Email,Company,Lead Source,Region,Budget,Create Date,MQL Date,Reason"]
    rows += [f"L{n},a{n}@example.com,Acme,Web,AMER,{budget},2026-01-05 10:00,2026-01-06 10:00," for n, budget in
             enumerate((5000, 15000, 25000, 30000), 1)]  # fmt: skip
    (repo.top / "leads.csv").write_text("\n".join([*rows, ""]), "utf-8")
    return "leads.csv"


def test_what_a_change_does_to_rows_is_in_every_form(repo):
    tighten(repo)
    edit(repo, "definitions.yaml", ("short: MQL", f"short: {json.dumps(HOSTILE)}"))
    given = ("--data", exported(repo), "--as-of", "2026-02-01")
    impact = told(repo, *given)["impact"]
    moved = next(one for one in impact["terms"] if one["term"] == "mql")
    assert (moved["leaves"], moved["enters"]) == ({"count": 1, "keys": ["L2"]}, {"count": 0, "keys": []})
    assert {(one["before"], one["after"]): one["count"] for one in moved["matrix"]} == {
        ("meets", "meets"): 2, ("meets", "fails"): 1, ("fails", "fails"): 1,
    }  # fmt: skip
    assert "3 -> 2 meet it · 1 leave, 0 enter" in flat(diff(repo, *given).out)
    page = diff(repo, *given, "--format", "markdown").out
    texts = [text for text in dead(page) if text]
    assert texts[texts.index("enter") + 1 :][:5] == ["\0", "3", "2", "1", "0"]
    assert "@example.com" not in page + diff(repo, *given).out + json.dumps(impact)


def test_names_that_are_quoted_by_slacli_are_code(repo):
    tighten(repo)
    lines = diff(repo, "--format", "markdown").out.splitlines()
    line = "- `mql` is tighter: budget >= 10000 -> budget >= 20000 (`definitions.yaml:36`, change `"
    assert [one for one in lines if one.startswith(line)]
    assert "  - `sales_ready_lead` is tighter" in lines
    assert "  - was an MQL, now fails: `{budget: 10000}`" in lines


def _version(title: str, contract: Any, sources: Any) -> comparison.Version:
    return comparison.Version(title, None, "contracts", contract, sources)


READ = parse.parse({path.relative_to(LEADS).as_posix(): path.read_bytes() for path in LEADS.rglob("*.yaml")})
PIECES = ("`", "``", "```", "`mql`", "@team", "#12", "*", "**", "_", "__x__", "<b>", "<!--", "[a](b)", "![", "|", "~~",
          "\\", "&amp;", "GH-1", "https://e.example", "www.e.example", "a@e.example", ":tada:", "$x$", "- ", "> ", "1.",
          "(", ")", " ", " ", "x", "->", "...", "%x", "!1", "{", "}: {", "===", "---")  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join))
@settings(deadline=None)
def test_whatever_a_title_holds_is_dead_in_a_comment(title: str) -> None:
    old = READ.contract
    assert old is not None
    new = dataclasses.replace(
        old,
        terms={**old.terms, "mql": dataclasses.replace(old.terms["mql"], title=title, short=title)},
        responsibilities={name: owed for name, owed in old.responsibilities.items() if name != "mql_quality"},
        sign_off={name: dataclasses.replace(role, title=title) for name, role in old.sign_off.items()},
    )
    found = comparison.compared(_version(title, old, READ.sources), _version(title, new, READ.sources))
    page = changes.render(found, None, "markdown", width=100, colour=False)
    assert any("must sign" in text for text in dead(page))


def many_fields(repo: Repository, count: int, title: str = "") -> None:
    named = f", title: {json.dumps(title)}" if title else ""
    fields = "".join(f"      extra_{n}: {{type: text{named}}}\n" for n in range(count))
    edit(repo, "definitions.yaml", ("      reason: {type: text}\n", f"      reason: {{type: text}}\n{fields}"))


def test_a_comment_of_many_changes_says_how_many_more_there_are(repo):
    many_fields(repo, 80)
    lines = diff(repo, "--format", "markdown").out.splitlines()
    assert len([line for line in lines if line.startswith("- `")]) == 60
    assert "- 20 more" in lines
    assert f"20 changes had no room here: see `slacli diff {repo.head()[:12]}`" in lines
    assert len(told(repo, repo.head()[:12])["changes"]) == 80


def test_a_comment_of_two_thousand_changes_is_one_that_a_host_takes(repo):
    many_fields(repo, 2_000)
    target(repo)
    page = diff(repo, "--format", "markdown").out
    assert len(page) <= 65_536
    dead(page)
    shown = [line for line in page.splitlines() if line.startswith("- `")]
    found = told(repo)
    assert len(found["changes"]) == 2_001
    missing = 2_001 - len({line.partition(" (")[0] for line in shown})
    assert f"{missing:,} changes had no room here: see `slacli diff {repo.head()[:12]}`" in page
    assert " · must sign: VP Sales, VP Marketing, CEO" in page


WIDE = "𝔘" * 700


def _page(found: comparison.Compared, moved: impact.Impact | None = None) -> str:
    """Give the comment on a comparison, after it was found to be one that a host takes."""
    page = changes.render(found, moved, "markdown", width=100, colour=False)
    assert len(page.encode("utf-16-le")) // 2 <= 65_536
    dead(page)
    return page


def _comparison() -> comparison.Compared:
    old = READ.contract
    assert old is not None
    terms = {name: dataclasses.replace(term, title="A title") for name, term in old.terms.items()}
    new = dataclasses.replace(old, terms=terms)
    return comparison.compared(_version("old", old, READ.sources), _version("working tree", new, READ.sources))


def test_what_has_no_room_in_a_comment_is_left_out_whole():
    found = _comparison()
    (group,) = found.groups
    assert len(group.lines) == len(found.effects) > 2
    notes = (f"{WIDE} END",) * 20
    long = dataclasses.replace(group, lines=tuple(dataclasses.replace(line, notes=notes) for line in group.lines))
    page = _page(dataclasses.replace(found, groups=(long,)))
    bullets = [line for line in page.splitlines() if line.startswith("- `")]
    assert len(bullets) == 2
    assert page.count(" END") == 2 * 20
    missing = len(found.effects) - 2
    assert missing == 1
    assert f"\n- {missing} more\n" in page
    assert f"\n{missing} change had no room here: see `slacli diff ./contracts`\n" in page


def test_a_table_that_has_no_room_in_a_comment_is_left_out_whole():
    moved = impact.Moved(1, ("L1",))
    terms = tuple(impact.TermMoves(f"t{n}", f"{WIDE[:30]} {n}", "lead", {("meets", "fails"): 1}, moved, moved)
                  for n in range(2_000))  # fmt: skip
    few, many = (_page(_comparison(), impact.Impact(("leads.csv",), some, (), (), 0)) for some in (terms[:100], terms))
    assert few.count("\n| ") == 102
    assert "\n| " not in many
    assert (
        "Replayed on 1 export: 2,000 terms and 0 duties came out otherwise, and have no room here: "
        "see `slacli diff --data`"
    ) in many
    assert "had no room" not in many.replace("have no room", "")


def test_thousands_of_signers_and_findings_are_counted_in_a_comment():
    found = _comparison()
    role = dataclasses.replace(found.signers[0], title=WIDE)
    finding = next(found.out_of_line(), None) or Finding("wrong-sequence", Severity.ERROR, WIDE)
    page = _page(dataclasses.replace(found, signers=(role,) * 2_000, findings=(finding,) * 2_000))
    assert "must sign: 2,000 roles" in page
    assert "- 2,000 findings: see `slacli diff ./contracts`" in page


# --- what it cannot do, and what mends it -----------------------------------------------------


def cloned(repo: Repository, *options: str) -> Repository:
    place = repo.top.parent / "clone"
    git(place.parent, "clone", "--quiet", *options, f"file://{repo.top}", str(place))
    clone = Repository.__new__(Repository)
    clone.top, clone.contracts = place, place / "contracts"
    return clone


def refused(repo: Repository, *arguments: str) -> tuple[str, str]:
    """Give what could not be done and the help, from a comparison that was refused without a word on the screen."""
    ran = diff(repo, *arguments)
    assert (ran.code, ran.out) == (2, "")
    what, help_ = ran.err.removesuffix("\n").split("\n  help: ")
    return what.removeprefix("could not run: "), help_


def run(repo: Repository, help_: str) -> None:
    """Do what a help says, as its reader would."""
    command = help_.split("`")[1]
    done = subprocess.run(["sh", "-c", command], cwd=repo.top, env=surroundings(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


TWO = "write `OLD..NEW`, or `OLD` alone to compare it with the working tree; a folder begins with `./`, `../` or `/`"


@pytest.mark.parametrize(
    ("revisions", "what", "help_"),
    [
        ("mian", "the repository of `contracts` has no branch, tag or commit `mian`", "did you mean `main`?"),
        ("HEAD..mian", "the repository of `contracts` has no branch, tag or commit `mian`", "did you mean `main`?"),
        ("7", "no commit of `contracts` that HEAD rests on says `version: 7`", "known: 1"),
        ("HEAD~9", "`HEAD~9` goes back further than the history", "see it with `git log HEAD`"),
        ("../none", "`../none` is not a folder", "name the folder that holds `contract.yaml`"),
        ("HEAD..", "`HEAD..` does not name two revisions", TWO),
        ("a..b..c", "`a..b..c` does not name two revisions", TWO),
        ("..HEAD", "`..HEAD` does not name two revisions", TWO),
        ("...HEAD", "`...HEAD` does not name two revisions", TWO),
        ("HEAD...", "`HEAD...` does not name two revisions", TWO),
        ("HEAD....", "`HEAD....` does not name two revisions", TWO),
        ("HEAD.....", "`HEAD.....` does not name two revisions", TWO),
        ("HEAD...main..HEAD", "`HEAD...main..HEAD` does not name two revisions", TWO),
        ("../old/..../new..", "`../old/..../new..` does not name two revisions", TWO),
        ("HEAD...../old", "`HEAD...../old` asks for where two lines of commits part, and a folder lies on none",
         "write `HEAD..../old`"),
        ("HEAD...contracts/", "`HEAD...contracts/` asks for where two lines of commits part, and a folder lies on none",
         "write `HEAD..contracts/`"),
        ("./contracts...HEAD",
         "`./contracts...HEAD` asks for where two lines of commits part, and a folder lies on none",
         "write `./contracts..HEAD`"),
        ("mian...HEAD", "the repository of `contracts` has no branch, tag or commit `mian`", "did you mean `main`?"),
        ("main:../x", "`../x` is no path from the top of the repository", "write it such as `main:old/contracts`"),
    ],
)  # fmt: skip
def test_a_revision_that_is_none_is_refused(repo, revisions, what, help_):
    assert refused(repo, revisions) == (what, help_)


def test_a_shallow_clone_without_the_base_names_the_command_that_fetches_it(repo):
    target(repo)
    repo.commit("Second")
    clone = cloned(repo, "--depth=1")
    what, help_ = refused(clone, "HEAD~1")
    assert what == "`HEAD~1` is not in this clone, which holds only the end of the history"
    run(clone, help_)
    assert rules(told(clone, "HEAD~1")) == ["target-changed"]


def test_a_clone_of_one_branch_names_the_command_that_fetches_the_default_one(repo):
    repo.git("switch", "--quiet", "--create", "topic")
    target(repo)
    repo.commit("On a branch")
    clone = cloned(repo, "--depth=1", "--branch=topic", "--single-branch")
    clone.git("remote", "set-head", "origin", "--delete", check=False)
    what, help_ = refused(clone)
    assert what.startswith("no default branch of `contracts` is known here")
    run(clone, help_)
    assert rules(told(clone)) == ["target-changed"]


def test_without_a_repository_a_folder_can_be_compared(repo, tmp_path):
    place = Repository.__new__(Repository)
    place.top, place.contracts = tmp_path / "plain", tmp_path / "plain" / "contracts"
    shutil.copytree(LEADS, place.contracts)
    shutil.copytree(LEADS, place.top / "old")
    assert refused(place) == (
        "`contracts` lies in no Git repository",
        "put the contract under Git with `git init`, or compare with a folder such as `./old`",
    )
    target(place)
    assert rules(told(place, "./old")) == ["target-changed"]


def test_a_base_without_the_contract_is_refused_and_where_it_was_then_is_read(repo):
    repo.contracts.rename(repo.top / "before")
    repo.commit("Moved away")
    (repo.top / "before").rename(repo.contracts)
    assert refused(repo) == (
        f"`main ({repo.head()[:7]})` holds no `contracts/contract.yaml`",
        "name a revision that holds it, or where it was then: `main:old/folder`",
    )
    assert rules(told(repo, "main:before")) == []


def test_a_base_that_does_not_parse_is_refused_with_its_first_error(repo):
    good = repo.head()
    edit(repo, "definitions.yaml", ("budget >= 10000", "budget >= "))
    repo.commit("Broken")
    edit(repo, "definitions.yaml", ("budget >= }", "budget >= 20000}"))
    what, help_ = refused(repo)
    assert what.startswith(f"the contract of main ({repo.head()[:7]}) has errors: ")
    assert "(definitions.yaml:36)" in what
    run(repo, help_)
    assert rules(told(repo, good[:7])) == ["definition-changed"]


def test_a_working_tree_that_does_not_parse_names_the_command_that_shows_why(repo):
    named = repo.top / "my contracts"
    shutil.copytree(repo.contracts, named)
    (named / "goals.yaml").write_text("goals: [", "utf-8")
    what, help_ = refused(repo, "--contract", "my contracts", "main:contracts")
    assert what.startswith("the contract of working tree has errors: ")
    assert help_ == "see them all with `slacli validate --contract 'my contracts'`"


# --- the line of versions ---------------------------------------------------------------------


@pytest.fixture
def lined(repo: Repository) -> Repository:
    """Give a repository of three versions, with a commit beside the contract and one of comments alone."""
    tighten(repo)
    numbered(repo, 2, "Small budgets never closed")
    repo.commit("Second version")
    (repo.top / "other").write_text("x")
    repo.commit("Not of the contract")
    (repo.contracts / "goals.yaml").write_text(f"# why\n{(LEADS / 'goals.yaml').read_text('utf-8')}", "utf-8")
    repo.commit("A comment")
    rename_a_column(repo)
    target(repo)
    numbered(repo, 3, "More of what we promised", effective="2026-07-01")
    repo.commit("Third version")
    return repo


def test_a_log_lists_versions_newest_first_with_why_and_what_changed(lined):
    found = log(lined)
    assert [(one["version"], one["effective"], one["amendment"]) for one in found] == [
        (3, "2026-07-01", "More of what we promised"),
        (2, "2026-01-01", "Small budgets never closed"),
        (2, "2026-01-01", "Small budgets never closed"),
        (1, "2026-01-01", ""),
    ]
    assert [one["changes"] and tuple(one["changes"].values()) for one in found] == [
        (2, 1, 0),
        (0, 0, 0),
        (1, 0, 0),
        None,
    ]
    assert [one["commit"] for one in found] == lined.git("rev-list", "HEAD", "--", "contracts").split()
    assert {one["at"] for one in found} == {"2027-03-01T09:00:00+01:00"}
    assert [one["problems"] for one in found] == [[], [], [], []]


def test_a_log_reads_as_agreed(lined, file_regression: FileRegressionFixture):
    (lined.contracts / "definitions.yaml").write_text("records: [", "utf-8")
    lined.commit("Broken")
    lined.git("checkout", "--quiet", "HEAD~1", "--", "contracts")
    retitle(lined)
    edit(lined, "responsibilities.yaml", ("80% per month", "85% per month"))
    numbered(lined, 5, effective="2026-02-01")
    lined.commit("Fifth, they say")
    ran = slacli("log", folder=lined.top)
    assert ran.code == 0
    file_regression.check(masked(lined, ran.out), extension=".txt", encoding="utf-8")


@pytest.mark.parametrize(
    ("version", "effective", "problems"),
    [
        (2, "2026-01-01", []),
        (3, "2026-01-01", ["version 3 follows version 1, and the next one is 2"]),
        (1, "2026-01-01", ["it says something else than version 1 said before, and has no number of its own"]),
        (2, "2025-12-01", ["it takes effect on 2025-12-01, before version 1 did (2026-01-01)"]),
    ],
)
def test_a_version_that_is_out_of_line_is_told(repo, version, effective, problems):
    target(repo)
    numbered(repo, version, effective=effective)
    repo.commit("Another")
    assert [one["problems"] for one in log(repo)] == [problems, []]
    shown = flat(slacli("log", folder=repo.top).out)
    assert all(f"wrong: {problem}" in shown for problem in problems)


@pytest.mark.parametrize(("change", "weight"), [(rename_a_column, "stewardship"), (retitle, "editorial")])
def test_the_steward_and_an_editor_need_no_new_number(repo, change, weight):
    change(repo)
    repo.commit("Small")
    newest = log(repo)[0]
    assert (newest["problems"], newest["changes"][weight]) == ([], 1)


def _broken(repo: Repository) -> None:
    (repo.contracts / "goals.yaml").write_text("goals: [", "utf-8")


def _gone(repo: Repository) -> None:
    shutil.rmtree(repo.contracts)


def _linked(repo: Repository) -> None:
    (repo.contracts / "goals.yaml").unlink()
    (repo.contracts / "goals.yaml").symlink_to("contract.yaml")


def _huge(repo: Repository) -> None:
    (repo.contracts / "goals.yaml").write_bytes(b"#" * 20_000_000)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (_broken, "has errors: "),
        (_gone, "holds no `contracts/contract.yaml`"),
        (_linked, "is a link"),
        (_huge, "bytes, more than the"),
    ],
)
def test_a_commit_that_cannot_be_read_is_listed_with_its_reason(repo, spoil, why):
    spoil(repo)
    repo.commit("Spoilt")
    repo.git("checkout", "--quiet", "HEAD~1", "--", "contracts")
    target(repo)
    numbered(repo, 2)
    repo.commit("Mended")
    newest, spoilt, first = log(repo)
    assert why in spoilt["fault"]
    assert (spoilt["version"] is None, spoilt["digest"], spoilt["changes"], spoilt["problems"]) == (
        True,
        None,
        None,
        [],
    )
    assert (newest["fault"], newest["changes"]["material"], newest["problems"]) == (None, 1, [])
    assert (first["fault"], first["version"]) == (None, 1)
    assert flat(spoilt["fault"]) in flat(slacli("log", folder=repo.top).out)


def test_where_a_shallow_clone_cuts_the_history_nothing_is_taken_for_the_first_version(lined, tmp_path):
    assert [one["is_cut"] for one in log(lined)] == [False] * 4
    clone = cloned(lined, "--depth=2")
    found = log(clone)
    assert [(one["version"], one["is_cut"], one["changes"] and one["changes"]["material"]) for one in found] == [
        (3, False, 2), (2, True, None),
    ]  # fmt: skip
    cut = slacli("log", folder=clone.top).out.split("\n\n")[-1]
    command = "git fetch --tags --unshallow origin '+refs/heads/*:refs/remotes/origin/*'"
    assert f"history ends here: this clone is shallow; fetch the rest with `{command}`" in flat(cut)
    assert "committed" not in cut
    assert "A comment" not in cut
    run(clone, f"`{command}`")
    assert log(clone) == log(lined)


def test_text_of_others_in_a_log_commands_no_runner(repo):
    numbered(repo, 2, json.dumps("x ::error::y ##[group]"))
    repo.commit("::set-output name=a::b \x1b[31m")
    shown = slacli("log", folder=repo.top).out
    assert "::" not in shown
    assert "##[" not in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize("state", ["no repository", "nothing committed", "another folder committed"])
def test_a_log_without_a_version_is_refused(tmp_path, state):
    top = tmp_path / "repo"
    shutil.copytree(LEADS, top / "contracts")
    if state != "no repository":
        made = Repository(top)
    if state == "another folder committed":
        (top / "other").write_text("x")
        made.git("add", "other")
        made.git("commit", "--quiet", "--message", "Other")
    ran = slacli("log", folder=top)
    assert (ran.code, ran.out) == (2, "")
    what, help_ = {
        "no repository": ("`contracts` lies in no Git repository", "put the contract under Git with `git init`"),
        "nothing committed": ("the repository of `contracts` has no commit yet", "commit the contract first: `git add"),
        "another folder committed": (
            "`contracts` has no version yet: nothing of it was committed",
            "commit it with Git",
        ),
    }[state]
    assert ran.err.startswith(f"could not run: {what}\n  help: {help_}")


# --- the shapes -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["diff", "log"])
def test_a_schema_describes_every_node_and_leaves_nothing_open(name):
    Draft202012Validator.check_schema(schema(name))

    def nodes(node: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
        yield path, node
        for key in ("properties", "$defs"):
            for inner, child in node.get(key, {}).items():
                yield from nodes(child, f"{path}/{inner}")
        if "items" in node:
            yield from nodes(node["items"], f"{path}/items")
        for number, child in enumerate(node.get("anyOf", [])):
            yield from nodes(child, f"{path}/{number}")

    everything = list(nodes(schema(name), ""))
    assert [path for path, node in everything if "description" not in node] == []
    mappings = [(path, node) for path, node in everything if node.get("type") == "object"]
    assert mappings
    for path, node in mappings:
        assert node["additionalProperties"] is False, path
        assert node["required"] == list(node["properties"]), path
