"""What is answered once: of keys that come faster than a question goes, the first counts."""

from textual.await_complete import AwaitComplete
from textual.screen import Screen, ScreenResultType


class Once(Screen[ScreenResultType], inherit_bindings=False):
    """A key that was on its way when this went, or when something came over it, takes nothing else away and
    answers nothing twice."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        stack = self.app.screen_stack
        if not stack or stack[-1] is not self:
            return AwaitComplete()
        return super().dismiss(result)
