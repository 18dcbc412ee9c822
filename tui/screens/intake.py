"""The screen of the cases opens the forms of the case at hand through this part of it."""

from engine.api.case_schema import BoardCase
from tui.language.catalogue import tr
from tui.screens.consent import ConsentScreen
from tui.screens.form import FormScreen
from tui.screens.interview import InterviewScreen
from tui.screens.mode import ModeScreen
from tui.screens.photo import PhotosScreen
from tui.screens.scope import ScopeScreen

OPENS = frozenset({"interview", "consent", "photos", "scope"})


class OpensForms(ModeScreen):
    """A screen says in ``current_case`` which case is at hand."""

    def current_case(self) -> BoardCase | None:
        raise NotImplementedError

    def why_no_form(self, action_id: str) -> str:
        """ "" or why a form cannot be opened: for ``also_why_not``."""
        return self.why_no_case() if action_id in OPENS and self.current_case() is None else ""

    def why_no_case(self) -> str:
        """Where none is at hand."""
        known = self.station.board.value is not None
        return tr("no case is at hand") if known else tr("asking the engine…")

    def do_interview(self) -> None:
        self._open(InterviewScreen)

    def do_consent(self) -> None:
        self._open(ConsentScreen)

    def do_photos(self) -> None:
        self._open(PhotosScreen)

    def do_scope(self) -> None:
        self._open(ScopeScreen)

    def _open(self, form: type[FormScreen]) -> None:
        case = self.current_case()
        if case is not None:
            self.app.push_screen(form(self.station, case))
