"""T17: what is signed is what is shown. Nothing that turns, hides or imitates text gets onto a screen unseen."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import browser
import pytest
from pytest_regressions.file_regression import FileRegressionFixture
from repositories import Repository
from test_passkey_page import CHALLENGE, Device, Visit
from test_signing import NOON, PEOPLE, Browser, _apart, edit, repo, roster_of_passkeys, run, sign, sign_by

from slacli import signing
from slacli.adapters import passkey
from slacli.adapters.passkey import Section, SigningPage

__all__ = ["_apart", "repo"]

ssh = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed")

TITLE = "title: Acme sales and marketing agreement"


def agreed_by_passkeys(repo: Repository) -> dict[str, Device]:
    devices = {name: Device(name=name.encode()) for name in PEOPLE.values()}
    roster_of_passkeys(repo, devices)
    for role in ("vp_sales", "vp_marketing", "ceo"):
        sign_by(repo, role, Browser(devices[PEOPLE[role]]))
    repo.commit("Signed")
    edit(repo, "contract.yaml", ("version: 1", "version: 2"))
    return devices


@ssh
def test_t17_what_turns_or_hides_text_is_never_put_forward(
    repo: Repository, file_regression: FileRegressionFixture
) -> None:
    told = []
    path = repo.contracts / "contract.yaml"
    text = path.read_text("utf-8")
    for name, hostile in (
        ("text that is turned", "title: Acme \u202etnemeerga"),
        ("a second line that some programs see", "title: Acme\u2028expires: 2099-12-31"),
        ("a next line", "title: Acme\u0085expires: 2099-12-31"),
        ("a blank without width", "title: Ac\u200bme"),
        ("turned by an escape", 'title: "Acme \\u202etnemeerga"'),
        ("a second line by an escape", 'title: "Acme\\Lexpires: 2099-12-31"'),
    ):
        path.write_text(text.replace(TITLE, hostile), "utf-8")
        ran = run(repo, "propose", code=2)
        assert not (repo.contracts / "signatures").exists()
        told.append(f"{name}\n{ran.err}")
    file_regression.check("\n".join(told), encoding="utf-8")


@ssh
def test_t17_letters_of_another_script_are_pointed_out_to_whoever_signs(
    repo: Repository, file_regression: FileRegressionFixture
) -> None:
    devices = agreed_by_passkeys(repo)
    edit(repo, "contract.yaml", (TITLE, "title: Acme s\u0430les and marketing agreement"))
    run(repo, "propose")
    what = signing.task(repo.contracts, "vp_sales", None, NOON)
    seen = signing.sees(repo.contracts, what, NOON)
    page = Browser(devices["dana"])
    sign_by(repo, "vp_sales", page)
    (shown,) = page.seen
    assert shown["alike"] == list(seen.alike)
    from slacli.adapters.render import signing as pages

    text = pages.render("version 2, as vp_sales (dana)", seen, width=100, colour=False)
    file_regression.check(text, encoding="utf-8")


@ssh
def test_t17_blanks_that_a_text_may_hold_are_shown_by_their_escapes(repo: Repository) -> None:
    agreed_by_passkeys(repo)
    edit(repo, "contract.yaml", (TITLE, 'title: "Acme\\xa0agreement"'))
    run(repo, "propose")
    what = signing.task(repo.contracts, "vp_sales", None, NOON)
    lines = [line for part in signing.sees(repo.contracts, what, NOON).changes for line in part.lines]
    assert any("Acme\\xa0agreement" in line for line in lines)


@ssh
def test_t17_of_other_files_than_those_that_are_signed_nothing_is_pointed_out(repo: Repository) -> None:
    agreed_by_passkeys(repo)
    (repo.contracts / "waivers.yaml").write_text("waivers: []  # s\u0430les\n", "utf-8")
    run(repo, "propose")
    what = signing.task(repo.contracts, "vp_sales", None, NOON)
    assert signing.sees(repo.contracts, what, NOON).alike == ()


# --- on the page itself ---------------------------------------------------------------------------

HOSTILE = SigningPage(
    title="Acme \u202etnemeerga",
    version="2",
    role="VP\u200bSales",
    person="d\u0430na",
    alike=("`s\u0430les` mixes Latin letters with the character U+0430 (cyrillic small letter a) (contract.yaml:7)",),
    changes=(
        Section("Sales owes more\u2028Sales owes less", ("within 4 hours\u2029within 8 hours", "\u2067turned\u2069")),
    ),
    steward=("a\u00a0blank\u202f",),
    signed=("lee\u0085kim",),
    since="1",
    told="You signed version 1.\u0007",
    digest="sha256:00",
)


def looked_at(tab: Any) -> str:
    with Visit(lambda **options: passkey.sign(HOSTILE, CHALLENGE, (), **options), 60) as visit:
        tab.go(visit.address)
        text: str = tab.text("main")
        assert tab.run("document.querySelector('.twice h2').textContent").startswith("Look twice")
        # The words stand first, before anything that they could be read into.
        assert tab.run("document.querySelector('#sections h2').textContent").startswith("Look twice")
        tab.click("#decline")
        tab.type("no")
        tab.click("#refusal [type=submit]")
        visit.end()
    return text


@pytest.mark.skipif(browser.program() is None, reason="Chromium is not installed")
def test_t17_the_page_shows_what_cannot_be_seen(tmp_path: Path, file_regression: FileRegressionFixture) -> None:
    with browser.opened(tmp_path) as chromium:
        text = looked_at(chromium.tab())
    hidden = [one for one in text if not one.isprintable() and one != "\n"]
    assert hidden == []
    file_regression.check("\n".join(line for line in text.splitlines() if line.strip()), encoding="utf-8")


@ssh
def test_t17_in_the_terminal_too(repo: Repository) -> None:
    from test_signing import agree

    agree(repo)
    edit(repo, "contract.yaml", ("version: 1", "version: 2"), (TITLE, "title: Acme s\u0430les agreement"))
    run(repo, "propose")
    shown = " ".join(sign(repo, "ceo").out.split())
    assert "Look twice: these words are not what they look like" in shown
    assert "mixes Latin letters with the character U+0430 (cyrillic small letter a) (contract.yaml:" in shown
