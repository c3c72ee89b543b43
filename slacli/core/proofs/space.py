"""Which values a field can have, as far as a question can tell them apart: a few that stand for all the others.

Most fields are compared with constants alone. Then a handful of values, one from each stretch between the constants,
says all that there is to say, and the evaluator itself says what each test makes of each. Fields that are compared with
one another by their order stay open: numbers, days and seconds that a solver reasons about.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations, product

from slacli.core import zones
from slacli.core.criteria import Moment, State, composed, lowered
from slacli.core.criteria.values import MOST_DIGITS, day_of, decimals_of, same_form
from slacli.core.proofs.questions import Leaf, Question, Raw, Side, names_of
from slacli.core.proofs.texts import Pattern, in_both_cases, telling_apart
from slacli.criterion import Between, Compare, Constant, FieldValue, In, Like
from slacli.model import Field
from slacli.values import dataclass

FIRST_DAY = date(zones.FIRST_YEAR, 1, 1)
LAST_DAY = date(zones.LAST_YEAR, 12, 31)
LONGEST = 2 * zones.DAY
"""No time is less exact than a day that a zone lived through twice."""

USUAL = 26 * 3_600
"""A longer stretch is only to be found where a zone crossed the date line."""

_MOST_VALUES = 400
_MOST_PAIRED = 80
_EXCHANGED_DECIMALS = 8
_ORDERED = frozenset({"integer", "number", "money", "date", "time"})


class Undecidable(Exception):
    """Two contracts mean different things by one field, so that nothing can be said about both."""


@dataclass(frozen=True, slots=True)
class Few:
    """A field of which `values` stand for all others, the plainest first; a blank is one of them where it can be."""

    name: str
    values: tuple[Raw, ...]


@dataclass(frozen=True, slots=True)
class Open:
    """A field that is compared with others by order: scaled by `places`, between `low` and `high` where it is allowed.

    `kind` is `number` (scaled integers), `date` (ordinals) or `time` (seconds of UTC). `near` are values to try first.
    """

    name: str
    kind: str
    places: int
    low: int
    high: int
    near: tuple[int, ...]
    moves: tuple[int, ...]

    def plainness(self, point: int) -> tuple[int, int, int]:
        """Give by how much a value is less plain than others: not round, or far from the values to try first."""
        odd = sum(point % size != 0 for size in ((60, 3_600) if self.kind == "time" else (10**self.places,)))
        return odd, abs(point - self.near[0]), point


@dataclass(frozen=True, slots=True)
class Space:
    """The fields that decide a question. `whole` is false where some values may be stood for by none.

    `freed` are domains that are compared as if they were free of their address.
    """

    fields: Mapping[str, Few | Open]
    groups: tuple[frozenset[str], ...]
    whole: bool
    freed: tuple[str, ...]


def space(question: Question) -> Space:
    """Find the values that decide a question.

    Raises Undecidable where the sides mean different things by a field.
    """
    told = list(dict.fromkeys(question.leaves()))
    paired = {name for _, leaf in told if len(names_of(leaf)) > 1 for name in names_of(leaf)}
    groups = _groups(question, told, paired)
    fields: dict[str, Few | Open] = {}
    whole, freed = True, []
    for group in groups:
        mine = [
            (side, leaf) for side, leaf in told if group & {_owner(question, name, paired) for name in names_of(leaf)}
        ]
        name = min(group)
        kind = _kind(question, name)
        if len(group) > 1 and kind in _ORDERED:
            fields |= _open(question, group, kind, mine)
            continue
        values, complete = _values(question, group, kind, mine)
        whole = whole and complete
        for one in sorted(group):
            allowed = tuple(value for value in values if _allowed(question, one, value))
            fields[one] = Few(one, (*_blanks(question, one), *allowed))
            derived = _of(question, one).derived
            if derived and derived[0] == "domain_of":
                freed.append(one)
                # What is no address has a domain that cannot be read, which no free value stands for.
                sources = [side.fields.get(derived[1]) for side in question.sides]
                whole = whole and all(source is None or source.format == "email" for source in sources)
    order = {name: at for side in question.sides for at, name in enumerate(side.fields)}
    ordered = {name: fields[name] for name in sorted(fields, key=lambda name: (order[name], name))}
    return Space(ordered, tuple(groups), whole, tuple(freed))


def owners(question: Question, one: Leaf, known: Space) -> tuple[str, ...]:
    """Give the fields whose values decide a single test: for a domain its address."""
    return tuple(dict.fromkeys(_owner(question, name, known.fields) for name in names_of(one)))


def _owner(question: Question, name: str, kept: Iterable[str]) -> str:
    derived = _of(question, name).derived
    return derived[1] if derived and derived[0] == "domain_of" and name not in kept else name


def _of(question: Question, name: str) -> Field:
    return next(side.fields[name] for side in reversed(question.sides) if name in side.fields)


def _kind(question: Question, name: str) -> str:
    kinds = {(side.fields[name].type, side.fields[name].derived) for side in question.sides if name in side.fields}
    if len(kinds) > 1:
        raise Undecidable
    return kinds.pop()[0]


def _groups(question: Question, told: Sequence[tuple[int, Leaf]], paired: set[str]) -> list[frozenset[str]]:
    above: dict[str, str] = {}

    def top(name: str) -> str:
        while above[name] != name:
            name = above[name]
        return name

    for _, leaf in told:
        names = [_owner(question, name, paired) for name in names_of(leaf)]
        for name in names:
            _kind(question, name)
            above.setdefault(name, name)
        for name in names[1:]:
            above[top(name)] = top(names[0])
    found: dict[str, set[str]] = {}
    for name in above:
        found.setdefault(top(name), set()).add(name)
    return sorted(map(frozenset, found.values()), key=min)


def _blanks(question: Question, name: str) -> tuple[Raw, ...]:
    sides = [side for side in question.sides if name in side.fields]
    blanks = {side.value(name, None) for side in sides}
    return (None,) if State.BLANK in blanks or len(blanks) > 1 else ()


def _allowed(question: Question, name: str, value: Raw) -> bool:
    sides = [side for side in question.sides if name in side.fields]
    return any(not isinstance(side.value(name, value), State) for side in sides)


def _values(
    question: Question, group: frozenset[str], kind: str, mine: Sequence[tuple[int, Leaf]]
) -> tuple[Sequence[Raw], bool]:
    """Give values that stand for all that the fields of a group can have, and whether none is left out."""
    match kind:
        case "yes_no":
            unset = _of(question, min(group)).when_blank is False
            return (False, True) if unset else (True, False), True
        case "text":
            return _texts(question, group, mine)
        case "ids":
            return _ids(question, min(group), mine)
        case "date":
            return _dates(question, mine), True
        case "time":
            return _times(question, mine), True
        case _:
            return _numbers(question, min(group), mine), True


def _constants(leaf: Leaf) -> Iterator[Constant]:
    match leaf:
        case Compare(operand=Constant() as constant):
            yield constant
        case Between(low=low, high=high):
            yield from (end for end in (low, high) if isinstance(end, Constant))
        case In(values=values):
            yield from values


# --- text -------------------------------------------------------------------------------------


def _texts(question: Question, group: frozenset[str], mine: Sequence[tuple[int, Leaf]]) -> tuple[Sequence[Raw], bool]:
    sides = [(side, side.fields[name]) for side in question.sides for name in sorted(group) if name in side.fields]
    listed = all(field.one_of for _, field in sides)
    tested = [question.sides[side].fields[name] for side, leaf in mine for name in names_of(leaf)]
    folds = {field.ignore_case for field in (*tested, *(field for _, field in sides))}
    if listed and len(folds) == 1:
        forms: dict[str, str] = {}
        for _, field in reversed(sides):
            for one in field.one_of:
                forms.setdefault(same_form(one, ignore_case=field.ignore_case), composed(one))
        return tuple(forms.values()), True
    asked: dict[Pattern, set[int]] = {}
    for index, (_, field) in enumerate(sides):
        for one in field.one_of:
            asked.setdefault(Pattern(composed(one), folded=field.ignore_case), set()).add(-1 - index)
    for index, (side, leaf) in enumerate(mine):
        field = question.sides[side].fields[leaf.name]
        domain = field.derived is not None and field.derived[0] == "domain_of" and leaf.name not in group
        for constant in _constants(leaf):
            pattern = Pattern(composed(str(constant.value)), folded=field.ignore_case, domain=domain)
            asked.setdefault(pattern, set()).add(index)
        if isinstance(leaf, Like):
            pattern = Pattern(leaf.pattern, like=True, folded=field.ignore_case, domain=domain)
            asked.setdefault(pattern, set()).add(index)
    patterns = list(asked)
    if not any(one.like for one in asked) and len({(one.folded, one.domain) for one in asked}) == 1:
        patterns = _fewest(asked, lambda text: any(_allowed(question, name, text) for name in group), len(group))
    addresses = [field.format == "email" for _, field in sides] if any(f.format for _, f in sides) else []
    mixed = len(group) > 1 and len(folds) > 1
    if mixed and len(group) == 2 and not addresses and not any(one.like or one.domain for one in patterns):
        texts, whole = in_both_cases(one.text for one in patterns)
    else:
        texts, whole = telling_apart(tuple(patterns), tuple(addresses), len(group))
        whole = whole and not mixed
    usable = [text for text in texts if any(_allowed(question, name, text) for name in group)]
    most = _MOST_VALUES if len(group) == 1 else _MOST_PAIRED
    return usable[:most], whole and len(usable) <= most


def _fewest(asked: Mapping[Pattern, set[int]], allowed: Callable[[str], bool], several: int) -> list[Pattern]:
    """Give the texts without those that every test asks about together with others; `several` of each kind are kept."""
    together: dict[str, set[int]] = {}
    first: dict[str, Pattern] = {}
    for one, tests in asked.items():
        form = lowered(one.text) if one.folded else one.text
        together.setdefault(form, set()).update(tests)
        first.setdefault(form, one)
    kinds: dict[tuple[int, ...], list[Pattern]] = {}
    for form, one in first.items():
        kind = kinds.setdefault(tuple(sorted(together[form])), [])
        if len(kind) < several and allowed(f"x@{one.text}" if one.domain else one.text):
            kind.append(one)
    return [one for kind in kinds.values() for one in kind]


def _ids(question: Question, name: str, mine: Sequence[tuple[int, Leaf]]) -> tuple[Sequence[Raw], bool]:
    fields = [side.fields[name] for side in question.sides if name in side.fields]
    texts = [str(constant.value) for _, leaf in mine for constant in _constants(leaf)]
    texts += [one for field in fields for one in field.one_of]
    patterns = [Pattern(text, folded=field.ignore_case) for text in texts for field in fields]
    apart, whole = telling_apart(tuple(patterns), (), 1)
    usable = [one for one in apart if ";" not in one and _allowed(question, name, (one,))]

    def seen(ids: tuple[str, ...]) -> tuple[bool | None, ...]:
        rows = [side.row({name: ids}) if name in side.fields else {} for side in question.sides]
        values = [row.get(name) for row in rows]
        said = [question.sides[side].says(leaf, {name: ids}) for side, leaf in mine]
        return (*(isinstance(value, State) for value in values), *said)

    single = list({seen((one,)): one for one in reversed(usable)}.values())[::-1]
    found: dict[tuple[bool | None, ...], tuple[str, ...]] = {}
    # Each test that holds needs one id for it, so that no more ids than tests are ever needed.
    for size in range(1, len(mine) + 1):
        before = len(found)
        for ids in combinations(single, size):
            found.setdefault(seen(ids), ids)
            if len(found) > _MOST_VALUES:
                return tuple(found.values()), False
        if size > 1 and len(found) == before:
            break
    return tuple(found.values()), whole


# --- numbers ----------------------------------------------------------------------------------


def _places(question: Question, names: Iterable[str]) -> int:
    return max(
        _EXCHANGED_DECIMALS if name in side.exchanged else decimals_of(side.fields[name])
        for name in names
        for side in question.sides
        if name in side.fields
    )


def _numbers(question: Question, name: str, mine: Sequence[tuple[int, Leaf]]) -> Sequence[Raw]:
    places = _places(question, [name])
    limits = [
        limit
        for side in question.sides
        if name in side.fields
        for limit in (side.fields[name].low, side.fields[name].high)
        if limit is not None
    ]
    named = [constant.value for _, leaf in mine for constant in _constants(leaf)]
    points = {_scaled(value, places) for value in (*named, *limits) if isinstance(value, Decimal)}
    edges = sorted({*points, 0})
    steps = {10 ** (places - _places_of(side, name)) for side in question.sides if name in side.fields}
    gaps: dict[int, None] = {}
    for low, high in zip((None, *edges), (*edges, None), strict=True):
        for step in sorted(steps, reverse=True):
            plain = _plainest(low, high, step)
            if plain is not None:
                gaps[plain] = None
        if len(steps) > 1:
            # Between two values that both sides allow lies one that only the finer side does.
            near = (low + 1, low + 2) if low is not None else (edges[0] - 1, edges[0] - 2)
            gaps.update((one, None) for one in near if high is None or one < high)
    ordered = dict.fromkeys((0, *sorted(points, key=lambda point: (abs(point), point)), *gaps))
    return [_unscaled(value, places) for value in ordered]


def _places_of(side: Side, name: str) -> int:
    return _EXCHANGED_DECIMALS if name in side.exchanged else decimals_of(side.fields[name])


def _scaled(value: Decimal, places: int) -> int:
    return int(value.scaleb(places))


def _unscaled(value: int, places: int) -> Decimal:
    number = Decimal(value).scaleb(-places)
    whole = number.to_integral_value()
    return whole if number == whole else number.normalize()


def _plainest(low: int | None, high: int | None, step: int) -> int | None:
    """Give the number between two others, neither included, that has the most zeros at its end; None if none is."""
    if low is None:
        assert high is not None
        mirrored = _plainest(-high, None, step)
        return None if mirrored is None else -mirrored
    size = max(abs(low), abs(high or 0), step)
    power = step
    while power * 10 <= size:
        power *= 10
    while power >= step:
        found = (low // power + 1) * power
        if high is None or found < high:
            return found
        power //= 10
    return None


# --- days and times ---------------------------------------------------------------------------


def _days(mine: Sequence[tuple[int, Leaf]]) -> list[tuple[int, date]]:
    return [(side, one.value) for side, leaf in mine for one in _constants(leaf) if isinstance(one.value, date)]


def _dates(question: Question, mine: Sequence[tuple[int, Leaf]]) -> Sequence[Raw]:
    named = sorted({day for _, day in _days(mine)})
    beside = [day + timedelta(days) for day in named for days in (-1, 1) if FIRST_DAY < day < LAST_DAY]
    return [day for day in dict.fromkeys((*named, *beside, question.day)) if FIRST_DAY <= day <= LAST_DAY]


def _times(question: Question, mine: Sequence[tuple[int, Leaf]]) -> Sequence[Raw]:
    zone = question.sides[-1].zone
    edges = sorted({edge for side, day in _days(mine) for edge in day_of(day, question.sides[side].zone)})
    named = sorted({day for _, day in _days(mine)})
    days = [day + timedelta(more) for day in named for more in (0, -1, 1) if FIRST_DAY < day < LAST_DAY]
    start, end = day_of(FIRST_DAY, zone)[1], day_of(LAST_DAY, zone)[0]
    noons = [day_of(day, zone)[0] + zones.DAY // 2 for day in (*days, question.day)]
    exact: dict[int, int] = {}
    for second in (*noons, *edges, *(edge - 1 for edge in edges)):
        if start <= second < end:
            exact.setdefault(bisect_right(edges, second), second)
    found = [Moment(second, second) for second in exact.values()]
    for first, last in product(range(len(edges)), repeat=2):
        # From before one edge until after another, over those between them.
        if first <= last and edges[last] - edges[first] + 2 <= LONGEST:
            rest = zones.DAY - (edges[last] - edges[first]) - 1
            low = edges[first] - max(1, (rest + 1) // 2)
            low = max(low, edges[first - 1] if first else low)
            high = max(edges[last], low + zones.DAY - 1)
            high = min(high, edges[last + 1] - 1 if last + 1 < len(edges) else high)
            found.append(Moment(low, high))
    return sorted(found, key=lambda one: (not one.exact, one.high - one.low > USUAL))


# --- what is compared with one another --------------------------------------------------------


def _open(
    question: Question, group: frozenset[str], kind: str, mine: Sequence[tuple[int, Leaf]]
) -> dict[str, Few | Open]:
    moves = {0}
    for _, leaf in mine:
        for end in _ends(leaf):
            if isinstance(end, FieldValue):
                moves |= {shift(end, kind), -shift(end, kind)}
    if kind in {"date", "time"}:
        places = 0
        zone = question.sides[-1].zone
        scale: Callable[[date], int] = (
            date.toordinal if kind == "date" else (lambda day: day_of(day, zone)[0] + zones.DAY // 2)
        )
        step = 1 if kind == "date" else zones.DAY
        named = sorted({scale(day) for _, day in _days(mine)})
        near = [point + more for point in named for more in (0, -step, step)] + [scale(question.day)]
        limits = (FIRST_DAY.toordinal(), LAST_DAY.toordinal())
        if kind == "time":
            limits = (day_of(FIRST_DAY, zone)[1], day_of(LAST_DAY, zone)[0])
        bounds = dict.fromkeys(group, limits)
    else:
        places = _places(question, group)
        points = [one.value for _, leaf in mine for one in _constants(leaf) if isinstance(one.value, Decimal)]
        limits = (-(10**MOST_DIGITS) + 1, 10**MOST_DIGITS - 1)
        near = [0, *(_scaled(value, places) for value in points), 10**places]
        bounds = {name: _bounds(question, name, places, limits) for name in group}
    kind = kind if kind in {"date", "time"} else "number"
    return {
        name: Open(name, kind, places, *bounds[name], tuple(dict.fromkeys(near)), tuple(sorted(moves, key=abs)))
        for name in group
    }


def _bounds(question: Question, name: str, places: int, limits: tuple[int, int]) -> tuple[int, int]:
    """Give the lowest and the highest value that any side allows."""
    fields = [side.fields[name] for side in question.sides if name in side.fields]
    lows = [limits[0] if field.low is None else _scaled(field.low, places) for field in fields]
    highs = [limits[1] if field.high is None else _scaled(field.high, places) for field in fields]
    return min(lows), max(highs)


def _ends(leaf: Leaf) -> tuple[object, ...]:
    match leaf:
        case Compare(operand=operand):
            return (operand,)
        case Between(low=low, high=high):
            return (low, high)
        case _:
            return ()


def shift(end: FieldValue, kind: str) -> int:
    """Give how far a field is moved: in days for a date, in seconds for a time."""
    seconds = end.amount * {"days": zones.DAY, "hours": 3_600, "minutes": 60}[end.unit]
    return seconds // zones.DAY if kind == "date" else seconds


def raw_of(field: Open, low: int, high: int) -> Raw:
    """Give the plain value of an open field."""
    match field.kind:
        case "date":
            return date.fromordinal(low)
        case "time":
            return Moment(low, high)
        case _:
            return _unscaled(low, field.places)


def scaled_of(field: Open, raw: Raw) -> tuple[int, int]:
    """Give the numbers that stand for a plain value of an open field."""
    match raw:
        case Moment(low=low, high=high):
            return low, high
        case Decimal():
            return (_scaled(raw, field.places),) * 2
        case date():
            return (raw.toordinal(),) * 2
        case _:
            message = f"`{field.name}` is blank"
            raise TypeError(message)


def side_bounds(side: Side, field: Open) -> tuple[int | None, int | None, int]:
    """Give the limits of an open field on one side, and the step between the values that it allows there."""
    own = side.fields[field.name]
    if field.kind != "number":
        return None, None, 1
    low = None if own.low is None else _scaled(own.low, field.places)
    high = None if own.high is None else _scaled(own.high, field.places)
    return low, high, 10 ** (field.places - _places_of(side, field.name))
