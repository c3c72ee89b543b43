"""Drafts the lifecycle of a record from the values that its stage has: their order, the moves, and who owns which.

The order is what a history or the dates of stages show, else that of words which the trade uses alike. Where neither
tells it, it is asked, and so is who owns a stage: no export says that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from slacli.core import criteria
from slacli.core.drafts import Question, flows, values
from slacli.core.drafts.binding import id_of
from slacli.core.drafts.flows import Flow
from slacli.core.drafts.lines import OPENED, remark, scalar
from slacli.values import dataclass

MOST = 20
"""A field of more different values holds no stages."""

_LEAST = 2
_YAML_WORDS = frozenset("yes no on off y n true false null".split())

# Words for stages in the order in which they are passed; those of one line stand at one place.
_ORDER = (
    {"subscriber", "anonymous"},
    {"new", "open", "lead", "open not contacted", "not contacted", "raw", "lead in", "not started", "prospecting",
     "prospect", "appointment scheduled", "appointmentscheduled", "identify"},
    {"attempted to contact", "attempting contact", "attempting", "contact in future", "in progress", "contact made",
     "engaging"},
    {"contacted", "connected", "open deal", "open contacted", "pre qualified", "prequalified"},
    {"mql", "marketing qualified lead", "marketingqualifiedlead", "marketing qualified", "qualified", "qualification",
     "qualified to buy", "qualifiedtobuy", "qualify"},
    {"sal", "sales accepted lead", "sales accepted", "accepted", "discovery", "needs analysis", "demo scheduled",
     "presentation scheduled", "presentationscheduled", "develop"},
    {"sql", "sales qualified lead", "salesqualifiedlead", "sales qualified", "working", "value proposition"},
    {"id decision makers", "identify decision makers", "decision maker bought in", "decisionmakerboughtin"},
    {"perception analysis"},
    {"opportunity", "proposal", "proposal price quote", "proposal made", "quote", "propose"},
    {"negotiation", "negotiation review", "negotiations started", "contract sent", "contractsent"},
    {"converted", "customer", "won", "closed won", "closedwon", "deal won", "close"},
    {"evangelist"},
)  # fmt: skip
_RANKS = {word: rank for rank, words in enumerate(_ORDER) for word in words}
_WON = frozenset("converted customer won closedwon".split()) | {"closed won", "deal won", "closed converted"}
_LOST = (
    frozenset("lost closedlost disqualified unqualified junk rejected closed archived dead".split())
    | {"closed lost", "closed lost to competition", "deal lost", "junk lead", "lost lead", "not qualified",
       "closed not converted", "omitted from forecast"}
)  # fmt: skip
_ASIDE = frozenset("recycled recycle nurture nurturing paused".split()) | {"on hold"}
_BEFORE_SALES = frozenset("subscriber lead mql new".split()) | {"marketing qualified lead"}


@dataclass(frozen=True, slots=True)
class Told:
    """What is known beside the values: a history, dates by their stage, who owns all, or from where on Sales does.

    `entered` leads from a stage to the field with the time at which it was entered.
    """

    flow: Flow | None = None
    dated: Mapping[tuple[str, str], int] | None = None
    entered: Mapping[str, str] | None = None
    owner: str = ""
    sales_from: str | None = None


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """A drafted lifecycle: its lines below `lifecycles:`, its usual path by values, and what is open in it."""

    lines: tuple[str, ...]
    path: tuple[str, ...]
    questions: tuple[Question, ...]


def is_drafted(listed: Sequence[str]) -> bool:
    """Tell whether the values of a field can be stages."""
    ids = [id_of(value) for value in listed]
    is_told_apart = all(ids) and len({*ids}) == len(ids)
    return _LEAST <= len(listed) <= MOST and is_told_apart and not {*map(values.level, listed)} <= _WON | _LOST


def drafted(record: str, field: str, listed: Sequence[str], often: Mapping[str, int], told: Told) -> Lifecycle:
    """Draft the lifecycle of a record whose `field` lists its stages; `often` counts the rows in each."""
    work = _Work(record, field, listed, often, told)
    return work.lifecycle()


class _Work:
    """A lifecycle while it is drafted."""

    def __init__(
        self, record: str, field: str, listed: Sequence[str], often: Mapping[str, int], told: Told
    ) -> None:  # fmt: skip
        self.record, self.field, self.told = record, field, told
        self.ids = {value: _id(value, record) for value in listed}
        self.is_last = {value: values.level(value) in _WON | _LOST for value in listed}
        self.questions: list[Question] = []
        seen = _seen(listed, told)
        self.order, self.says = _ordered(listed, often, seen)
        self.moves = {pair: count for pair, count in (told.flow.moves if told.flow else {}).items() if pair[0]}
        self.path = [value for value in self.order if values.level(value) not in _LOST | _ASIDE]

    # --- the order ---

    @property
    def is_known(self) -> bool:
        return bool(self.says)

    def lifecycle(self) -> Lifecycle:
        key = f"lifecycles.{self.record}"
        taken = f"  # taken to be owned by {self.told.owner}: say otherwise where it is" if self.told.owner else ""
        lines = [f"  {self.record}:", f"    of: {self.record}", f"    field: {self.field}", f"    stages:{taken}"]
        owners = self.owners(key)
        for value in self.order:
            parts = [f"value: {scalar(value)}"]
            owner = owners.get(value, "")
            if owner and owner != OPENED:
                parts.append(f"owner: {owner}")
            entered = (self.told.entered or {}).get(value)
            parts += [f"entered: {entered}"] if entered else []
            parts += ["final: true"] if self.is_last[value] else []
            if owner == OPENED:
                asked = next(one for one in self.questions if one.key == f"{key}.stages.{self.ids[value]}.owner")
                lines.append(f"      {self.ids[value]}:")
                lines += [f"        {part}" for part in parts]
                lines.append(f"        owner: {OPENED}{remark(asked.comment)}")
            else:
                lines.append(f"      {self.ids[value]}: {{{', '.join(parts)}}}")
        starts = self.starts()
        lines.append(f"    starts: {self.named(starts)}")
        if len(self.path) > 1:
            if self.is_known:
                lines.append(f"    path: {self.named(self.path)}{remark(self.says)}")
            else:
                asked = Question(f"{key}.path", "in which order are the stages passed", (self.named(self.path),),
                                 optional=True)  # fmt: skip
                self.questions.append(asked)
                lines.append(f"    path: {OPENED}{remark(asked.comment)}")
        lines.append(f"    moves:{remark(self.says_of_moves())}")
        lines += [f"      {self.ids[old]}: {self.named(new)}" for old, new in self.allowed(starts).items()]
        return Lifecycle(tuple(lines), tuple(self.path), tuple(self.questions))

    def named(self, found: Sequence[str]) -> str:
        return "[" + ", ".join(self.ids[value] for value in found) + "]"

    # --- who owns which ---

    def owners(self, key: str) -> dict[str, str]:
        """Give the owner of every stage that is not final, or what stands where it is asked."""
        open_ones = [value for value in self.order if not self.is_last[value]]
        if self.told.owner:
            return dict.fromkeys(open_ones, self.told.owner)
        begin = next((value for value in self.path if value == self.told.sales_from), None)
        if begin is not None:
            sales = {*self.path[self.path.index(begin) :]}
            return {value: "sales" if value in sales else "marketing" for value in open_ones}
        for value in open_ones:
            ask = Question(f"{key}.stages.{self.ids[value]}.owner", "who owns it", ("marketing", "sales"),
                           optional=True, is_told=bool(self.questions))  # fmt: skip
            self.questions.append(ask)
        return dict.fromkeys(open_ones, OPENED)

    # --- the moves ---

    def starts(self) -> list[str]:
        """Give the stages in which rows begin: those that a history shows, else the first."""
        left = {old for old, _ in self.moves}
        begun = {new for (old, new) in (self.told.flow.moves if self.told.flow else {}) if not old}
        come = {new for _, new in self.moves}
        found = [value for value in self.order if value in begun or (value in left and value not in come)]
        return found or self.path[:1] or self.order[:1]

    def says_of_moves(self) -> str:
        if self.moves:
            return "those that the history shows, and the usual way: take out what is not allowed"
        return "take out what is not allowed" if not self.is_known else "the usual way: add what is allowed too"

    def allowed(self, starts: Sequence[str]) -> dict[str, list[str]]:
        """Give the stages that may follow each that is not final: every stage can be reached, and left."""
        found: dict[str, list[str]] = {}
        ends = [value for value in self.order if self.is_last[value]]
        aside = [value for value in self.order if value not in self.path and not self.is_last[value]]
        for value in self.order:
            if self.is_last[value]:
                continue
            others = [one for one in self.order if one != value]
            if not self.is_known:
                found[value] = others
                continue
            may = {new for old, new in self.moves if old == value}
            if value in self.path:
                may |= {*self.path[self.path.index(value) + 1 :][:1], *aside}
                may |= {one for one in ends if values.level(one) in _LOST or not ends}
            else:
                may |= {*self.path[:2], *(one for one in ends if values.level(one) in _LOST)}
            found[value] = [one for one in others if one in may] or others
        reached = {*starts, *(one for new in found.values() for one in new)}
        for lost in (value for value in self.order if value not in reached):
            first = next(iter(found))
            found[first] = [one for one in self.order if one in {*found[first], lost} and one != first]
        return found


def _id(value: str, record: str) -> str:
    found = id_of(value)
    return f"{found}_stage" if found == record or found in criteria.words() | _YAML_WORDS else found


def _seen(listed: Sequence[str], told: Told) -> dict[tuple[str, str], int]:
    """Give how often one value was seen before another, from whatever shows it."""
    found: dict[tuple[str, str], int] = {}
    for pairs in (told.flow.moves if told.flow else {}, told.dated or {}):
        for (one, other), count in pairs.items():
            if one in listed and other in listed:
                found[one, other] = found.get((one, other), 0) + count
    return found


def _ordered(
    listed: Sequence[str], often: Mapping[str, int], seen: Mapping[tuple[str, str], int]
) -> tuple[list[str], str]:
    """Give the values in their order and what tells it, which is nothing where it is only that of their counts."""
    aside = [value for value in listed if values.level(value) in _LOST | _ASIDE]
    there = [value for value in listed if value not in aside]
    rank = {value: _RANKS.get(values.level(value)) for value in there}

    def usual(value: str) -> tuple[int, int, str]:
        known = rank.get(value)
        return (len(_ORDER) if known is None else known, -often.get(value, 0), value)

    def last(value: str) -> tuple[bool, str]:
        return (values.level(value) in _LOST, value)

    met = {value for pair in seen for value in pair}
    if seen and all(value in met for value in there):
        wins = {
            value: sum(
                (seen.get((value, other), 0) > seen.get((other, value), 0))
                - (seen.get((value, other), 0) < seen.get((other, value), 0))
                for other in there
            )
            for value in there
        }
        found = sorted(there, key=lambda value: (values.level(value) in _WON, -wins[value], usual(value)))
        return [*found, *sorted(aside, key=last)], "in this order, as the exports show it"
    found = sorted(there, key=lambda value: (values.level(value) in _WON, usual(value)))
    is_known = all(one is not None for one in rank.values()) and len({*rank.values()}) == len(rank)
    if len(there) < _LEAST:
        is_known = True
    return [*found, *sorted(aside, key=last)], "in the usual order of these words" if is_known else ""


def dates_by_stage(flow: Flow, listed: Sequence[str]) -> dict[tuple[str, str], int]:
    """Give the order of dated columns as that of the values whose stage they are of."""
    headers = sorted({header for pair in flow.dated for header in pair})
    stages = {header: _meant(stage, listed) for header, stage in flows.entered(headers).items()}
    return {
        (one, other): count
        for (first, second), count in flow.dated.items()
        if (one := stages.get(first)) is not None and (other := stages.get(second)) is not None
    }


def columns_by_stage(headers: Sequence[str], listed: Sequence[str]) -> dict[str, str]:
    """Give the header of the dated column of each value that has one."""
    found: dict[str, str] = {}
    for header, stage in flows.entered(headers).items():
        value = _meant(stage, listed)
        if value is not None:
            found.setdefault(value, header)
    return found


def _meant(stage: str, listed: Sequence[str]) -> str | None:
    wanted = values.level(stage).replace(" ", "")
    return next((value for value in listed if values.level(value).replace(" ", "") == wanted), None) or values.meant(
        stage, listed
    )
