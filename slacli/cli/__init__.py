"""The command line: a table of commands that are loaded only when called, and the one place that decides exit codes."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from importlib import import_module
from types import MappingProxyType
from typing import Any

import click

from slacli import __version__
from slacli.errors import CannotRun

# command -> module below slacli.cli, and the line that `slacli --help` shows, so that help imports nothing else
COMMANDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "init": ("drafts", "Begin an agreement, from exports where there are any."),
        "check": ("data", "Judge exported CRM data by the contract."),
        "explain": ("data", "Show the working of every verdict about one record."),
        "reconcile": ("reconcile", "Put two exports of one record beside each other."),
        "baseline": ("data", "Compute what a metric was, as the baseline of a goal."),
        "validate": ("text", "Say what is wrong with the text and with the agreement itself."),
        "show": ("text", "Print the agreement as people read it."),
        "diff": ("versions", "Say what changed between two versions, and for whom."),
        "log": ("versions", "List the versions of the agreement."),
        "git-diff": ("versions", "Say for Git what changed in one file of a contract."),
        "status": ("signing", "Show what is in force, and what waits for whose signature."),
        "signers": ("signing", "Show who may sign, and put forward who shall."),
        "propose": ("signing", "Put the text forward for signing."),
        "sign": ("signing", "Sign what waits for you."),
        "verify": ("signing", "Say whether everybody who must has signed, and whether it is in force."),
        "bind": ("drafts", "Propose a binding for an export, with what is left to decide."),
        "calendar": ("calendar", "Propose the public holidays of a country for a calendar."),
        "rule": ("text", "Print the page of a rule."),
        "rules": ("text", "List every rule that slacli knows."),
    }
)


class _Commands(click.Group):
    """Loads a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"slacli.cli.{COMMANDS[cmd_name][0]}")
        found: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name not in COMMANDS and not name.startswith("-"):
            from slacli.core import wording

            near = wording.nearest(name, COMMANDS)
            raise CannotRun(
                f"there is no command `{wording.sanitised(name, 40)}`",
                f"did you mean `slacli {near}`?" if near else "see `slacli --help`",
            )
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """The agreement between Sales and Marketing: versioned, validated, and checked against exported CRM data.

    Exit codes: 0 nothing found, 1 findings at or above --fail-on, 2 could not run or could not judge.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run slacli and leave with its exit code: findings and 'could not run' are never the same."""
    # Measured: a run makes much that stays and little that goes, so that looking for it costs a twentieth of the time.
    gc.set_threshold(150_000)
    wanted = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in wanted
    for stream in (sys.stdout, sys.stderr):
        # A report holds names from contracts in any script; a narrow terminal encoding must not end in a traceback.
        reconfigure: Callable[..., None] | None = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    code = 2
    try:
        code = _run(wanted)
    except CannotRun as stop:
        if debug:
            _trace(stop)
        _complain(stop.what, stop.help)
    except click.exceptions.NoArgsIsHelpError as bare:
        click.echo(bare.format_message(), err=True)
    except click.UsageError as wrong:
        _complain(*_usage(wrong, wanted))
    except click.ClickException as wrong:
        _complain(wrong.format_message(), "")
    except (KeyboardInterrupt, click.Abort):
        click.echo("stopped", err=True)
        code = 130
    except BrokenPipeError:
        # The reader of a pipe (`| head`) has seen enough: that is no failure of the run.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except MemoryError:
        _complain("there is not enough memory", "give fewer exports at once")
    except Exception as fault:  # noqa: BLE001 - every fault of ours must leave with 2, never with the code of findings
        if debug:
            _trace(fault)
        _complain(
            f"slacli has a fault ({type(fault).__name__})",
            "run it again with `--debug` and report what you see, without data",
        )
    sys.exit(code)


def program() -> None:
    """Run slacli as a program of its own: as `main`, and leave at once when all is said.

    Measured: before it ends, Python looks once more through all that was ever made. That takes a tenth of a second,
    which is a fifth of `slacli validate`, and nothing needs it: files are closed and folders removed by then.
    """
    code: object = 2
    try:
        main()
    except SystemExit as left:
        code = left.code
    for stream in (sys.stdout, sys.stderr):
        # What a reader no longer takes is no failure of the run.
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code if isinstance(code, int) else 2)


def _run(arguments: list[str]) -> int:
    result: Any = cli.main(args=arguments, prog_name="slacli", standalone_mode=False)
    sys.stdout.flush()
    return result if isinstance(result, int) else 0


def _usage(wrong: click.UsageError, wanted: list[str]) -> tuple[str, str]:
    """Say what is wrong with a command line, and what helps."""
    from slacli.core import wording

    command = wrong.ctx.command_path if wrong.ctx else " ".join(["slacli", *(w for w in wanted[:1] if w in COMMANDS)])
    help_ = f"see `{command} --help`"
    known: Iterable[str] = ()
    given = ""
    if isinstance(wrong, click.NoSuchOption):
        given = wrong.option_name
        known = [name for param in wrong.ctx.command.params for name in param.opts] if wrong.ctx else ()
        what = f"`{command}` has no option `{wording.sanitised(given, 40)}`"
    elif isinstance(wrong, click.BadOptionUsage):
        what = f"`{wrong.option_name}` needs a value"
    elif isinstance(wrong, click.MissingParameter) and wrong.param is not None and wrong.ctx is not None:
        what = f"`{command}` needs `{wrong.param.make_metavar(wrong.ctx)}`"
    elif (
        isinstance(wrong, click.BadParameter) and wrong.param is not None and isinstance(wrong.param.type, click.Choice)
    ):
        given, known = wrong.message.split("'")[1], [str(choice) for choice in wrong.param.type.choices]
        option = wrong.param.opts[0]
        what = f"`{option}` takes {wording.quoted(known, 'or')}, not `{wording.sanitised(given, 40)}`"
    elif wrong.ctx is not None and "unexpected extra argument" in wrong.message:
        what = f"`{command}` takes no argument `{wording.sanitised(wrong.message.partition('(')[2].rstrip(')'), 60)}`"
        if any(param.name == "contract" for param in wrong.ctx.command.params):
            help_ = "name the contract folder with `--contract DIR`"
    else:
        text = wrong.format_message().rstrip(".").replace("'", "`")
        what = text[:1].lower() + text[1:]
    near = wording.nearest(given, known) if given else None
    return what, f"did you mean `{near}`?" if near else help_


def _trace(fault: BaseException) -> None:
    """Print where it happened, without the words of the exception: those of others may quote a row."""
    import traceback

    click.echo("".join(traceback.format_tb(fault.__traceback__)) + type(fault).__name__, err=True)


def _complain(what: str, help: str) -> None:
    from slacli.adapters.render.sheet import inert

    click.echo(f"could not run: {inert(what, 2000)}", err=True)
    if help:
        click.echo(f"  help: {inert(help, 1000)}", err=True)
