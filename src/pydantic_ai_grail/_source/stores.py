"""What code puts into objects, read off the syntax tree: keys into records, attributes onto instances.

A record that crossed into the sandbox is an ordinary dict, and code may add to it. A key is only certain to be missing
when nothing in the session can have put it there.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from .bindings import bindings_of, names_in


@dataclass(frozen=True, slots=True, kw_only=True)
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

    @property
    def any_key(self) -> bool:
        """A record may have been given a key that only shows at run time."""
        return bool(self.keyed - (self.fresh - self.not_fresh))

    def __or__(self, other: Stores) -> Stores:
        return Stores(
            keys=self.keys | other.keys,
            attributes=self.attributes | other.attributes,
            keyed=self.keyed | other.keyed,
            fresh=self.fresh | other.fresh,
            not_fresh=self.not_fresh | other.not_fresh,
        )


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
    )


_DICT_MAKERS = frozenset({'dict', 'defaultdict', 'Counter', 'OrderedDict'})


class _Reader(ast.NodeVisitor):
    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.attributes: set[str] = set()
        self.keyed: set[str] = set()
        self.fresh: set[str] = set()
        self.not_fresh: set[str] = set()

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.ctx, ast.Store):
            self._store(node.value, node.slice)
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Store):
            self.attributes.add(node.attr)
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
            case ast.Attribute(value=record, attr='setdefault' | '__setitem__'), [key, *_]:
                self._store(record, key)
            case ast.Name(id='setattr'), [_, ast.Constant(value=str(name)), *_]:
                self.attributes.add(name)
            case _:
                pass
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.op, ast.BitOr):
            self._merge(node.target, node.value)
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

    # where variables come from

    def visit_Assign(self, node: ast.Assign | ast.AnnAssign) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        kind = self.fresh if node.value is not None and _is_fresh_dict(node.value) else self.not_fresh
        for target in targets:
            kind.update(names_in(target) if isinstance(target, (ast.Name, ast.Tuple, ast.List, ast.Starred)) else ())
        self.generic_visit(node)

    visit_AnnAssign = visit_Assign

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        (self.fresh if _is_fresh_dict(node.value) else self.not_fresh).add(node.target.id)
        self.generic_visit(node)

    def _visit_loop(self, node: ast.For | ast.AsyncFor | ast.comprehension) -> None:
        self.not_fresh.update(names_in(node.target))
        self.generic_visit(node)

    visit_For = visit_AsyncFor = visit_comprehension = _visit_loop

    def visit_arg(self, node: ast.arg) -> None:
        self.not_fresh.add(node.arg)

    def visit_withitem(self, node: ast.withitem) -> None:
        self.not_fresh.update(names_in(node.optional_vars) if node.optional_vars else ())
        self.generic_visit(node)


def _is_fresh_dict(value: ast.expr) -> bool:
    match value:
        case ast.Dict() | ast.DictComp():
            return True
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name in _DICT_MAKERS
        case _:
            return False
