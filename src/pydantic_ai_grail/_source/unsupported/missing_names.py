"""Modules, attributes and builtins that CPython has and Monty has not."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from ..._monty.support import Support
from ...events.diagnostics import Diagnostic
from ..outline import Outline
from .alternatives import instead_of, instead_of_builtin, instead_of_text_buffer, is_known_package
from .finding import finding

_CATCH_IMPORT: Final = frozenset({'ImportError', 'ModuleNotFoundError', 'Exception', 'BaseException'})
_CATCH_ATTRIBUTE: Final = frozenset({'AttributeError', 'Exception', 'BaseException'})
_CATCH_NAME: Final = frozenset({'NameError', 'Exception', 'BaseException'})


def names(outline: Outline, support: Support) -> Iterator[Diagnostic]:
    """All uses of what is not there. What an `except` around it would catch is left to run."""
    for statement in outline.nodes(ast.Import, ast.ImportFrom):
        if not is_guarded(outline, statement, _CATCH_IMPORT) and not _is_for_checkers(outline, statement):
            yield from _import(outline, support, statement)
    for attribute in outline.nodes(ast.Attribute):
        if (found := _attribute(outline, support, attribute)) is not None:
            yield found
    for name, uses in outline.loads.items():
        if name in support.lacking_builtins or name in support.lacking_modules:
            free = [use for use in uses if outline.is_free(use) and not is_guarded(outline, use, _CATCH_NAME)]
            yield from _builtin(outline, free) if name in support.lacking_builtins else _module(outline, free)


def _import(outline: Outline, support: Support, statement: ast.Import | ast.ImportFrom) -> Iterator[Diagnostic]:
    text = outline.text
    inherits = not support.has('inheritance')
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            if inherits and _is_only_a_base(outline, alias.asname or alias.name.partition('.')[0]):
                continue
            if _lacks_module(outline, support, alias.name):
                used = _used_attributes(outline, alias.asname or alias.name, alias.name)
                fix = _instead_of(outline, alias.name, used)
                yield finding(text, alias, 'unsupported-import', _no_module(alias.name), fix)
        return
    module = statement.module or ''
    if statement.level:
        return
    if _lacks_module(outline, support, module):
        wanted = [
            alias.name
            for alias in statement.names
            if not (inherits and _is_only_a_base(outline, alias.asname or alias.name))
        ]
        if not wanted:
            return
        yield finding(text, statement, 'unsupported-import', _no_module(module), _instead_of(outline, module, wanted))
        return
    lacking = support.lacking_attributes.get(module, frozenset()) if module in support.modules else frozenset[str]()
    for alias in statement.names:
        if alias.name not in lacking or f'{module}.{alias.name}' in support.modules:
            continue
        if not (inherits and _is_only_a_base(outline, alias.asname or alias.name)):
            message = f'`{alias.name}` of module {module} is not available here.'
            yield finding(text, alias, 'unsupported-attribute', message, instead_of(module, [alias.name]))


def _is_only_a_base(outline: Outline, name: str) -> bool:
    """Whether a name is used for nothing but classes to inherit from, which is refused by itself."""
    uses = outline.loads.get(name, ())
    return bool(uses) and all(_is_base(outline, use) for use in uses)


def _is_base(outline: Outline, node: ast.expr) -> bool:
    parent = outline.parents[node]
    if isinstance(parent, ast.Attribute):
        return _is_base(outline, parent)
    return isinstance(parent, ast.ClassDef) and any(node is base for base in parent.bases)


def _lacks_module(outline: Outline, support: Support, module: str) -> bool:
    root = module.partition('.')[0]
    if is_known_package(module):
        return root not in support.modules and root not in outline.session
    return module in support.lacking_modules or root in support.lacking_modules


def _no_module(module: str) -> str:
    return f'Module {module} is not available here.'


def _instead_of(outline: Outline, module: str, used: list[str]) -> str | None:
    """What to write instead of a module's members, where needed with an eye on what the cell does with them."""
    if module == 'io' and 'StringIO' in used:
        called = {outline.dotted(call.func) for call in outline.nodes(ast.Call)}
        reads, writes = called & {'csv.reader', 'csv.DictReader'}, called & {'csv.writer', 'csv.DictWriter'}
        fix = instead_of_text_buffer(reads_csv=bool(reads), writes_csv=bool(writes))
        if fix is not None:
            return fix
    return instead_of(module, used)


