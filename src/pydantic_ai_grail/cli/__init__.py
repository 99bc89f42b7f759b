"""The command line of whoever operates a store: arguments become calls of the same functions that a program has."""

from .main import main

__all__ = ['main']
