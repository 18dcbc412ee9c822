"""The lesson of a practice server: who types which command in which order."""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

NOW = "NOW"
IN_A_SHELL = {NOW: '"$(date -Iseconds)"'}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """``gives`` is the word in capitals that the answer tells and later steps need; ``no`` is a command
    that the engine refuses, which is what it teaches; ``typed`` is what it asks for."""

    why: str
    who: str
    words: tuple[str, ...]
    gives: str = ""
    no: bool = False
    typed: str = ""


def lesson(case: Path, urgent: Path, notice: Path, collected: Sequence[str]) -> tuple[Step, ...]:
    """One case with everything, one emergency, and those who look after it, for two case folders.
    ``collected``: what the house has of the first patient by the time they are told."""
    first, second = str(case), str(urgent)
    one, other = case.name, urgent.name
    kim, lee, choi = "investigator1", "investigator2", "authoriser"

    def step(why: str, who: str, *words: str, gives: str = "", no: bool = False, typed: str = "") -> Step:
        return Step(why=why, who=who, words=words, gives=gives, no=no, typed=typed)

    return (
        step("Hand in a case; its cards have to come.", kim, "case", "open", first),
        step(
            "Ask the province for them.",
            kim,
            "case",
            "source",
            "ask",
            one,
            "card",
            "province",
            gives="REQUEST",
        ),
        step("Too early: nobody has answered.", kim, "authorisation", "request", first, no=True),
        step("They answered.", kim, "case", "source", "answer", one, "REQUEST", typed="P-77"),
        step("Open it again: now the cards come in.", kim, "case", "open", first),
        step("Ask for an authorisation.", kim, "authorisation", "request", first, gives="AUTHORISATION"),
        step("Who asks does not permit.", kim, "authorisation", "approve", "AUTHORISATION", no=True),
        step("Somebody else does.", choi, "authorisation", "approve", "AUTHORISATION"),
        step("Trace it.", kim, "case", "trace", one),
        step("See how it went.", kim, "case", "traces"),
        step("A colleague sees nothing of it yet.", lee, "case", "list"),
        step("Let them work on it.", kim, "case", "share", one, "COLLEAGUE"),
        step("An emergency: first the case.", lee, "case", "open", second),
        step(
            "Begin alone; everybody is told.",
            lee,
            *("authorisation", "emergency", second),
            gives="EMERGENCY",
            typed="the aircraft leaves in an hour",
        ),
        step("It is in force.", lee, "case", "trace", other),
        step(
            "Within a day somebody else looks at it.",
            choi,
            "authorisation",
            "review",
            "EMERGENCY",
            "--justified",
        ),
        step("What the patient is owed to be told.", kim, "case", "notice", "show", one),
        step("Before that nothing closes.", kim, "case", "close", one, no=True, typed="practised"),
        step(
            "Tell them all that show said.",
            kim,
            *("case", "notice", "sent", one, "--document", str(notice), "--at", NOW),
            *("--collected", ",".join(collected)),
        ),
        step("Close it: its keys are destroyed.", kim, "case", "close", one, typed="practised"),
        step("The supervisor sees all cases that are open.", "supervisor", "case", "list"),
        step("Was anything edited, or cut off?", "auditor", "audit", "verify"),
        step("Who did what, with no names of patients.", "auditor", "audit", "show"),
        step("The auditor sees no case.", "auditor", "case", "list", no=True),
        step("Which keys wait to be destroyed.", "custodian", "erasure", "list"),
        step("Is all well?", "operator", "engine", "status"),
    )


def told(steps: Iterable[Step], as_person: Path, colleague: str) -> list[str]:
    """The steps as lines to read and to type."""
    lines: list[str] = []
    for number, step in enumerate(steps, start=1):
        words = [colleague if word == "COLLEAGUE" else word for word in step.words]
        typed = " ".join(IN_A_SHELL.get(word) or shlex.quote(word) for word in words)
        notes = [f"prints {step.gives}"] if step.gives else []
        notes += ["is refused"] if step.no else []
        notes += [f"asks: {step.typed}"] if step.typed else []
        lines.append(f"{number}. {step.why}" + (f" ({', '.join(notes)})" if notes else ""))
        lines.append(f"   sudo {shlex.quote(str(as_person))} {step.who} {typed}")
    return lines
