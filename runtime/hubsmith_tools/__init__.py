"""Endpoints of Spaces as tools for language models."""

from .arguments import OpenFile as OpenFile
from .progress import ToolProgress as ToolProgress
from .results import ToolResult as ToolResult
from .rounds import Conversation as Conversation, RoundsError as RoundsError, run_tools as run_tools
from .tool import Tool as Tool, ToolFormat as ToolFormat
from .tools import AsyncTools as AsyncTools, Tools as Tools, tools_of as tools_of

__all__ = [
    "AsyncTools",
    "Conversation",
    "OpenFile",
    "RoundsError",
    "Tool",
    "ToolFormat",
    "ToolProgress",
    "ToolResult",
    "Tools",
    "run_tools",
    "tools_of",
]
