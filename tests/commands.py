"""Runs `slacli` inside this process as a person runs it: arguments, a folder, standard input; and what came of it."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from slacli import cli

SCHEMA = json.loads(resources.files("slacli.schemas").joinpath("report.schema.json").read_text("utf-8"))
TRACES = re.compile(r"Traceback|File \"|slacli has a fault|fault of slacli|\bNone\b|<[a-z_.]+ object at")
PARTS = ("judged", "cut", "unreadable", "repeated", "contradictory")


@dataclass(frozen=True)
class Ran:
    """What a run of `slacli` printed, and how it exited."""

    out: str
    err: str
    code: int

    @property
    def text(self) -> str:
        return self.out + self.err


def slacli(
    *arguments: str, folder: Path | None = None, stdin: bytes = b"", env: Mapping[str, str] | None = None
) -> Ran:
    """Run a command in a folder and give what came of it, after what must hold of every run was found to hold."""
    out, err = _stream(), _stream()
    code: object = 0
    with pytest.MonkeyPatch.context() as world:
        for name, value in {"COLUMNS": "100", "CI": "", "NO_COLOR": "", **(env or {})}.items():
            world.setenv(name, value)
        for name, stream in (("stdin", _stream(stdin)), ("stdout", out), ("stderr", err)):
            world.setattr(sys, name, stream)
        if folder is not None:
            world.chdir(folder)
        try:
            cli.main(list(arguments))
        except SystemExit as left:
            code = left.code
    ran = Ran(_read(out), _read(err), code if isinstance(code, int) else 0)
    assert TRACES.search(ran.text) is None or "--debug" in arguments, ran.text
    assert ran.code in {0, 1, 2}, ran
    assert (ran.code == 2) == bool(ran.err) or "--debug" in arguments, ran
    return ran


def report(*arguments: str, folder: Path, stdin: bytes = b"", code: int | None = None) -> dict[str, Any]:
    """Run a command with `--format json`, and give its report after the schema and the sums were found to hold."""
    ran = slacli(*arguments, "--format", "json", folder=folder, stdin=stdin)
    assert ran.code in ({0, 1} if code is None else {code}), ran.text
    found: dict[str, Any] = json.loads(ran.out)
    Draft202012Validator(SCHEMA).validate(found)
    adds_up(found)
    return found


def adds_up(found: Mapping[str, Any]) -> None:
    """Prove that no row is lost: those of every file, and those that every duty and term is about."""
    for file in found["files"]:
        rows = file["rows"]
        assert rows["total"] == sum(rows[part] for part in PARTS), file
        assert rows["cut"] == sum(cut["count"] for cut in file["cut"]), file
        assert min(rows.values()) >= 0, file
    for outcome in _outcomes(found["outcomes"]):
        counts = outcome["counts"]
        parts = ("met", "missed", "open", "unclear", "left_out", "not_started", "by_silence")
        assert counts["covered"] == sum(counts[part] for part in parts), outcome


def _outcomes(found: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for outcome in found:
        yield outcome
        yield from _outcomes(outcome.get("parts", []))


def read_to_its_end(terminal: int) -> bytes:
    """Give all that is written to a terminal until nobody writes any more, and close it."""
    told = b""
    try:
        while piece := os.read(terminal, 4096):
            told += piece
    except OSError:  # a terminal without a writer
        pass
    os.close(terminal)
    return told


def _stream(text: bytes = b"") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(text), encoding="utf-8", newline="")


def _read(stream: io.TextIOWrapper) -> str:
    stream.flush()
    held = stream.buffer
    assert isinstance(held, io.BytesIO)
    return held.getvalue().decode()
