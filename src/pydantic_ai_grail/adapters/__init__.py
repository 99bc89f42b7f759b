"""Adapters for front ends: what waits in a cell, as their protocols have it, and the answers that come back."""
