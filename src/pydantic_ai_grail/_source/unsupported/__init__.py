"""What Monty cannot run, by what it is: statements and classes, modules and names."""

from __future__ import annotations
