"""Measures how long it takes to compare 200 terms, each of which was changed, in both directions.

The terms are like those of the reference contract: a few of money, lists of values, yes or no, numbers, text with a
pattern, a time against another, at least some of them, and some that lean on others.

    python benchmarks/proofs.py
    python benchmarks/proofs.py --terms 500
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path

import yaml

from slacli.core import catalog, proofs
from slacli.core.text import parse
from slacli.model import Contract

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("Web", "Event", "Referral", "Paid search", "Partner")
PEOPLE = ("CFO", "VP", "Director", "Manager")


def agreement(terms: int, *, changed: bool) -> Contract:
    """Give the reference contract with many more terms; each of them says something else where it was changed."""
    folder = ROOT / "contracts"
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.yaml"))}
    definitions = yaml.safe_load(files["definitions.yaml"])
    for number in range(terms):
        more = 1000 * number + (500 if changed else 0)
        days = number % 30 + (2 if changed else 1)
        shapes = (
            {"large": f"budget >= {more}", "who": f"authority in ('{PEOPLE[number % 4]}', 'Individual')",
             "need": "need_confirmed", "soon": f"timeframe <= {number % 12 + changed}"},
            {"quick": f"accepted_at <= qualified_at + {days} days", "mail": f"email like '%@company{number}.com'",
             "from": f"source <> '{SOURCES[number % 5]}'"},
            {"score": f"hubspot_score between {number % 50} and {99 - changed}",
             "day": f"created_at >= '2026-0{number % 9 + 1}-01'",
             "owned": f"owner like 'a{number}%' or campaign is not blank"},
            {"base": f"term_{number - 1}", "company": f"company not in ('A{number}', 'B{days}')"},
        )  # fmt: skip
        shape = shapes[number % 4]
        definitions["terms"][f"term_{number}"] = {
            "title": f"Term {number}",
            "of": "lead",
            "criteria": shape,
            "qualifies": "at least 2" if number % 3 == 0 else "all",
        }
    files["definitions.yaml"] = yaml.safe_dump(definitions, sort_keys=False).encode()
    read = parse.parse(files)
    assert read.contract is not None, read.findings
    return read.contract


def main() -> None:
    """Print how long a comparison takes, what came of it, and how long the rules about meaning take."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--terms", type=int, default=200)
    terms = options.parse_args().terms
    old, new = agreement(terms, changed=False), agreement(terms, changed=True)
    ids = [(name, name) for name in new.terms if name.startswith("term_")]
    started = time.perf_counter()
    found = proofs.compare_terms(old, new, ids)
    print(f"{terms} changed terms, both ways: {time.perf_counter() - started:.2f} s (the import of z3 included)")
    print(*(f"{number} {verdict}" for verdict, number in Counter(one.verdict for one in found.values()).most_common()))
    started = time.perf_counter()
    findings = catalog.run_rules(new)
    print(f"all rules about that agreement: {time.perf_counter() - started:.2f} s, {len(findings)} findings")


if __name__ == "__main__":
    main()
