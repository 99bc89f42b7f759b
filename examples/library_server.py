"""A small MCP server over stdio: a lending library. `mcp_tools.py` starts it."""

from __future__ import annotations

from mcp.server.mcpserver import MCPServer
from pydantic import BaseModel, Field

server = MCPServer('library')


class Book(BaseModel):
    """A book on the shelf."""

    isbn: str
    title: str
    year: int
    copies: int = Field(description='How many are not lent out.')


SHELF = [
    Book(isbn='0-14-044793-6', title='Middlemarch', year=1871, copies=2),
    Book(isbn='0-14-043072-9', title='Emma', year=1815, copies=0),
    Book(isbn='0-14-143956-3', title='Great Expectations', year=1861, copies=1),
]


@server.tool()
def search_books(words: str = '', before: int | None = None) -> list[Book]:
    """Books whose title contains the words, perhaps only those from before a year."""
    return [book for book in SHELF if words.lower() in book.title.lower() and (before is None or book.year < before)]


@server.tool(name='reserve-copy')
def reserve_copy(isbn: str) -> str:
    """Put a copy aside. Gives the number to ask for at the desk."""
    for book in SHELF:
        if book.isbn == isbn and book.copies:
            book.copies -= 1
            return f'desk-{isbn[-3:]}'
    raise ValueError(f'There is no copy of {isbn} to put aside.')


if __name__ == '__main__':
    server.run('stdio')
