"""The structure and comments of a script, the same in every language."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hubsmith_codegen.ir.text import docstring, plain

from .events import Event
from .plan import Plan
from .recording import Recording
from .step import Step

_WIDTH = 90


@dataclass(kw_only=True)
class Outline:
    """Arranges the calls of a script, with comments on them and on what is left out."""

    recording: Recording
    source: str  # The Space, without secrets.
    notes: list[str] = field(default_factory=list[str])  # What is left out or differs.
    hints: Sequence[str] = ()  # What to know before running it.

    def title(self, language: str) -> str:
        """The first lines of a script."""
        source = comment(self.source)
        lines = [f"Repeat the calls recorded on the page of {source}.", *self.hints]
        if language == "python":
            head, *rest = lines
            return docstring([head, *(["", *rest] if rest else [])], indent=0)
        mark = "#" if language == "curl" else "//"
        return "\n".join(f"{mark} {one}" for text in lines for one in _wrapped(text))

    def lines(self, plan: Plan) -> Iterator[Step | str]:
        """The calls and comment lines of a script, with empty lines between blocks."""
        if plan.has_served_file:
            self.notes.append(
                "Some files were not uploaded during the recording. They are on the Space, which "
                "may delete them at any time."
            )
            yield from _wrapped(self.notes[-1])
        opened = [one for one in plan.steps if one.event.is_load]
        if opened:
            yield from self._opening(opened, plan)
        number = 0
        root: Event | None = None
        chains: dict[Event, list[Step]] = {}
        for step in plan.steps:
            chains.setdefault(step.event.root, []).append(step)
        for step in plan.steps:
            event = step.event
            if event.is_load:
                continue
            if event.root is not root:
                yield ""
                root = event.root
                number += event is root
                yield from _wrapped(self._heading(root, plan, number, again=event is not root))
            yield from self._step(step)
            if step is chains[event.root][-1]:
                yield from self._end(chains[event.root], plan)
        if self.recording.skipped:
            yield ""
        for words in self.recording.skipped:
            yield from self._note(comment(words))

    def _opening(self, opened: Sequence[Step], plan: Plan) -> Iterator[Step | str]:
        yield ""
        names = ", ".join(dict.fromkeys(one.event.function.shown for one in opened))
        yield from _wrapped(f"On opening, the page called {names}.")
        yield from (one for one in opened if id(one) in plan.needed)

    def _heading(self, event: Event, plan: Plan, number: int, *, again: bool) -> str:
        label = comment(plan.app.label(event.call.trigger_id))
        about = f'"{label}", ' if label else ""
        head = f"{number}. " if not again else "Continued: "
        return f"{head}{about}{event.call.started:.1f} s after the start."

    def _step(self, step: Step) -> Iterator[Step | str]:
        call = step.event.call
        if step.obstacle:
            return
        if step.event.is_stand_in:
            yield from _wrapped(
                f"The page called {comment(step.event.recorded.shown)}, which is not in the API; "
                f"{comment(step.event.function.shown)} is its equivalent there."
            )
        if call.error is not None:
            words = f': "{comment(call.error)}"' if comment(call.error) else ""
            yield from _wrapped(f"The Space answered with an error{words}")
        elif step.is_cancelled:
            yield from _wrapped("Cancelled or abandoned before it finished.")
        yield step

    def _end(self, chain: Sequence[Step], plan: Plan) -> Iterator[Step | str]:
        """Comments on what is left out of a chain."""
        reasons: dict[str, list[str]] = {}
        for step in chain:
            if step.obstacle:
                name = comment(step.event.function.shown)
                reasons.setdefault(step.obstacle, []).append(name)
        for function in plan.app.page_only([one.event for one in chain]):
            reasons.setdefault("it only ran in the browser", []).append(comment(function.shown))
        for reason, names in reasons.items():
            yield from self._note(f"Left out: {', '.join(dict.fromkeys(names))}: {reason}.")

    def _note(self, text: str) -> Iterator[Step | str]:
        self.notes.append(text)
        yield from _wrapped(text)


def error_class(step: Step) -> str:
    """The class of the error that a failed call raises."""
    is_full = "queue is full" in (step.event.call.error or "").lower()
    return "QueueFullError" if is_full else "AppError"


def comment(text: str) -> str:
    """Untrusted text for a comment: one line that no tool can read as a directive."""
    return plain(plain(text).translate({ord("#"): " ", ord("@"): " ", ord("\\"): "/"}))


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, break_on_hyphens=False)