def _used_attributes(outline: Outline, local: str, module: str) -> list[str]:
    """What the cell uses of a module, in the order of use."""
    used: list[str] = []
    for attribute in outline.nodes(ast.Attribute):
        root = outline.root(attribute)
        if root is not None and root.id == local.partition('.')[0]:
            dotted = outline.dotted(attribute)
            if dotted is not None and dotted.startswith(f'{module}.'):
                used.append(dotted.removeprefix(f'{module}.').partition('.')[0])
    return list(dict.fromkeys(used))


def _attribute(outline: Outline, support: Support, attribute: ast.Attribute) -> Diagnostic | None:
    """An attribute of a module, or of a class of a module, that this cell imported, or of a builtin class."""
    root = outline.root(attribute)
    if root is None or not isinstance(attribute.ctx, ast.Load):
        return None
    owner = outline.dotted(attribute.value)
    if owner is None or attribute.attr not in support.lacking_attributes.get(owner, ()):
        return None
    scope = outline.binding(root)
    is_known = scope is not None if owner.partition('.')[0] in support.modules else outline.is_free(root)
    if not is_known or f'{owner}.{attribute.attr}' in support.modules:
        return None
    if is_guarded(outline, attribute, _CATCH_ATTRIBUTE) or _is_annotation(outline, root):
        return None
    if owner in support.methods and attribute.attr in support.methods[owner]:
        short = owner.rpartition('.')[2]
        message = f'A method cannot be taken from its class here: {short}.{attribute.attr}.'
        fix = f'Call it on a value: lambda value: value.{attribute.attr}().'
        return finding(outline.text, attribute, 'no-method-value', message, fix)
    message = f'{owner}.{attribute.attr} is not available here.'
    return finding(outline.text, attribute, 'unsupported-attribute', message, instead_of(owner, [attribute.attr]))


def _builtin(outline: Outline, uses: list[ast.Name]) -> Iterator[Diagnostic]:
    for use in uses:
        if not _is_in_except(outline, use):  # that is evaluated only when something was raised
            message = f'The builtin {use.id} is not available here.'
            yield finding(outline.text, use, 'unsupported-builtin', message, instead_of_builtin(use.id))


def _module(outline: Outline, uses: list[ast.Name]) -> Iterator[Diagnostic]:
    """A module that is used and was never imported."""
    taken = [parent.attr for use in uses if isinstance(parent := outline.parents[use], ast.Attribute)]
    if taken:
        name = uses[0].id
        fix = _instead_of(outline, name, list(dict.fromkeys(taken)))
        yield finding(outline.text, uses[0], 'unsupported-import', _no_module(name), fix)


def is_guarded(outline: Outline, node: ast.AST, catching: frozenset[str]) -> bool:
    """Whether a `try` around a node catches one of these exceptions."""
    child = node
    for ancestor in outline.ancestors(node):
        if isinstance(ancestor, ast.Try) and any(child is statement for statement in ancestor.body):
            for handler in ancestor.handlers:
                caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
                if any(one is None or (isinstance(one, ast.Name) and one.id in catching) for one in caught):
                    return True
        child = ancestor
    return False


def _is_for_checkers(outline: Outline, statement: ast.stmt) -> bool:
    """Below `if TYPE_CHECKING:`, which is never true in the sandbox."""
    for ancestor in outline.ancestors(statement):
        if isinstance(ancestor, ast.If) and (outline.dotted(ancestor.test) or '').endswith('TYPE_CHECKING'):
            return True
    return False


def _is_annotation(outline: Outline, name: ast.Name) -> bool:
    return any(name is other for other in outline.annotations)


def _is_in_except(outline: Outline, use: ast.Name) -> bool:
    parent = outline.parents[use]
    child: ast.AST = use
    if isinstance(parent, ast.Tuple):
        parent, child = outline.parents[parent], parent
    return isinstance(parent, ast.ExceptHandler) and parent.type is child
