"""The two ways in which the house says no, and how it speaks of what went wrong."""

from pathlib import PurePath


class InputError(Exception):
    """Something handed over cannot be used. One line: file, place, problem, mend.

    ``place`` is the spot inside the file (``row 3, column entered_at``, ``cameras[3].azimuth_deg``).
    """

    def __init__(self, problem: str, *, file: str = "", place: str = "", mend: str = "") -> None:
        self.problem = problem
        self.file = file
        self.place = place
        self.mend = mend
        where = ": ".join(part for part in (file, place) if part)
        line = f"{where}: {problem}" if where else problem
        super().__init__(f"{line}; {mend}" if mend else line)


class Refused(Exception):
    """A rule forbids it. ``rule`` is the number in GUARANTEES (``G3``) or empty."""

    def __init__(self, reason: str, *, rule: str = "", mend: str = "") -> None:
        self.reason = reason
        self.rule = rule
        self.mend = mend
        tail = f"; {mend}" if mend else ""
        mark = f" [{rule}]" if rule else ""
        super().__init__(f"{reason}{tail}{mark}")


class Unknown(Refused):
    """There is no such thing, or it is not for whoever asks: both in the same words (G24)."""


class NeedsOperator(Exception):
    """Work that was begun and that this release cannot continue; a person has to say what becomes of it."""


def fault(problem: BaseException) -> str:
    """A fault of ours in one line: what kind and where, never what was in it."""
    where = problem.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    spot = f" in {PurePath(where.tb_frame.f_code.co_filename).name}:{where.tb_lineno}" if where else ""
    return f"internal error, {type(problem).__name__}{spot}"
