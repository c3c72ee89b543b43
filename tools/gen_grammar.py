"""Writes the tables of the parser of criteria, which are worked out from the grammar, so that no run has to.

python tools/gen_grammar.py            writes them
python tools/gen_grammar.py --check    exits with 1 where they are stale
"""

from __future__ import annotations

import hashlib
import pprint
import re
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from lark.grammar import Rule
from lark.lexer import TerminalDef

from slacli.core.criteria import syntax

ROOM = Path(__file__).resolve().parent.parent / "slacli" / "core" / "criteria"
TABLES = ROOM / "tables.py"

OPENING = '''"""The tables of the parser, made by tools/gen_grammar.py: change grammar.lark, then run `make docs`."""

from __future__ import annotations

from typing import Any

'''


def marks() -> list[str]:
    """Say what tables are for: a release of lark and a grammar."""
    # lark numbers its states anew each time, so what the tables were made from tells whether they are fresh.
    digest = hashlib.sha256((ROOM / "grammar.lark").read_bytes()).hexdigest()
    return [f'LARK = "{metadata.version("lark")}"', f'GRAMMAR = "{digest}"']


def text() -> str:
    """Give the module that holds the tables."""
    data, memo = syntax.built().memo_serialize([TerminalDef, Rule])
    parts = marks()
    for name, value in (("DATA", data), ("MEMO", memo)):
        shown = re.sub(r"\n\s+", "\n", pprint.pformat(value, width=160, compact=True))
        parts.append(f"{name}: dict[str | int, Any] = {shown}")
    return OPENING + "\n".join(parts) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write the tables, or with `--check` say whether they are stale."""
    if set(arguments) - {"--check"}:
        print("usage: python tools/gen_grammar.py [--check]", file=sys.stderr)
        return 2
    if TABLES.is_file() and set(marks()) <= set(TABLES.read_text("utf-8").splitlines()):
        return 0
    if "--check" in arguments:
        print(f"{TABLES.name} is stale: run `make docs`", file=sys.stderr)
        return 1
    TABLES.write_text(text(), "utf-8")
    print(f"wrote {TABLES.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
