"""The shapes of cells as drafts see them, held against what an engine and the documentation say of the same cells."""

from __future__ import annotations

import re

import pytest
import reference
from test_casts import TABLES, TIMES, UNREADABLE, Way

from slacli.core.drafts import shapes

WAYS = {
    name: (way, cells)
    for name, (way, cells) in {**TABLES, **TIMES}.items()
    if not (way.field.one_of or way.column.values or way.reads.missing or way.column.currency)
    and way.field.type in {"integer", "number", "money", "date", "time"}
    and way.reads.thousands in {"", ",", "."}
}

# Not told apart here: amounts with the sign or the code of a currency, which are read where it is the field's, and what
# is too long for an amount, or leaves the first or the last year by its offset.
SIGNED = re.compile(r"(?s)[^0-9]*[^-+.,/:0-9 TZ][^0-9]*[0-9].*|[-+]?[0-9][0-9., ]*[^-+.,/:0-9 TZ]+")
EDGES = re.compile(r".*[0-9]{13}.*|(1899|1900|2199)-.*[+-]01:00")


@pytest.mark.parametrize(("way", "cells"), WAYS.values(), ids=list(WAYS))
def test_a_cell_is_called_readable_exactly_where_it_is_read(way: Way, cells: dict[str, object]) -> None:
    reads = way.reads
    able = shapes.readable(way.field.type, reads.date_order, reads.thousands, reads.decimal, way.field.decimals)
    wrong = {}
    for cell in cells:
        kind = shapes.kind(shapes.trimmed(cell))
        if kind == "blank" or EDGES.fullmatch(cell) or (way.field.type == "money" and SIGNED.fullmatch(cell)):
            continue
        is_read = reference.read_cell(cell, way.oracle) != UNREADABLE
        if (kind in able) != is_read:
            wrong[cell] = kind
    assert wrong == {}
