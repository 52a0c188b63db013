"""What the Gradio versions under test have; `app.py` leaves out of its API what one lacks."""

from __future__ import annotations

from dataclasses import dataclass

ALWAYS = frozenset(
    [
        *(
            "echo",
            "repeat",
            "choose",
            "half",
            "mirror",
            "shout",
            "join_files",
            "split",
            "two",
            "nothing",
        ),
        *("tokens", "atokens", "report", "log", "count", "refuse", "crash", "endless"),
        *("count_ticks", "sleep", "first", "second", "update", "chat", "not_a_number"),
        *("line_breaks", "unqueued", "with-dash", "with/slash"),
    ]
)


@dataclass(frozen=True, slots=True)
class Features:
    """The features of one version, such as `5.29.0`."""

    version: str

    @property
    def _numbers(self) -> tuple[int, ...]:
        return tuple(map(int, self.version.split(".")))

    @property
    def titles(self) -> bool:
        """Whether messages and errors of the app carry a title."""
        return self._numbers >= (5, 2)

    @property
    def functions(self) -> bool:
        """Whether `gr.api` exists."""
        return self._numbers >= (5, 11)

    @property
    def validators(self) -> bool:
        """Whether an endpoint can refuse arguments with a validator."""
        return self._numbers >= (5, 45)

    @property
    def endpoints(self) -> frozenset[str]:
        """The API names of the app's public endpoints."""
        newer = {"typed": self.functions, "validated": self.validators}
        return ALWAYS | {name for name, is_there in newer.items() if is_there}
