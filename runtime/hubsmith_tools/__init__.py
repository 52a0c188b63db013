"""Endpoints of Spaces as tools that a language model calls."""

from .arguments import OpenFile as OpenFile
from .progress import ToolProgress as ToolProgress
from .results import ToolResult as ToolResult
from .tool import Tool as Tool, ToolFormat as ToolFormat
from .tools import AsyncTools as AsyncTools, Tools as Tools, tools_of as tools_of
