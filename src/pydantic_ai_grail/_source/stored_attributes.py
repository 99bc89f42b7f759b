"""What code puts into objects, read off the syntax tree: keys into records, attributes onto instances.

A record that crossed into the sandbox is an ordinary dict, and code may add to it. A key is only certain to be missing
when nothing in the session can have put it there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from .bindings import bindings_of, joined, names_in
from .child_nodes import Visitor

ANY_ATTRIBUTE: Final = '*'
"""Among attributes: code may give objects attributes that do not show."""


@dataclass(frozen=True, kw_only=True)
class Stores:
    """What a piece of code stores in objects, at any depth."""

    keys: frozenset[str] = frozenset()
    """Added in place under a literal key: `record['age'] = ...`, `record.update(age=...)`, `record |= {'age': ...}`."""
    attributes: frozenset[str] = frozenset()
    """Assigned on something, named in `setattr`, or bound in the body of a class."""
    keyed: frozenset[str] = frozenset()
    """Variables that are written to under a key only known at run time; `''` stands for any other expression."""
    fresh: frozenset[str] = frozenset()
    """Variables that are bound to a dict made on the spot."""
    not_fresh: frozenset[str] = frozenset()
    """Variables that are bound to something else, also as loop variables and parameters."""
    grown: frozenset[tuple[str, str]] = frozenset()
    """Variables whose containers are given dicts written by code, each with a key; `''` is a key that does not show."""
    own: frozenset[str] = frozenset()
    """Variables that are bound to a container in which there are no records of tools yet."""
    not_own: frozenset[str] = frozenset()

    @cached_property
    def any_key(self) -> bool:
        """A record, or a dict among records, may have a key that only shows at run time."""
        return bool(self.keyed - (self.fresh - self.not_fresh)) or any(not key for key in self._foreign)

    @cached_property
    def added_keys(self) -> frozenset[str]:
        """Keys that a record, or a dict among records, may have without its type."""
        return self.keys | self._foreign

    @property
    def _foreign(self) -> frozenset[str]:
        """Keys of dicts that were put among records."""
        own = self.own - self.not_own
        return frozenset(key for name, key in self.grown if name not in own)

    def __or__(self, other: Stores) -> Stores:
        return Stores(
            keys=self.keys | other.keys,
            attributes=self.attributes | other.attributes,
            keyed=self.keyed | other.keyed,
            fresh=self.fresh | other.fresh,
            not_fresh=self.not_fresh | other.not_fresh,
            grown=self.grown | other.grown,
            own=self.own | other.own,
            not_own=self.not_own | other.not_own,
        )

    @classmethod
    def union(cls, parts: Iterable[Stores]) -> Stores:
        """What all of them store."""
        parts = tuple(parts)
        return cls(
            keys=joined(each.keys for each in parts),
            attributes=joined(each.attributes for each in parts),
            keyed=joined(each.keyed for each in parts),
            fresh=joined(each.fresh for each in parts),
            not_fresh=joined(each.not_fresh for each in parts),
            grown=joined(each.grown for each in parts),
            own=joined(each.own for each in parts),
            not_own=joined(each.not_own for each in parts),
        )


ANY_STORES: Final = Stores(keyed=frozenset({''}))
"""What code may store that cannot be read."""


def stores_of(tree: ast.AST) -> Stores:
    """What the tree stores in objects."""
    reader = _Reader()
    reader.visit(tree)
    return Stores(
        keys=frozenset(reader.keys),
        attributes=frozenset(reader.attributes),
        keyed=frozenset(reader.keyed),
        fresh=frozenset(reader.fresh),
        not_fresh=frozenset(reader.not_fresh),
        grown=frozenset(reader.grown),
        own=frozenset(reader.own),
        not_own=frozenset(reader.not_own),
    )


_DICT_MAKERS = frozenset({'dict', 'defaultdict', 'Counter', 'OrderedDict'})


class _Reader(Visitor):
    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.attributes: set[str] = set()
        self.keyed: set[str] = set()
        self.fresh: set[str] = set()
        self.not_fresh: set[str] = set()
        self.grown: set[tuple[str, str]] = set()
        self.own: set[str] = set()
        self.not_own: set[str] = set()
        self._locals: list[frozenset[str]] = []

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        stored = {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
        self._locals.append(frozenset(stored))
        self.generic_visit(node)
        self._locals.pop()

    visit_FunctionDef = visit_AsyncFunctionDef = _visit_function

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.ctx, ast.Store):
            self._store(node.value, node.slice)
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Store) or node.attr == '__dict__':
            self.attributes.add(node.attr if isinstance(node.ctx, ast.Store) else ANY_ATTRIBUTE)
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for statement in node.body:
            self.attributes.update(bindings_of(statement).names)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        match node.func, node.args:
            case ast.Attribute(value=record, attr='update'), _:
                self.keys.update(word.arg for word in node.keywords if word.arg)
                for argument in (*node.args, *(word.value for word in node.keywords if word.arg is None)):
                    self._merge(record, argument)
            case ast.Attribute(value=record, attr='setdefault' | '__setitem__'), [key, *values]:
                self._store(record, key)
                self._grow(record, *values)
            case ast.Attribute(value=container, attr='append' | 'insert' | 'extend' | 'add'), [*values]:
                self._grow(container, *values)
            case ast.Name(id='setattr'), [_, ast.Constant(value=str(name)), *_]:
                self.attributes.add(name)
            case ast.Name(id='setattr' | 'vars' | 'namedtuple') | ast.Attribute(attr='namedtuple'), _:
                self.attributes.add(ANY_ATTRIBUTE)
            case _:
                pass
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.op, ast.BitOr):
            self._merge(node.target, node.value)
        elif isinstance(node.op, ast.Add):
            self._grow(node.target, node.value)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.BitOr) and isinstance(node.right, ast.Dict):
            self._merge(node.left, node.right)
        self.generic_visit(node)

    def _store(self, record: ast.expr, key: ast.expr) -> None:
        if not isinstance(key, ast.Constant):
            self.keyed.add(record.id if isinstance(record, ast.Name) else '')
        elif isinstance(key.value, str):
            self.keys.add(key.value)

    def _merge(self, record: ast.expr, addition: ast.expr) -> None:
        for key in addition.keys if isinstance(addition, ast.Dict) else [None]:
            self._store(record, key or addition)

    def _grow(self, container: ast.expr, *values: ast.expr) -> None:
        name = _root(container)
        if self._locals and name not in self._locals[-1]:
            name = ''  # a function changes what is outside: the checker does not see it there
        for value in values:
            if isinstance(value, (ast.Constant, ast.JoinedStr, ast.Compare)):
                continue  # no dict
            for item in value.elts if isinstance(value, (ast.List, ast.Tuple, ast.Set)) else [value]:
                keys = item.keys if isinstance(item, ast.Dict) else [None]
                self.grown.update(
                    (name, key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else '')
                    for key in keys
                )

    # where variables come from

    def _bind(self, names: Iterable[str], value: ast.expr | None) -> None:
        names = tuple(names)
        (self.fresh if value is not None and _is_fresh_dict(value) else self.not_fresh).update(names)
        (self.own if value is not None and _is_own(value) else self.not_own).update(names)

    def visit_Assign(self, node: ast.Assign | ast.AnnAssign) -> None:
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name):
                self._bind([target.id], node.value)
            elif isinstance(target, (ast.Tuple, ast.List)):
                self._bind(names_in(target), None)
            elif isinstance(target, ast.Subscript) and node.value is not None:
                self._grow(target.value, node.value)
        self.generic_visit(node)

    visit_AnnAssign = visit_Assign

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._bind([node.target.id], node.value)
        self.generic_visit(node)

    def _visit_loop(self, node: ast.For | ast.AsyncFor | ast.comprehension) -> None:
        self._bind(names_in(node.target), None)
        self.generic_visit(node)

    visit_For = visit_AsyncFor = visit_comprehension = _visit_loop

    def visit_arg(self, node: ast.arg) -> None:
        self._bind([node.arg], None)

    def visit_withitem(self, node: ast.withitem) -> None:
        if node.optional_vars is not None:
            self._bind(names_in(node.optional_vars), None)
        self.generic_visit(node)


def _root(container: ast.expr) -> str:
    """The variable through which a container is reached: `days` of `days.setdefault(day, [])`; `''` if it is none."""
    match container:
        case ast.Name(id=name):
            return name
        case ast.Subscript(value=inner) | ast.Call(func=ast.Attribute(value=inner, attr='setdefault' | 'get')):
            return _root(inner)
        case _:
            return ''


def _is_fresh_dict(value: ast.expr) -> bool:
    match value:
        case ast.Dict() | ast.DictComp():
            return True
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name in _DICT_MAKERS
        case _:
            return False


def _is_own(value: ast.expr) -> bool:
    """Whether a container is made here and holds at most what is written out."""
    match value:
        case ast.List(elts=items) | ast.Set(elts=items) | ast.Tuple(elts=items):
            return all(isinstance(item, (ast.Constant, ast.Dict)) for item in items)
        case ast.Dict(values=items):
            return all(isinstance(item, (ast.Constant, ast.Dict, ast.List)) for item in items)
        case ast.Call(func=ast.Name(id='list' | 'set' | 'dict' | 'Counter'), args=[]):
            return True
        case ast.Call(func=ast.Name(id='defaultdict') | ast.Attribute(attr='defaultdict')):
            return True
        case _:
            return False
