"""Commands of sign-off: who may sign, what is put forward, signing it, and whether it all holds."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from slacli.cli.options import PIN, TODAY, Output, day_of, deliver, emit, failing, shared
from slacli.errors import CannotRun

if TYPE_CHECKING:
    from slacli.core.agenda import Item
    from slacli.core.request import Opened
    from slacli.findings import Finding, Report
    from slacli.model import Contract
    from slacli.signing import Sign, Signed, Task

_KEY = click.option(
    "--key",
    metavar="FILE",
    help="An SSH key: a private one, or a `.pub` whose key is in the agent or on a security key. Default: a passkey.",
)


_COMMIT = click.option(
    "--commit/--no-commit",
    "commit",
    default=None,
    help="Commit what was written, and nothing else. Default: asked for on a terminal, not done elsewhere.",
)


def _now() -> datetime:
    return datetime.now(UTC)


@click.command()
@click.option(
    "--base", metavar="REV", help="Judge the commit at HEAD as a change of this revision: the gate of a pull request."
)
@click.option(
    "--witness",
    metavar="DIGESTS",
    envvar="SLACLI_WITNESS",
    default="",
    help="Digests of versions or rosters that were there when you last looked, and must still be. Default: "
    "SLACLI_WITNESS.",
)
@PIN
@TODAY
@shared(findings=False)
def verify(
    base: str | None, witness: str, trust_root: str | None, as_of: str | None, contract: str | None, out: Output
) -> int:
    """Say whether everybody who must has signed the agreement, and whether it is in force.

    Exits with 0 where it is, with 1 where it is not, and with 2 where that cannot be told: without a trust root that
    was pinned outside the repository, signatures prove nothing. With --base, nothing that was signed may be rewritten,
    a roster changes alone, who stands in for another does so on that day, and the people of the base decide. --witness
    finds a base that was itself replaced, such as by a forced push. Warnings, such as that the agreement expires within
    30 days, fail nothing. Nothing is asked of any network.
    """
    from slacli import signing

    place = signing.place_of(contract, base)
    found = signing.verify(place, trust_root, day_of(as_of), _now(), base, _names(witness))
    return failing(_show(found, out), out)


@click.command()
@click.option("--fail-on", "threshold", type=click.Choice(("overdue", "soon", "never")), default="never",
              show_default=True, help="Exit with 1 where something is overdue, or falls due soon.")  # fmt: skip
@PIN
@TODAY
@shared(findings=False)
def status(threshold: str, trust_root: str | None, as_of: str | None, contract: str | None, out: Output) -> int:
    """Show what is in force, what waits for whose signature, who has signed, and what is due.

    Due are deliverables and reviews, disputes that nobody has settled, and, 30 days ahead, the end of waivers, of
    calendars and of the agreement itself: by what is in force, and by the text on disk until something is. No
    signature is judged: `slacli verify` does that.
    """
    from slacli import signing
    from slacli.adapters import folder
    from slacli.core.agenda import agenda

    place = folder.find(contract)
    found = signing.status(place, trust_root, day_of(as_of), _now())
    text, by, ends = _in_force(place, found)
    due = agenda(text, found.today, ends)
    # Who has still to sign stands beside each role already.
    shown = replace(found, findings=tuple(one for one in found.findings if not _is_about_a_role(one)))
    _show(shown, out, due, by, signing.rewritten(place, found))
    states = {"overdue": ("overdue",), "soon": ("overdue", "today", "soon")}.get(threshold, ())
    return 1 if any(one.state in states for one in due) else 0


def _in_force(place: Path, found: Signed) -> tuple[Contract, str, date | None]:
    """Give the text that says what is due, what it is called, and its last day where no signed version follows."""
    from slacli import signing

    try:
        signed = signing.judging(place, None, found.today, _now())
    except CannotRun:
        signed = None
    if signed is None:
        return found.contract, "the text on disk", found.contract.expires
    current = signed.current
    last, then = current.span.last, current.span.then
    ends = None if last is not None and then == last + timedelta(days=1) else last
    return current.contract, f"version {current.contract.version}", ends


def _is_about_a_role(found: Finding) -> bool:
    return found.rule == "not-signed" and found.subject.count("/") == 2


def _show(
    found: Signed,
    out: Output,
    due: tuple[Item, ...] | None = None,
    due_by: str = "",
    rewritten: tuple[str, ...] | None = None,
) -> Report:
    """Print how an agreement stands to its signatures, and give what was found."""
    from slacli.adapters.render import trust
    from slacli.core.trust import standing
    from slacli.findings import Report

    in_force = found.in_force
    stretch = None
    if in_force is not None:
        stretch = next(one for one in standing.stretches(found.chain) if one.holds(found.today))
    report = Report("verify", found.findings, found.sources, found.folder).sorted()
    shown = trust.Shown(
        contract=found.contract,
        chain=found.chain,
        in_force=in_force,
        since=stretch.first if stretch is not None else None,
        until=stretch.last if stretch is not None else None,
        today=found.today,
        vouched=found.chain.anchored,
        report=report,
        due=due,
        due_by=due_by,
        rewritten=rewritten,
    )
    emit(trust.render(shown, out.format, width=out.width, colour=out.colour), out)
    return report


# --- who may sign -----------------------------------------------------------------------------


@click.group(invoke_without_command=True)
@click.pass_context
def signers(context: click.Context) -> int:
    """Show who may sign, and put forward who shall.

    The roster says which person holds which role, by which keys. A change of it is signed by enough of the people who
    may change it, before and after. Without a command it is shown.
    """
    if context.invoked_subcommand is not None:
        return 0
    return int(context.invoke(listed))


@signers.command(name="list")
@shared(formats=("terminal",), findings=False)
def listed(contract: str | None, out: Output) -> int:
    """Show the newest roster: who holds which role, by which keys, and who stands in for whom today."""
    from slacli import signing
    from slacli.adapters import folder
    from slacli.adapters.render import trust

    found = signing.status(folder.find(contract), None, None, _now())
    if found.chain.next_roster is None:
        raise CannotRun(
            "there is no roster yet", "let people run `slacli signers enrol NAME`, then `slacli signers propose`"
        )
    standing_in = found.chain.standing_in(found.today)
    emit(trust.roster(found.chain.next_roster[0], out.width, colour=out.colour, standing_in=standing_in), out)
    return 0


@signers.command()
@click.argument("person")
@_KEY
@click.option(
    "--request", "asked", metavar="FILE", help="Write a request for somebody without a clone, who answers it by `sign`."
)
@_COMMIT
@shared(formats=("terminal",), findings=False)
def enrol(
    person: str, key: str | None, asked: str | None, commit: bool | None, contract: str | None, out: Output
) -> int:
    """Write down that PERSON has a key, proven by a signature of it.

    Without --key a page opens in the browser of this machine, on which a passkey is made.
    """
    from slacli import signing
    from slacli.adapters import folder, keys

    if asked is not None:
        from slacli import requests

        return _mailed(requests.ask_to_enrol(folder.find(contract), person, _now()), asked, person, out)
    place = _ready(folder.find(contract), commit)
    if key is None:
        _must_have_a_screen()
        name = signing.enrol_with_passkey(place, person, _now())
    else:
        sign = _by_key(key)
        name = signing.enrol(place, person, keys.public_key(_key_file(key)), _now(), sign)
    emit(f"wrote {place}/{name}\nnext: slacli signers propose --role ROLE={person}\n", out)
    _add(place, [name], f"Enrol {person}", commit, out)
    return 0


@signers.command(name="propose")
@click.option(
    "--role", "roles", metavar="ROLE=PEOPLE", multiple=True, help="Who holds a role: `--role ceo=kim`, or `a,b`."
)
@click.option(
    "--root", metavar="PEOPLE", default="", help="Who may change the roster. Default: as before, else everybody in it."
)
@click.option("--threshold", type=int, help="How many of them that takes. Default: as before, else 2.")
@click.option("--require", metavar="ROLES", default="", help="Roles that every version needs, whatever it says itself.")
@click.option(
    "--recognised", metavar="PEOPLE", default="", help="People whose key must recognise them at each signature."
)
@click.option(
    "--new-key",
    "renewed",
    metavar="PEOPLE",
    default="",
    help="People of the last roster whose newly enrolled keys are taken in; without it they keep those that they had.",
)
@click.option(
    "--not-delegable",
    metavar="ROLES",
    help="Roles in which nobody stands in for another. Default: as before; `-` for none.",
)
@click.option(
    "--beside",
    metavar="ROLES",
    help="Roles that somebody may fill beside another one; else one person fills one role. Default: as before; `-` "
    "for none.",
)
@click.option(
    "--void",
    metavar="VERSION=REASON",
    multiple=True,
    help='A version that counts no more, as after a theft of keys: `--void "3=a stolen key"`.',
)
@_COMMIT
@shared(formats=("terminal",), findings=False)
def propose_roster(
    roles: tuple[str, ...],
    root: str,
    threshold: int | None,
    require: str,
    recognised: str,
    renewed: str,
    not_delegable: str | None,
    beside: str | None,
    void: tuple[str, ...],
    commit: bool | None,
    contract: str | None,
    out: Output,
) -> int:
    """Write the next roster, for people to sign with `slacli sign`. What is not said stays as it is."""
    from slacli import signing
    from slacli.adapters import folder
    from slacli.adapters.render import trust

    held: dict[str, list[str]] = {}
    for text in roles:
        role, sign, people = text.partition("=")
        if not sign or not role:
            from slacli.core import wording

            raise CannotRun(f"`--role {wording.sanitised(text, 60)}` gives nobody a role", "write `--role ceo=kim`")
        held[role] = _names(people)
    place = _ready(folder.find(contract), commit)
    name, made, fresh, aside, idle = signing.propose_roster(
        place,
        _now(),
        roles=held,
        root=_names(root),
        threshold=threshold,
        required=_names(require),
        verified=_names(recognised),
        renewed=_names(renewed),
        non_delegable=_names_or_none(not_delegable),
        beside=_names_or_none(beside),
        void={version.strip(): reason.strip() for version, _, reason in (text.partition("=") for text in void)},
    )
    shown = trust.roster(made, out.width, colour=out.colour, new=fresh)
    told = [
        f"left aside: a key that was enrolled as {person}; make sure that it is theirs, then `--new-key {person}`\n"
        for person in aside
    ]
    told += [
        f"nothing asks for the role `{role}`: add it to `sign_off` on the cover, or give it by `--require {role}`\n"
        for role in idle
    ]
    told += [
        f"removed {place}/{other}: it rests on a roster that is put forward otherwise now\n"
        for other in signing.clear(place)
    ]
    emit(f"{shown}{''.join(told)}wrote {place}/{name}\ntrust root {signing.digest_of(made)}\n", out)
    signatures = [f"{name.removesuffix('.json')}--{person}.json.sig" for person in made.people]
    _add(place, [name, *signatures], f"Put roster {made.version} forward", commit, out)
    return 0


@signers.command()
@click.option("--as", "role", metavar="ROLE", required=True, help="The role that you hold.")
@click.option("--to", metavar="PERSON", required=True, help="Who stands in for you: somebody with a key in the roster.")
@click.option("--from", "first", metavar="DAY", required=True, help="The first day on which they may.")
@click.option("--until", "last", metavar="DAY", required=True, help="The last day; at most 90 days in all.")
@click.option("--person", metavar="NAME", help="Who you are, where several people hold the role.")
@_KEY
@click.option("--yes", is_flag=True, help="Do not ask again before signing.")
@shared(formats=("terminal",), findings=False)
def delegate(
    role: str,
    to: str,
    first: str,
    last: str,
    person: str | None,
    key: str | None,
    yes: bool,
    contract: str | None,
    out: Output,
) -> int:
    """Let PERSON sign in your role on some days, while you are away.

    They sign with `slacli sign --as ROLE` and their own key, and it is shown that they did so for you. Nobody hands
    a delegation on, nobody has a second voice by it, and it ends when the roster changes.
    """
    from slacli import signing
    from slacli.adapters import folder

    place = folder.find(contract)
    days = day_of(first, "--from"), day_of(last, "--until")
    what = signing.delegation(place, role, to, days, person, _now())
    if key is None:
        _must_have_a_screen()
    written = _signed_by(place, what, key, "Sign it?", out, yes=yes)
    emit("".join(f"wrote {place}/{name}\n" for name in written), out)
    return 0


@signers.command()
@shared(formats=("terminal",), findings=False)
def export(contract: str | None, out: Output) -> int:
    """Print the keys as `ssh-keygen -Y verify` takes them, for a second opinion without slacli."""
    from slacli import signing
    from slacli.adapters import folder
    from slacli.core.trust import statements

    found = signing.status(folder.find(contract), None, None, _now())
    if not found.chain.rosters:
        raise CannotRun("there is no roster that enough people have signed", "see `slacli signers list`")
    spaces = f'namespaces="{statements.APPROVES},{statements.ROSTERS},{statements.DELEGATES}"'
    lines = [
        f"{person} {spaces} {one.key.text}\n"
        if one.key.is_known_to_openssh
        else f"# {person} has a passkey that OpenSSH cannot read: {one.key.fingerprint}\n"
        for person, keys in found.chain.rosters[-1][0].people.items()
        for one in keys
    ]
    emit("".join(lines), out)
    return 0


# --- putting forward, and signing -------------------------------------------------------------


@click.command()
@click.argument("exports", metavar="[EXPORT]...", nargs=-1)
@click.option(
    "--data",
    metavar="EXPORT",
    multiple=True,
    help="Replay a past period on these exports, for those who sign to see: `--data leads.csv tasks.csv`.",
)
@click.option(
    "--period", metavar="PERIOD", help="The replayed period, such as FY27-Q3. Default: the last whole fiscal quarter."
)
@click.option("--as-of", metavar="WHEN", help="The moment that is now, as for `slacli check`.")
@_COMMIT
@shared(formats=("terminal",), findings=False)
def propose(
    exports: tuple[str, ...],
    data: tuple[str, ...],
    period: str | None,
    as_of: str | None,
    commit: bool | None,
    contract: str | None,
    out: Output,
) -> int:
    """Put the text forward for signing: writes down what exactly the next version is.

    Put forward again while it waits for signatures, it is written anew, and approvals of the other text go. With
    --data, the version in force and this one judge the same exports, and whoever signs sees how the period would have
    come out: as counts alone, which the signatures cover.
    """
    from slacli import signing
    from slacli.adapters import folder
    from slacli.adapters.render import signing as pages
    from slacli.core import wording

    if exports and not data:
        raise CannotRun(
            f"`slacli propose` takes no `{wording.sanitised(exports[0], 60)}`", "name exports behind `--data`"
        )
    if not data and (period is not None or as_of is not None):
        raise CannotRun("a period is replayed on exports, and none is given", "name them behind `--data`")
    place = _ready(folder.find(contract), commit)
    given = signing.Data((*data, *exports), period, as_of) if data else None
    name, version, fallen = signing.propose(place, _now(), given, sys.stdin.buffer)
    lines = [f"version {version.manifest.name} is put forward: {place}/{name}"]
    lines += [f"removed {place}/{other}: it approved another text, or rests on an older roster" for other in fallen]
    lines += [f"it waits for {wording.quoted(version.missing)}: `slacli sign --as ROLE`"] if version.missing else []
    shown = signing.replay_of(signing.status(place, None, None, _now())) if given is not None else None
    if shown is not None:
        lines += ["", pages.figures(shown, width=out.width, colour=out.colour).rstrip("\n")]
    emit("\n".join(lines) + "\n", out)
    _add(place, [name, *fallen], f"Put version {version.manifest.name} forward", commit, out)
    return 0


@click.command()
@click.argument("request", metavar="[REQUEST]", required=False)
@click.option("--as", "role", metavar="ROLE", help="The role in which you sign.")
@click.option("--person", metavar="NAME", help="Who you are, where several people hold the role.")
@_KEY
@click.option("--for", "stands_in_for", metavar="NAME", help="For whom you stand in, where that is not clear.")
@click.option("--decline", metavar="REASON", help="Write down that you do not approve, and why.")
@click.option("--withdraw", is_flag=True, help="Take back what you said of a version that is not in force yet.")
@click.option("--yes", is_flag=True, help="Do not ask again before signing.")
@click.option("--request", "asked", metavar="FILE", help="Write a request for somebody without a clone; sign nothing.")
@click.option("--answer", metavar="FILE", help="Where the answer to REQUEST goes. Default: beside it.")
@click.option("--receive", metavar="ANSWER", help="Put the answer of somebody without a clone in place.")
@PIN
@_COMMIT
@shared(formats=("terminal",), findings=False)
def sign(
    request: str | None,
    role: str | None,
    person: str | None,
    key: str | None,
    stands_in_for: str | None,
    decline: str | None,
    withdraw: bool,
    yes: bool,
    asked: str | None,
    answer: str | None,
    receive: str | None,
    trust_root: str | None,
    commit: bool | None,
    contract: str | None,
    out: Output,
) -> int:
    """Sign what waits for you: the version that was put forward, and the roster where it does.

    It shows what you sign and asks first: on a page in the browser of this machine for a passkey, in the terminal for
    an SSH key. What is written down was verified before, so that it counts. Who stands in for somebody signs with
    their own key in that role. With --withdraw two files go, on your branch: what is merged already stays.

    For somebody without a clone --request writes a file with all that they must see. They sign it anywhere with
    `slacli sign REQUEST` and send the answer back, which --receive puts in place. Nothing in either is believed that
    does not prove itself.
    """
    from slacli import signing
    from slacli.adapters import folder, keys

    _must_fit(
        {"REQUEST": request, "--receive": receive, "--request": asked},
        {
            "--as": role,
            "--person": person,
            "--key": key,
            "--for": stands_in_for,
            "--decline": decline,
            "--withdraw": "yes" if withdraw else None,
            "--answer": answer,
        },
    )
    if receive is not None:
        return _received(_ready(folder.find(contract), commit), Path(receive), commit, out)
    if request is not None:
        return _answered(Path(request), Path(answer) if answer else None, key, decline, trust_root, out, yes=yes)
    if role is None:
        raise CannotRun("nobody says in which role to sign", "name it with `--as ROLE`, or the request that you have")
    if asked is not None:
        from slacli import requests

        place = folder.find(contract)
        whose, text = requests.ask(place, role, person, _now())
        return _mailed(text, asked, whose, out)
    place = _ready(folder.find(contract), commit)
    if withdraw:
        if decline is not None or stands_in_for is not None:
            raise CannotRun("`--withdraw` takes back what was said, and says nothing new", "give it alone")
        gone = signing.withdraw(place, role, person, _now())
        emit("".join(f"removed {place}/{name}\n" for name in gone), out)
        _add(place, gone, f"Withdraw what was said as {role}", commit, out)
        return 0
    if key is None:
        _must_have_a_screen()
    public = partial(keys.public_key, _key_file(key)) if key is not None else None
    try:
        what = signing.task(place, role, person, _now(), decline, stands_in_for, public)
    except signing.NothingToSign:
        # Who signed without a commit, and wants it now.
        done = signing.left(place, role, person, _now()) if commit else None
        if done is None:
            raise
        _add(place, done.files, f"Add what {done.person} said of version {done.version} as {role}", commit, out)
        return 0
    written = _signed_by(place, what, key, "Sign it?" if decline is None else "Decline it?", out, yes=yes)
    emit("".join(f"wrote {place}/{name}\n" for name in written), out)
    _add(place, written, _done(what), commit, out)
    return 0


def _signed_by(place: Path, what: Task, key: str | None, question: str, out: Output, *, yes: bool) -> list[str]:
    """Show what somebody signs, ask where a key would not, and give the names of the files that were written."""
    from slacli import signing

    make = signing.by_passkey(place, what, _now()) if key is None else _by_key(key)
    emit(_shown(place, what, out), Output(no_color=out.no_color))
    if key is not None and not yes:
        _must_agree(question)
    return signing.sign(place, what, _now(), make)


def _must_agree(question: str) -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CannotRun("nobody can be asked here whether to sign", "give `--yes` where you have read what you sign")
    if not click.confirm(question, err=True):
        raise CannotRun("nothing was signed", "")


# --- for somebody without a clone ---------------------------------------------------------------


# What each way of signing takes besides.
_TAKES: Mapping[str, tuple[str, ...]] = {
    "REQUEST": ("--key", "--decline", "--answer"),
    "--receive": (),
    "--request": ("--as", "--person"),
    "": ("--as", "--person", "--key", "--for", "--decline", "--withdraw"),
}


def _must_fit(ways: Mapping[str, str | None], options: Mapping[str, str | None]) -> None:
    """Return where what was given belongs together; raises CannotRun otherwise."""
    chosen = [name for name, value in ways.items() if value is not None] or [""]
    if len(chosen) > 1:
        raise CannotRun(f"`{chosen[0]}` and `{chosen[1]}` are two things to do", "do one after the other")
    for name, value in options.items():
        if value is not None and name not in _TAKES[chosen[0]]:
            if chosen == ["REQUEST"]:
                raise CannotRun(f"a request says itself who signs it and in which role, not `{name}`", "leave it out")
            raise CannotRun(f"`{name}` does nothing {f'with `{chosen[0]}`' if chosen[0] else 'here'}", "leave it out")


def _mailed(text: bytes, file: str, person: str, out: Output) -> int:
    from slacli.adapters import folder

    folder.write_bytes(Path(file), text, "name another file")
    told = f"wrote {file}: send it to {person}, who runs `slacli sign {shlex.quote(Path(file).name)}` anywhere\n"
    emit(f"{told}next: slacli sign --receive ANSWER\n", out)
    return 0


def _answered(
    path: Path, into: Path | None, key: str | None, decline: str | None, pin: str | None, out: Output, *, yes: bool
) -> int:
    """Let somebody sign a request, and write the answer beside it."""
    from slacli import requests, signing
    from slacli.adapters import folder, keys
    from slacli.core import proposal
    from slacli.core.trust import mail
    from slacli.findings import Finding

    found = requests.opened(path, _now(), decline, pin)
    if isinstance(found, Finding):
        return _told(found, out)
    if key is None:
        _must_have_a_screen()
    sign: Sign | None = _by_key(key) if key is not None else None
    if isinstance(found, mail.Request):
        if decline is not None:
            raise CannotRun("a request for a key is not declined", "do not answer it")
        emit(f"a key for {found.person}, to sign versions of: {found.title}\n", Output(no_color=out.no_color))
        if sign is None or key is None:
            said, sign = signing.new_passkey(found.project, found.title, found.person, _now())
        else:
            said = proposal.enrolment(found.project, found.person, keys.public_key(_key_file(key)), _now())
            if not yes:
                _must_agree("Prove that the key is yours?")
        text = requests.answer_enrolment(found, said, sign)
    else:
        emit(_asked(found, out), Output(no_color=out.no_color))
        if sign is not None and not yes:
            _must_agree("Sign it?" if decline is None else "Decline it?")
        text = requests.answer(found, sign if sign is not None else requests.by_passkey(found))
    target = into if into is not None else path.with_name(f"{path.name.removesuffix('.json')}.answer.json")
    folder.write_bytes(target, text, "name another file with `--answer`")
    emit(f"wrote {target}: send it back to who asked you\n", out)
    return 0


def _asked(found: Opened, out: Output) -> str:
    """Say what a request asks somebody to sign: roster, version, what it changes or says, and who has signed."""
    from slacli import requests
    from slacli.adapters.render import signing as pages
    from slacli.adapters.render import trust
    from slacli.core import wording
    from slacli.core.trust import canonical

    parts = []
    what = requests.task(found)
    if what.roster is not None:
        parts.append(trust.roster(what.roster, out.width, colour=out.colour, new=what.new_keys))
        parts.append(f"what exactly you sign: {canonical.digest(what.roster.text)}\n")
    title = f"version {found.version.manifest.name} of {found.request.title}, as {found.approval.role} ({what.person})"
    parts.append(pages.render(title, requests.sees(found), width=out.width, colour=out.colour))
    signed = [f"{one.statement.signer} as {role}" for role, one in found.version.by.items()]
    parts.append(f"signed by {wording.listed(signed) if signed else 'nobody yet'}\n")
    parts.append(f"what exactly you sign: {canonical.digest(found.approval.text)}\n")
    return "".join(parts)


def _received(place: Path, path: Path, commit: bool | None, out: Output) -> int:
    from slacli import requests
    from slacli.findings import Finding

    found = requests.receive(place, path, _now())
    if isinstance(found, Finding):
        return _told(found, out)
    person, names = found
    emit("".join(f"wrote {place}/{name}\n" for name in names), out)
    _add(place, names, f"Receive what {person} signed", commit, out)
    return 0


def _told(found: Finding, out: Output) -> int:
    from slacli.findings import Report
    from slacli.places import SourceMap

    return deliver(Report("sign", (found,), SourceMap(), found.subject), out)


def _done(what: Task) -> str:
    """Say in the first line of a commit what somebody signed."""
    roster = f"roster {what.roster.version}" if what.roster is not None else ""
    if what.approval is None or what.version is None:
        return f"Sign {roster} ({what.person})"
    version = f"version {what.version.manifest.name} as {what.approval.role}"
    if what.approval.decision == "reject":
        return f"Decline {version}{f', and sign {roster}' if roster else ''} ({what.person})"
    return f"Sign {f'{roster} and ' if roster else ''}{version} ({what.person})"


def _shown(place: Path, what: Task, out: Output) -> str:
    """Say what somebody is about to sign: the roster, the version, and what it changes for whom."""
    from slacli import signing
    from slacli.adapters.render import signing as pages
    from slacli.adapters.render import trust
    from slacli.core.trust import canonical, stand_ins

    parts = []
    if what.delegation is not None:
        parts.append(f"{signing.lets(signing.status(place, None, None, _now()).contract, what.delegation)}\n")
        parts.append(f"what exactly you sign: {canonical.digest(what.delegation.text)}\n")
    if what.roster is not None:
        parts.append(trust.roster(what.roster, out.width, colour=out.colour, new=what.new_keys))
        parts.append(f"what exactly you sign: {canonical.digest(what.roster.text)}\n")
    if what.version is not None and what.approval is not None:
        who = f"{what.person}{stand_ins.said_of(what.stands_in)}"
        title = f"version {what.version.manifest.name}, as {what.approval.role} ({who})"
        parts.append(pages.render(title, signing.sees(place, what, _now()), width=out.width, colour=out.colour))
        parts.append(pages.blobs(signing.blobs(place, what), width=out.width, colour=out.colour))
        parts.append(f"what exactly you sign: {canonical.digest(what.approval.text)}\n")
    return "".join(parts)


def _ready(place: Path, commit: bool | None) -> Path:
    """Give the folder again where a commit can follow, if one is wanted; raises CannotRun before anybody signs."""
    if commit:
        from slacli.adapters import history

        history.must_take_commits(place)
    return place


def _add(place: Path, names: Sequence[str], message: str, commit: bool | None, out: Output) -> None:
    """Commit what was written, where that is wanted: said by an option, or by a person on a terminal."""
    from slacli import signing
    from slacli.core import wording

    screen = Output(no_color=out.no_color)
    files = signing.files_of(names)
    if commit is None:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            return
        try:
            _ready(place, commit=True)
        except CannotRun as fault:
            emit(f"not committed: {fault.what}\n", screen)
            return
        there = sum((place / name).exists() for name in files)
        which = "this file" if there == 1 else f"these {there} files"
        if not click.confirm(f"Commit {which}?", default=True, err=True):
            return
    elif not commit:
        return
    added = signing.commit(place, files, message)
    if added.commit is None:
        emit("nothing to commit: the branch holds it already\n", screen)
        return
    emit(f"committed {added.commit[:7]}: {message}\n", screen)
    if added.missing:
        shown = wording.quoted(added.missing[:5])
        emit(f"not committed yet: {shown}, without which nobody else sees the text that is signed\n", screen)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _names_or_none(text: str | None) -> list[str] | None:
    """Give names; none of them for `-`, and None where nothing was said."""
    if text is None:
        return None
    return [] if text.strip() == "-" else _names(text)


def _key_file(key: str) -> Path:
    return Path(key).expanduser()


def _by_key(key: str) -> Sign:
    """Give what signs by an SSH key; raises CannotRun where it cannot be tried, before anybody reads what to sign."""
    from slacli.adapters import keys

    file = _key_file(key)
    keys.must_be_there(file)
    return partial(keys.sign_with_ssh, key=file)


def _must_have_a_screen() -> None:
    """Return where somebody can be there to answer a page in a browser; raises CannotRun in a pipe."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CannotRun(
            "no key was given, and nobody is here to use a passkey",
            "name an SSH key: `--key ~/.ssh/id_ed25519`, or run it in a terminal",
        )
