"""Breaks the modules that decide trust, one small thing at a time, and says which breaks no test sees.

    python tools/mutants.py [MODULE ...] [--list] [--quick | --loaded] [--every N] [--seconds N]

Each break is made in memory, in a process of its own that ends with it: no file is changed. A break inside a function
is tried by the tests that call that function, the quickest first; one that takes effect while a module is loaded by
all of them. Docstrings, messages and the texts of rules are left alone.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import abc, machinery, util
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, Self

import pytest

HERE = Path(__file__).resolve().parent.parent
ROOM = HERE / "slacli" / "core" / "trust"
MODULES = (
    "sshsig",
    "webauthn",
    "chain",
    "stand_ins",
    "standing",
    "statements",
    "gate",
    "canonical",
    "register",
    "witness",
    "mail",
)
OF_SIGNATURES = ("sshsig", "sshsig_edges", "webauthn")
OF_CHAINS = (
    "gate",
    "mail",
    "register",
    "replay_chain",
    "rosters",
    "stand_ins",
    "standing",
    "trust",
    "trust_edges",
    "trust_statements",
    "vectors",
    "webauthn",
)
"""The tests that try breaks in `sshsig.py`, and those that try breaks in the other modules."""

LONGEST = 0.3
"""Seconds of a test that is tried on a break in a function; a break that only longer ones see is called unseen."""

_SHARED = {"stock", "rsa_key"}  # what is made once for many tests, and takes long

_COMPARED: Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_REPLACED: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.Pow: ast.Mult,
}
_TWINS = {"any": "all", "all": "any", "min": "max", "max": "min"}


Way = tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One break: where it is, what it does, and the function that it is in, if it is in one."""

    module: str
    line: int
    what: str
    function: str
    whole: ast.Module
    path: Way
    new: ast.AST

    @property
    def name(self) -> str:
        return f"{self.module}.py:{self.line} {self.function or 'module'}: {self.what}"

    @property
    def code(self) -> CodeType:
        """The broken module, compiled."""
        tree = copy.deepcopy(self.whole)
        _put(tree, self.path, self.new)
        return compile(ast.fix_missing_locations(tree), str(ROOM / f"{self.module}.py"), "exec")


# --- making them ---------------------------------------------------------------------------------


def mutants(module: str) -> Iterator[Mutant]:
    """Give every break of a module, in the order of its lines."""
    source = (ROOM / f"{module}.py").read_text(encoding="utf-8")
    whole = ast.parse(source)
    for path, node, function in _walk(whole):
        for what, new in _breaks(node):
            shown = f"{' '.join(ast.unparse(node).split())[:90]} -> {what}"
            yield Mutant(module, getattr(node, "lineno", 0), shown, function, whole, path, new)


def _walk(tree: ast.Module) -> Iterator[tuple[Way, ast.AST, str]]:
    """Give the nodes that may be broken, the way to each of them, and the function around it."""
    pending: list[tuple[Way, ast.AST, str, str]] = [((), tree, "", "")]
    while pending:
        path, node, function, room = pending.pop()
        yield path, node, function
        inner: list[tuple[Way, ast.AST, str, str]] = []
        for name, value in ast.iter_fields(node):
            if name in {"decorator_list", "annotation", "returns", "type_params", "bases"}:
                continue
            for number, one in enumerate(value if isinstance(value, list) else [value]):
                if not isinstance(one, ast.AST) or _is_told(one):
                    continue
                within, of = function, room
                if isinstance(one, ast.ClassDef):
                    of = f"{room}{one.name}."
                elif isinstance(one, ast.FunctionDef) and not function:
                    within = f"{room}{one.name}"
                inner.append(((*path, (name, number if isinstance(value, list) else None)), one, within, of))
        pending += reversed(inner)


def _is_told(node: ast.AST) -> bool:
    """Say whether a node only says something to people: a message, a docstring, the page of a rule, a type."""
    if isinstance(node, ast.JoinedStr | ast.ImportFrom | ast.Import):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and (" " in node.value or not node.value):
        return True
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id in {"RULES", "__all__"} or _calls(node.value) == "reported"
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return False
    return isinstance(node, ast.keyword) and node.arg in {"help", "subject", "errors"}


def _calls(node: ast.AST | None) -> str:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


def _put(tree: ast.AST, path: Way, new: ast.AST) -> None:
    node: Any = tree
    for name, number in path[:-1]:
        node = getattr(node, name) if number is None else getattr(node, name)[number]
    name, number = path[-1]
    if number is None:
        setattr(node, name, new)
    else:
        getattr(node, name)[number] = new


