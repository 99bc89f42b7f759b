"""Mechanical mistakes rewritten, each with its note, each keeping what the code means to CPython and its lines."""
