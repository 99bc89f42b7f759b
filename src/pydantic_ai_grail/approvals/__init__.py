"""Calls that wait for a decision, for the host: which there are, and how to answer them."""

from .decisions import ApprovalGrant, Approve, Deny, ProvideResult, RaiseError
from .waiting_calls import Decision, Decisions, LookUp, WaitingCall, decide, waiting_calls

__all__ = [
    'ApprovalGrant',
    'Approve',
    'Decision',
    'Decisions',
    'Deny',
    'LookUp',
    'ProvideResult',
    'RaiseError',
    'WaitingCall',
    'decide',
    'waiting_calls',
]
