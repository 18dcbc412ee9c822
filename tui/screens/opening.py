"""From any screen to a trace on the desk."""

from textual.message import Message


class OpenTrace(Message):
    """Somebody wants to work on this trace; the desk hears of it and comes to the front."""

    def __init__(self, trace_id: str) -> None:
        self.trace_id = trace_id
        super().__init__()
