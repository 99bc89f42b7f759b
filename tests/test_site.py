"""What the site has beside its pages: the link to the repository, and the API as Markdown."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.hooks import repository, written_out


@pytest.mark.parametrize(
    ('urls', 'link'),
    [
        ('', None),
        ('[project.urls]\nHomepage = "https://example.org"\n', None),
        ('[project.urls]\nRepository = "https://example.org/code"\n', 'https://example.org/code'),
        ('[project.urls]\nsource = "https://example.org/code"\n', 'https://example.org/code'),
    ],
)
def test_the_site_links_to_the_repository_that_the_package_names(urls: str, link: str | None, tmp_path: Path) -> None:
    pyproject = tmp_path / 'pyproject.toml'
    pyproject.write_text(f'[project]\nname = "x"\n{urls}')

    assert repository(pyproject) == link


def test_a_directive_is_written_out_with_members_and_docstrings() -> None:
    text = written_out('::: pydantic_ai_grail.MemoryStore')

    assert '## `pydantic_ai_grail.MemoryStore`' in text
    assert '### `forget`' in text
    assert 'max_bytes: Room for all snapshots together' in text