def _breaks(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Compare():
            for number, op in enumerate(node.ops):
                for other in _COMPARED[type(op)]:
                    new = copy.deepcopy(node)
                    new.ops[number] = other()
                    yield ast.unparse(new)[:90], new
        case ast.BoolOp():
            new = copy.deepcopy(node)
            new.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield ("or" if isinstance(node.op, ast.And) else "and"), new
            for number in range(len(node.values)):
                fewer = copy.deepcopy(node)
                del fewer.values[number]
                yield f"without {ast.unparse(node.values[number])[:60]}", fewer
        case ast.UnaryOp(op=ast.Not()):
            yield "without not", copy.deepcopy(node.operand)
        case ast.BinOp() if type(node.op) in _REPLACED:
            new = copy.deepcopy(node)
            new.op = _REPLACED[type(node.op)]()
            yield ast.unparse(new)[:90], new
        case ast.Constant(value=bool()):
            yield str(not node.value), ast.Constant(not node.value)
        case ast.Constant(value=int()):
            for other in (node.value + 1, node.value - 1):
                yield str(other), ast.Constant(other)
        case ast.Constant(value=str()):
            yield "another text", ast.Constant(f"{node.value}x")
        case ast.Constant(value=bytes()):
            yield "other bytes", ast.Constant(node.value + b"x")
        case ast.If() | ast.IfExp() | ast.While():
            for value in (True, False):
                if value and isinstance(node, ast.While):
                    continue
                new = copy.deepcopy(node)
                new.test = ast.Constant(value)
                yield f"always {value}", new
        case ast.comprehension() if node.ifs:
            new = copy.deepcopy(node)
            new.ifs = []
            yield "no condition", new
        case ast.Return(value=value) if value is not None and not (
            isinstance(value, ast.Constant) and value.value is None
        ):
            yield "return None", ast.Return(ast.Constant(None))
        case ast.Raise() | ast.Continue() | ast.Break() | ast.AugAssign():
            yield "pass", ast.Pass()
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()):
            if isinstance(node.value, ast.Call):
                yield "pass", ast.Pass()
            else:
                # Still a generator, that gives nothing here.
                yield "nothing", ast.Expr(ast.YieldFrom(ast.Tuple([], ast.Load())))
        case ast.Call(func=ast.Name(id=name)) if name in _TWINS:
            new = copy.deepcopy(node)
            new.func = ast.Name(_TWINS[name], ast.Load())
            yield _TWINS[name], new
        case ast.Call(func=ast.Name(id="sorted" | "set" | "tuple"), args=[inner, *_]):
            yield "its argument", ast.Call(ast.Name("list", ast.Load()), [copy.deepcopy(inner)], [])
        case ast.Slice():
            for part in ("lower", "upper"):
                if getattr(node, part) is not None:
                    new = copy.deepcopy(node)
                    setattr(new, part, None)
                    yield ast.unparse(new), new
        case _:
            return


# --- trying them ---------------------------------------------------------------------------------


