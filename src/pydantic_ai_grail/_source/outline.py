"""What a cell's syntax tree says of its names: which scope binds each, and which are free.

One walk, shared by every rewrite and every rule. It knows scopes as Python has them (comprehensions, classes that
functions do not see, `global`), and keeps annotations apart, which neither binds nor runs anything in the sandbox.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final, Literal, TypeVar, cast

from .child_nodes import children_of
from .edits import SourceText

ScopeKind = Literal['module', 'function', 'coroutine', 'lambda', 'comprehension', 'class']
Node = TypeVar('Node', bound=ast.AST)

COMPREHENSIONS: Final = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(slots=True, eq=False)
class Scope:
    """A namespace of the cell."""

    kind: ScopeKind
    node: ast.AST
    parent: Scope | None = None
    bound: set[str] = field(default_factory=set[str])
    """Names bound here by anything but an import."""
    imported: dict[str, str] = field(default_factory=dict[str, str])
    """Names bound here by an import, with the dotted name of what they stand for."""
    outer: set[str] = field(default_factory=set[str])
    """Names declared `global` here."""

    def binds(self, name: str) -> bool:
        return name in self.bound or name in self.imported


class Outline:
    """A cell's tree, read once. Lists of nodes are in the order of the source."""

    def __init__(
        self,
        tree: ast.Module,
        source: str,
        *,
        session: frozenset[str] = frozenset(),
        imported: Mapping[str, str] | None = None,
        others: frozenset[str] = frozenset(),
    ) -> None:
        self.tree: Final = tree
        self.text: Final = SourceText(source)
        self.session = session
        """Names that live in the session, bound by earlier cells."""
        self._imported = imported or {}
        """Those of them that an import bound, with the dotted names of what they stand for."""
        self._others = others
        """Those that stand for something else."""
        self.parents: Final[dict[ast.AST, ast.AST]] = {}
        self.module: Final = Scope('module', tree)
        self.loads: Final[dict[str, list[ast.Name]]] = {}
        """Names that are read, annotations apart."""
        self.annotations: Final[list[ast.Name]] = []
        """Names in annotations."""
        self._scopes: Final[dict[ast.AST, Scope]] = {tree: self.module}
        self._nodes: Final[dict[type[ast.AST], list[ast.AST]]] = {}
        self._in_annotation = False
        self._special: Final[dict[type[ast.AST], Callable[[Any, Scope], None]]] = {
            ast.FunctionDef: self._function,
            ast.AsyncFunctionDef: self._function,
            ast.Lambda: self._lambda,
            ast.ClassDef: self._class,
            ast.ListComp: self._comprehension,
            ast.SetComp: self._comprehension,
            ast.DictComp: self._comprehension,
            ast.GeneratorExp: self._comprehension,
            ast.NamedExpr: self._walrus,
            ast.AnnAssign: self._annotated,
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
            ast.Global: self._global,
            ast.ExceptHandler: self._handler,
            ast.MatchAs: self._pattern,
            ast.MatchStar: self._pattern,
            ast.MatchMapping: self._mapping_pattern,
        }
        for statement in tree.body:
            self._visit(statement, tree, self.module)

    def in_session(self, session: frozenset[str]) -> Outline:
        """The same cell where other names live."""
        other = copy(self)
        other.session = session
        return other

    def nodes(self, *kinds: type[Node]) -> Sequence[Node]:
        """All nodes of these exact types."""
        found = [self._nodes[kind] for kind in kinds if kind in self._nodes]
        one = found[0] if len(found) == 1 else [*chain.from_iterable(found)]
        return cast('list[Node]', one)  # they are kept by their types

    def has(self, *kinds: type[ast.AST]) -> bool:
        return not self._nodes.keys().isdisjoint(kinds)

    def scope_of(self, node: ast.AST) -> Scope:
        """The innermost scope that evaluates a node."""
        while node not in self._scopes:
            node = self.parents[node]
        return self._scopes[node]

    def binding(self, name: ast.Name) -> Scope | None:
        """The cell's scope that binds a name, or `None` when the cell does not."""
        start = scope = self.scope_of(name)
        while True:
            if name.id in scope.outer:
                scope = self.module
            if scope.binds(name.id) and (scope.kind != 'class' or scope is start):
                return scope
            if scope.parent is None:
                return None
            scope = scope.parent

    def is_free(self, name: ast.Name) -> bool:
        """Bound neither by the cell nor by an earlier one: a builtin, a tool or nothing."""
        return name.id not in self.session and self.binding(name) is None

    def is_builtin(self, node: ast.expr, *names: str) -> bool:
        """Whether an expression is one of these builtins, unshadowed."""
        return isinstance(node, ast.Name) and node.id in names and self.is_free(node)

    def dotted(self, node: ast.expr) -> str | None:
        """What a name or an attribute chain stands for, through imports: `np.sqrt` under `import math as np` is
        `math.sqrt`. A root that nothing binds stands for itself; one that is bound otherwise for nothing."""
        if isinstance(node, ast.Attribute):
            root = self.dotted(node.value)
            return None if root is None else f'{root}.{node.attr}'
        if not isinstance(node, ast.Name):
            return None
        at_top = self.module if self.module.binds(node.id) else None
        scope = self.binding(node) if node in self.parents else at_top  # or of a function of an earlier cell
        if scope is None:
            return None if node.id in self._others else self._imported.get(node.id, node.id)
        return scope.imported.get(node.id) if node.id not in scope.bound else None

    def root(self, node: ast.expr) -> ast.Name | None:
        """The name an attribute chain starts with."""
        while isinstance(node, ast.Attribute):
            node = node.value
        return node if isinstance(node, ast.Name) else None

    def statement_of(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that holds a node."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        while node in self.parents:
            node = self.parents[node]
            yield node

    # The walk. Recursive and by type, since it is the one part that every cell pays for.

    def _visit(self, node: ast.AST, parent: ast.AST, scope: Scope) -> None:
        self.parents[node] = parent
        kind = type(node)
        found = self._nodes.get(kind)
        if found is None:
            self._nodes[kind] = [node]
        else:
            found.append(node)
        if kind is ast.Name:
            self._name(node, scope)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # by its type
            return
        if (special := self._special.get(kind)) is not None:
            special(node, scope)
            return
        for name in children_of(kind):
            child = getattr(node, name, None)
            if isinstance(child, list):
                for item in child:  # pyright: ignore[reportUnknownVariableType]  # `ast` does not type its fields
                    if isinstance(item, ast.AST):
                        self._visit(item, node, scope)
            elif isinstance(child, ast.AST):
                self._visit(child, node, scope)

    def _all(self, nodes: Iterable[ast.AST | None], parent: ast.AST, scope: Scope) -> None:
        for node in nodes:
            if node is not None:
                self._visit(node, parent, scope)

    def _name(self, node: ast.Name, scope: Scope) -> None:
        self._scopes[node] = scope
        if not isinstance(node.ctx, ast.Load):
            self._bind(node.id, scope)
        elif self._in_annotation:
            self.annotations.append(node)
        else:
            self.loads.setdefault(node.id, []).append(node)

    def _bind(self, name: str, scope: Scope) -> None:
        (self.module if name in scope.outer else scope).bound.add(name)

    def _annotation(self, node: ast.expr | None, parent: ast.AST, scope: Scope) -> None:
        if node is not None:
            before, self._in_annotation = self._in_annotation, True
            self._visit(node, parent, scope)
            self._in_annotation = before

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
        self._bind(node.name, scope)
        self._all(node.decorator_list, node, scope)
        inner = self._parameters(node, scope, 'coroutine' if isinstance(node, ast.AsyncFunctionDef) else 'function')
        self._annotation(node.returns, node, scope)
        self._all(node.body, node, inner)

    def _lambda(self, node: ast.Lambda, scope: Scope) -> None:
        inner = self._parameters(node, scope, 'lambda')
        self._visit(node.body, node, inner)

    def _parameters(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: Scope, kind: ScopeKind
    ) -> Scope:
        """The scope inside, with its parameters bound; defaults are evaluated outside."""
        arguments = node.args
        self.parents[arguments] = node
        inner = Scope(kind, node, scope)
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        for argument in (*named, arguments.vararg, arguments.kwarg):
            if argument is not None:
                self.parents[argument] = arguments
                inner.bound.add(argument.arg)
                self._annotation(argument.annotation, argument, scope)
        self._all(arguments.defaults, arguments, scope)
        self._all(arguments.kw_defaults, arguments, scope)
        for statement in node.body if isinstance(node.body, list) else [node.body]:
            self._scopes[statement] = inner
        return inner

    def _class(self, node: ast.ClassDef, scope: Scope) -> None:
        self._bind(node.name, scope)
        self._all(node.decorator_list, node, scope)
        self._all(node.bases, node, scope)
        self._all(node.keywords, node, scope)
        inner = Scope('class', node, scope)
        for statement in node.body:
            self._scopes[statement] = inner
        self._all(node.body, node, inner)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, scope: Scope) -> None:
        inner = Scope('comprehension', node, scope)
        for index, clause in enumerate(node.generators):
            self.parents[clause] = node
            self._nodes.setdefault(ast.comprehension, []).append(clause)
            self._visit(clause.iter, clause, inner if index else scope)
            self._scopes.setdefault(clause.iter, inner if index else scope)
            self._visit(clause.target, clause, inner)
            for test in clause.ifs:
                self._scopes[test] = inner
                self._visit(test, clause, inner)
        for result in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self._scopes[result] = inner
            self._visit(result, node, inner)

    def _walrus(self, node: ast.NamedExpr, scope: Scope) -> None:
        self._visit(node.value, node, scope)
        target = scope
        while target.kind == 'comprehension' and target.parent is not None:
            target = target.parent
        self._visit(node.target, node, target)

    def _annotated(self, node: ast.AnnAssign, scope: Scope) -> None:
        self._visit(node.target, node, scope)
        self._annotation(node.annotation, node, scope)
        if node.value is not None:
            self._visit(node.value, node, scope)

    def _import(self, node: ast.Import, scope: Scope) -> None:
        for alias in node.names:
            local = alias.asname or alias.name.partition('.')[0]
            self._bind_import(local, alias.name if alias.asname else local, scope)

    def _import_from(self, node: ast.ImportFrom, scope: Scope) -> None:
        for alias in node.names:
            self._bind_import(alias.asname or alias.name, f'{node.module or "."}.{alias.name}', scope)

    def _bind_import(self, name: str, dotted: str, scope: Scope) -> None:
        target = self.module if name in scope.outer else scope
        if target.imported.setdefault(name, dotted) != dotted:
            target.bound.add(name)  # two imports of one name: it stands for either

    def _global(self, node: ast.Global, scope: Scope) -> None:
        scope.outer.update(node.names)

    def _handler(self, node: ast.ExceptHandler, scope: Scope) -> None:
        if node.name:
            self._bind(node.name, scope)
        self._all((node.type, *node.body), node, scope)

    def _pattern(self, node: ast.MatchAs | ast.MatchStar, scope: Scope) -> None:
        if node.name:
            self._bind(node.name, scope)
        if isinstance(node, ast.MatchAs) and node.pattern is not None:
            self._visit(node.pattern, node, scope)

    def _mapping_pattern(self, node: ast.MatchMapping, scope: Scope) -> None:
        if node.rest:
            self._bind(node.rest, scope)
        self._all((*node.keys, *node.patterns), node, scope)
