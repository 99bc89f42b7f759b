"""For tests of agents: a scripted model, and what happened in its cells. For implementers of stores: the contract as a suite."""

from .played_cells import CellOutcome, PlayedCall, PlayedCell, Turn, current_turn, played_cells
from .script_steps import AnswerStep, CellStep, PlainStep, Step, ToolCallStep, answer, cell, tool_call
from .scripted import ScriptError, scripted_model

__all__ = [
    'AnswerStep',
    'CellOutcome',
    'CellStep',
    'PlainStep',
    'PlayedCall',
    'PlayedCell',
    'ScriptError',
    'Step',
    'ToolCallStep',
    'Turn',
    'answer',
    'cell',
    'current_turn',
    'played_cells',
    'scripted_model',
    'tool_call',
]