class _Broken(abc.MetaPathFinder, abc.Loader):
    """Loads one module of trust with a break in it."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> machinery.ModuleSpec | None:  # noqa: ARG002
        if name != f"slacli.core.trust.{self._mutant.module}":
            return None
        return util.spec_from_loader(name, self, origin=str(ROOM / f"{self._mutant.module}.py"))

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = str(ROOM / f"{self._mutant.module}.py")
        exec(self._mutant.code, module.__dict__)  # noqa: S102


class _Trial:
    """Runs each break in a child of a test session that has collected everything already."""

    def __init__(self, broken: Sequence[Mutant], seconds: float, told: Callable[[Mutant, str], None]) -> None:
        self.broken = broken
        self.seconds = seconds
        self.told = told
        self.loaded: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        called: dict[str, set[str]] = {}
        took: dict[str, float] = {}
        for item, after in _followed(session.items):
            began = time.process_time()
            with _Watched() as watched:
                if _fails(item, after):
                    raise pytest.UsageError(f"{item.nodeid} fails already")
            took[item.nodeid] = time.process_time() - began
            called[item.nodeid] = watched.names
        quick = [item for item in session.items if took[item.nodeid] <= LONGEST and not _SHARED & {*item.fixturenames}]
        ordered = sorted(quick, key=lambda item: took[item.nodeid])
        for mutant in self.broken:
            # A function that no test calls is one that no test sees broken.
            name = f"{mutant.module}:{mutant.function}"
            items = [item for item in ordered if name in called[item.nodeid]]
            self.told(mutant, _in_child(lambda m=mutant, i=items: _tried(m, i), self.seconds))
        return True


def _tried(mutant: Mutant, items: Sequence[pytest.Item]) -> bool:
    """Say whether a test sees a break inside a function."""
    module = sys.modules[f"slacli.core.trust.{mutant.module}"]
    _function(module, mutant.function).__code__ = _code(mutant.code, mutant.function.split("."))
    return any(_fails(item, after) for item, after in _followed(items))


def _followed(items: Sequence[pytest.Item]) -> Iterator[tuple[pytest.Item, pytest.Item | None]]:
    return zip(items, [*items[1:], None], strict=False)


def _code(code: CodeType, way: Sequence[str]) -> CodeType:
    for name in way:
        code = next(one for one in code.co_consts if isinstance(one, CodeType) and one.co_name == name)
    return code


def _function(module: ModuleType, way: str) -> FunctionType:
    found: Any = module
    for name in way.split("."):
        found = found.__dict__[name]
    found = found.fget if isinstance(found, property) else getattr(found, "__wrapped__", found)
    assert isinstance(found, FunctionType), way
    return found


def _fails(item: pytest.Item, after: pytest.Item | None) -> bool:
    from _pytest.runner import runtestprotocol

    return any(report.failed for report in runtestprotocol(item, log=False, nextitem=after))


class _Watched:
    """Notes which functions of trust are called."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __enter__(self) -> Self:
        sys.setprofile(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _note(self, frame: Any, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(str(ROOM)):
            outermost = frame.f_code.co_qualname.split(".<locals>")[0]
            self.names.add(f"{Path(frame.f_code.co_filename).stem}:{outermost}")


def _in_child(try_: Callable[[], bool], seconds: float) -> str:
    """Give `killed`, `survived`, or `killed by time`, from a process of its own."""
    child = os.fork()
    if child == 0:
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (1, 2):
            os.dup2(nothing, number)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(int(seconds))
        seen = True
        try:
            seen = try_()
        except BaseException:  # noqa: BLE001 - a break that breaks the runner is seen too
            seen = True
        finally:
            os._exit(1 if seen else 0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "killed by time" if os.WTERMSIG(status) == signal.SIGALRM else "killed"
    return "killed" if os.waitstatus_to_exitcode(status) else "survived"


def _tests(mutant: Mutant) -> tuple[str, ...]:
    return OF_SIGNATURES if mutant.module in {"sshsig", "webauthn"} else OF_CHAINS


def _arguments(tests: Sequence[str]) -> list[str]:
    files = [str(HERE / "tests" / f"test_{name}.py") for name in tests]
    return ["-q", "-x", "-n0", "-p", "no:cacheprovider", "-W", "ignore", *files]


def _whole(mutant: Mutant, tests: Sequence[str]) -> bool:
    """Say whether a test sees a break that takes effect while its module is loaded."""
    sys.meta_path.insert(0, _Broken(mutant))
    return pytest.main(_arguments(tests)) != pytest.ExitCode.OK


def _called_at_import() -> set[str]:
    """Give the functions of trust that run while it is loaded: what they make is made once. Run in a child only."""
    import importlib

    with _Watched() as watched:
        for module in MODULES:
            importlib.import_module(f"slacli.core.trust.{module}")
    return watched.names


def _told_by_child(ask: Callable[[], set[str]]) -> set[str]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.write(writing, "\n".join(sorted(ask())).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        names = set(said.read().split("\n"))
    os.waitpid(child, 0)
    return names


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE")
    parser.add_argument("--list", action="store_true", help="only say what would be broken")
    parser.add_argument("--seconds", type=float, default=60, help="how long the tests of one break may take")
    parts = parser.add_mutually_exclusive_group()
    parts.add_argument("--quick", action="store_true", help="leave out what takes effect while a module is loaded")
    parts.add_argument("--loaded", action="store_true", help="try what takes effect while a module is loaded alone")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="try each Nth break of a module alone")
    asked = parser.parse_args()
    sys.path[:0] = [str(HERE), str(HERE / "tests")]
    every = [mutant for module in (asked.modules or MODULES) for mutant in [*mutants(module)][:: asked.every]]
    if asked.list:
        sys.stdout.write("".join(f"{mutant.name}\n" for mutant in every))
        return 0
    at_import = _told_by_child(_called_at_import)
    within = [one.function and f"{one.module}:{one.function}" not in at_import for one in every]
    inner = [one for one, is_within in zip(every, within, strict=True) if is_within and not asked.loaded]
    outer = [one for one, is_within in zip(every, within, strict=True) if not is_within and not asked.quick]
    tried = Counter(one.module for one in [*inner, *outer])
    counts: dict[str, dict[str, int]] = {}

    def told(mutant: Mutant, what: str) -> None:
        of = counts.setdefault(mutant.module, {})
        of[what] = of.get(what, 0) + 1
        if what == "survived":
            sys.stderr.write(f"{mutant.name}\n")
            sys.stderr.flush()
        # Told at once, since a long run may be stopped.
        if sum(of.values()) == tried[mutant.module]:
            results = ", ".join(f"{n} {w}" for w, n in sorted(of.items()))
            sys.stdout.write(f"{mutant.module}: {tried[mutant.module]} breaks, {results}\n")
            sys.stdout.flush()

    # The loaded ones first: here no module of trust is loaded yet, and a child begins from here.
    for mutant in outer:
        told(mutant, _in_child(lambda m=mutant: _whole(m, _tests(m)), asked.seconds))
    for group in (OF_SIGNATURES, OF_CHAINS):
        if chosen := [one for one in inner if _tests(one) == group]:
            pytest.main([*_arguments(group), "-s"], plugins=[_Trial(chosen, asked.seconds, told)])
    return 1 if any("survived" in of for of in counts.values()) else 0


if __name__ == "__main__":
    raise SystemExit(main())
