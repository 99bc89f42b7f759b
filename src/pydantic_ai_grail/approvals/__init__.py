"""Calls that wait for a decision, for the host: which there are, and how to answer them."""

from .decisions import Approve, Deny, Grant, Raise, Result
from .waiting_calls import Decision, Decisions, LookUp, WaitingCall, decide, waiting_calls

__all__ = [
    'Approve',
    'Decision',
    'Decisions',
    'Deny',
    'Grant',
    'LookUp',
    'Raise',
    'Result',
    'WaitingCall',
    'decide',
    'waiting_calls',
]
