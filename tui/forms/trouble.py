"""What is wrong with something that a person wrote, and how to mend it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trouble:
    """``what`` names the thing, ``mend`` says what to write instead."""

    what: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.mend}" if self.mend else self.what
