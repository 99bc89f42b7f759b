"""What the site has beside its pages: `llms.txt`, every page as Markdown, the changelog, the link to the repository.

A page is at its address with `.md` in place of the last slash: that of `/guides/mcp/` is `/guides/mcp.md`. Links between
pages are relative, so they hold there too.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

import griffe
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation, Section
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

ROOT = Path(__file__).parents[1]
DIRECTIVE = '::: '

_texts: dict[str, str] = {}
"""The Markdown of each page, by the path of its source."""
_sections: list[tuple[str, list[Page]]] = []


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Link to the repository, if the package names one."""
    config.repo_url = repository(ROOT / 'pyproject.toml') or config.repo_url
    return config


def repository(pyproject: Path) -> str | None:
    """The address that `[project.urls]` calls Repository or Source."""
    urls = tomllib.loads(pyproject.read_text('utf-8'))['project'].get('urls', {})
    named = {name.lower(): url for name, url in urls.items()}
    return named.get('repository') or named.get('source')


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """The changelog is kept at the root of the repository."""
    files.append(File.generated(config, 'changelog.md', content=(ROOT / 'CHANGELOG.md').read_text('utf-8')))
    return files


def on_nav(nav: Navigation, *, config: MkDocsConfig, files: Files) -> Navigation:
    """Note what is in which section, for `llms.txt`."""
    _texts.clear()
    items = cast('list[Page | Section]', nav.items)  # pyright: ignore[reportUnknownMemberType] - MkDocs leaves it untyped
    loose = [item for item in items if isinstance(item, Page)]
    found = [(item.title, list(_pages(item))) for item in items if isinstance(item, Section)]
    _sections[:] = found + ([('More', loose)] if loose else [])
    return nav


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Keep the Markdown, with the API written out."""
    lines = (written_out(line) if line.startswith(DIRECTIVE) else line for line in markdown.split('\n'))
    _texts[page.file.src_uri] = '\n'.join(lines)
    return markdown


def on_post_page(output: str, *, page: Page, config: MkDocsConfig) -> str:
    """Say in the head of a page where its Markdown is."""
    target = get_relative_url(page.file.src_uri, page.url)
    return output.replace('</head>', f'<link rel="alternate" type="text/markdown" href="{target}"></head>', 1)


def on_post_build(*, config: MkDocsConfig) -> None:
    """Write the Markdown of the pages, and the list of them."""
    site = Path(config.site_dir)
    for path, text in _texts.items():
        target = site / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, 'utf-8')
    (site / 'llms.txt').write_text('\n'.join(_llms_txt(config)), 'utf-8')


def _llms_txt(config: MkDocsConfig) -> Iterator[str]:
    base = (config.site_url or '').rstrip('/')
    yield from (f'# {config.site_name}', '', f'> {config.site_description}', '')
    for section, pages in _sections:
        yield from (f'## {section}', '')
        for page in pages:
            path = page.file.src_uri
            title = cast('str', page.title)  # pyright: ignore[reportUnknownMemberType] - MkDocs leaves it untyped
            yield f'- [{title}]({base}/{path}): {_first_sentence(_texts[path])}'
        yield ''


def _first_sentence(markdown: str) -> str:
    """What a page says of itself: its first paragraph, up to the first full stop."""
    paragraphs = (part.strip() for part in markdown.split('\n\n'))
    prose = next((part for part in paragraphs if part[:1].isalpha() or part[:1] in '`*'), '')
    sentence, stop, _ = ' '.join(prose.split()).partition('. ')
    return sentence + '.' if stop else sentence


def _pages(section: Section) -> Iterator[Page]:
    for item in section.children:
        if isinstance(item, Page):
            yield item
        elif isinstance(item, Section):
            yield from _pages(item)


def written_out(directive: str) -> str:
    """The public names of a module, or one name, with their signatures and docstrings."""
    name = directive.removeprefix(DIRECTIVE).strip()
    found = _package()[name.partition('.')[2]]
    thing: Any = found.final_target if isinstance(found, griffe.Alias) else found
    return '\n'.join(_described(thing, name, level=2))


@cache
def _package() -> griffe.Object | griffe.Alias:
    return griffe.load('pydantic_ai_grail', search_paths=[str(ROOT / 'src')], resolve_aliases=True)


def _described(thing: Any, path: str, *, level: int) -> Iterator[str]:
    yield from (f'{"#" * level} `{path}`', '')
    if thing.is_function:
        yield from ('```python', thing.signature(name=thing.name), '```', '')
    elif thing.is_attribute:
        annotation = f': {thing.annotation}' if thing.annotation else ''
        value = f' = {thing.value}' if thing.value is not None else ''
        yield from ('```python', f'{thing.name}{annotation}{value}', '```', '')
    if thing.docstring:
        yield from (thing.docstring.value, '')
    if thing.is_module or thing.is_class:
        for name, member in thing.members.items():
            if not name.startswith('_') and not member.is_alias and not member.is_module:
                yield from _described(member, name, level=level + 1)
