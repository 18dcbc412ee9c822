"""Pane 2 of the desk: the candidate. Asks for pictures once for each candidate that is shown, and knows
whether anybody has seen them."""

from functools import partial

from textual.timer import Timer

from engine.api.schema import Picture
from tui import state as work
from tui.casework.triage import Measure
from tui.keyboard.action import Action
from tui.language.catalogue import tr
from tui.panes.card import Card
from tui.screens.mode import ModeScreen
from tui.station import Station

REST_S = 0.08  # on a candidate before its pictures are asked for: longer than a held key takes


class LookingScreen(ModeScreen):
    """What stands on the card, and when it was seen there."""

    def __init__(self, station: Station) -> None:
        super().__init__(station)
        self.card = Card()
        self._asked = ""  # candidate whose pictures the card has asked for
        self._card_seen = False  # whether the card is on the screen
        self._hidden = False  # whether another screen lay over all of this one
        self._resting: Timer | None = None

    def on_screen_suspend(self) -> None:
        """Behind a question the card is still seen; behind all else nobody sees it."""
        self._hidden = not self.app.screen.is_modal and not self.is_active

    def on_screen_resume(self) -> None:
        """Back from the faces, from another mode, or from a screen that was hidden: the pictures stand there
        anew, and are looked at anew before an answer."""
        triage = self.station.triage
        if self._hidden:
            self._hidden = False
            triage.become(work.unpainted(triage.state))
        self.call_after_refresh(self.show_work)

    def why_not(self, action: Action) -> str:
        """Nobody answers about a face that another pane has taken from the screen (G10)."""
        alone = self.station.triage.state.alone  # the layout follows a moment later than the state
        if action.after_look and (alone or not self.card.shows_pictures):
            return tr("the candidate is not on the screen: 2 brings it")
        return super().why_not(action)

    def ask_again(self) -> None:
        """The pictures of the candidate at hand are asked for once more."""
        self._asked = ""

    def on_card_turned(self) -> None:
        self.call_after_refresh(self.look_at_card)

    def look_at_card(self) -> None:
        triage = self.station.triage
        if self.card.shows_pictures is not self._card_seen:  # what depends on it was painted before that
            self._card_seen = self.card.shows_pictures
            if not self._card_seen and self.is_active:
                triage.become(work.unpainted(triage.state))
            self.show_work()
            return
        if triage.view is not None and triage.state.painted_s is None and self.card_height_px(None) > 0:
            self._when_painted(triage.view.view_id, self.card_height_px)  # shown again
        candidate_id = triage.state.candidate_id
        if candidate_id == self._asked or not self.is_active:
            return
        if not candidate_id or self.card.shows_pictures:
            self._asked = candidate_id
            if self._resting is not None:
                self._resting.stop()
            if candidate_id:
                self._resting = self.set_timer(REST_S, partial(self._look_if_still_at, candidate_id))

    def _look_if_still_at(self, candidate_id: str) -> None:
        """Whoever runs through candidates looks at none of them: each look is a line in the audit."""
        still = candidate_id == self.station.triage.state.candidate_id
        if still and self.is_active and self.card.shows_pictures:
            self.look(self.card_height_px)
        elif candidate_id == self._asked:
            self._asked = ""

    def card_height_px(self, picture: Picture | None) -> float:
        """How high the face stands on the card, 0 while nobody sees the card: in another mode, under a
        question or a close look, on a screen that is hidden."""
        seen = self.is_active and not self.station.triage.state.alone and self.card.shows_pictures
        return self.card.face_height_px(picture) if seen else 0.0

    def look(self, measure: Measure) -> None:
        """Ask for the pictures of the current candidate at the size they will have."""
        self.station.go(partial(self._look, measure), "look")

    async def _look(self, measure: Measure) -> None:
        triage = self.station.triage
        candidate_id = triage.state.candidate_id
        if await triage.look(measure) and triage.view is not None:
            self._when_painted(triage.view.view_id, measure)
        elif candidate_id == self._asked and measure(None) <= 0:
            self._asked = ""  # something has taken its place meanwhile: asked again when it is back

    def shown_again(self, measure: Measure) -> None:
        """The pictures stand where they were hidden a moment ago: they are looked at before an answer."""
        triage = self.station.triage
        triage.become(work.unpainted(triage.state))
        if triage.view is not None:
            self._when_painted(triage.view.view_id, measure)

    def _when_painted(self, view_id: str, measure: Measure) -> None:
        self.app.call_after_refresh(self._painted, view_id, measure)

    def _painted(self, view_id: str, measure: Measure) -> None:
        triage = self.station.triage
        if not triage.stands(view_id, measure, self.station.clock()) and triage.view is None:
            self._asked = ""
