"""What a person likes and needs beside the work: own keys, colours, the clipboard, a screen that hides."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from rich.console import RenderableType
from textual import events
from textual.app import SystemCommand
from textual.filter import LineFilter, Monochrome, NoColor
from textual.screen import Screen

from tui.clean import clean_lines
from tui.comfort.idle import Idle, InputMethod, may_be_copied
from tui.comfort.settings import Settings
from tui.keyboard.action import Where
from tui.keys import BY_ID, keys_of, textual_keymap
from tui.language.catalogue import tr
from tui.panes.lines import LinesPane
from tui.panes.rows import RowsPane
from tui.screens.lock import LockScreen
from tui.screens.mode import ModeScreen
from tui.screens.palette import Palette
from tui.terminal.discreet import DiscreetApp
from tui.terminal.nocolour import OnlyPictures
from tui.terminal.painted import Painted
from tui.terminal.stylesheet import ReadOnce
from tui.terminal.theme import THEMES, TONES, fitting

TOUCHES = (events.Key, events.Paste, events.MouseDown, events.MouseScrollDown, events.MouseScrollUp)
OPENS_WITHIN_S = 0.5  # longer than any keyboard's auto-repeat
SWALLOWED = "Korean input mode: switch to English (한/영) or use the same keys"


class ComfortApp(DiscreetApp):
    """``settings`` as read; ``clock`` gives seconds that only run forward."""

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        super().__init__()
        self.settings = settings
        self._clock = clock
        self._idle = Idle(clock)
        self._opened_s: float | None = None
        self._input_method = InputMethod(clock)
        self._painted = Painted()
        self._only_pictures = OnlyPictures()
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = fitting(settings.theme, self.console.color_system)  # later all would be styled twice
        self.stylesheet = ReadOnce(variables=self.get_css_variables())

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Under NO_COLOR ours in place of Textual's, which makes greys of everything."""
        found = super().get_line_filters()
        if not self.no_color:
            return found
        return [one for one in found if not isinstance(one, Monochrome | NoColor)] + [self._only_pictures]

    def settle(self) -> None:
        """Keys and what never moves, before the first screen."""
        self.set_keymap(textual_keymap())
        self.animation_level = "none"
        self.app_resume_signal.subscribe(self, lambda _: self._painted.forget())

    def watch_theme(self, theme: str) -> None:
        """Texts hold the colours that they were made with: what is seen is made again."""
        TONES.become(theme)
        if self.is_running and self.screen_stack and isinstance(self.screen, ModeScreen):
            self.repaint_all()

    def repaint_all(self) -> None:
        """Everything that is seen, from the start."""
        if isinstance(self.screen, ModeScreen):
            self.screen.forget_painted()
            for lines in self.screen.query(LinesPane):
                lines.repaint()
            for rows in self.screen.query(RowsPane):
                rows.refresh()
            self.screen.paint()

    def do_redraw(self) -> None:
        """Everything once more, also what should stand there already."""
        self._painted.forget()
        self.screen.refresh()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Only what differs from what stands on the terminal goes out."""
        super()._display(screen, self._painted.changed(renderable))

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Resize):
            self._painted.forget()
        if isinstance(event, TOUCHES):
            self._idle.touched()
        if isinstance(event, events.Paste):  # whoever takes it: the field of the palette is not ours (G19)
            event.text = clean_lines("\n".join(event.text.splitlines()))
        if isinstance(event, events.Key) and self._still_opening():
            return
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.key_came()
            self._mind_input_method(event.character)
            if self._hides(event):
                self.do_lock()
                return
        await super().on_event(event)

    def key_came(self) -> None:
        """A key has come, before anything takes it."""

    def _mind_input_method(self, character: str | None) -> None:
        if self.focused is None and self._input_method.swallowed(character):
            self.say(tr(SWALLOWED), "notice")

    # --- a screen that hides ----------------------------------------------------------------------

    @property
    def untouched_s(self) -> float:
        """Seconds since the last key, or whatever else a person did."""
        return self._idle.untouched_s

    def hide_when_idle(self, profile: str) -> None:
        """To be called now and then."""
        if self._idle.over(self.settings.lock_after_s(profile)):
            self.do_lock()

    def do_lock(self) -> None:
        if not isinstance(self.screen, LockScreen):
            self.push_screen(LockScreen(), self._opened)

    def _hides(self, key: events.Key) -> bool:
        """Above a question too, where no other key of the desk works: somebody comes in. Not a key that
        writes something."""
        above = not isinstance(self.screen, ModeScreen)
        return above and not key.is_printable and key.key in keys_of(BY_ID["lock"])

    def _still_opening(self) -> bool:
        """The enter that shows the screen again, held a little long, answers no question beneath it."""
        return self._opened_s is not None and self._clock() - self._opened_s < OPENS_WITHIN_S

    def _opened(self, _: None) -> None:
        self._idle.touched()
        self._opened_s = self._clock()
        self.repaint_all()

    def action_command_palette(self) -> None:
        """Only above a full screen: a question is answered first, and what is hidden stays hidden."""
        if isinstance(self.screen, ModeScreen) and self.use_command_palette:
            words = tr("every action by name")
            self.push_screen(Palette(placeholder=words, id="--command-palette"))

    # --- the clipboard ----------------------------------------------------------------------------

    def do_copy(self) -> None:
        """The id of what is at hand, and nothing else of it."""
        text = self.screen.copyable() if isinstance(self.screen, ModeScreen) else ""
        if not text:
            self.say(tr("nothing here has an id that may be copied"), "notice")
        elif not self.settings.copies():
            self.say(tr("copying is off; the id is {id}", id=text), "notice")
        else:
            self.copy_to_clipboard(text)
            self.say(tr("copied, if this terminal takes it (OSC 52): {id}", id=text), "good")

    def copy_to_clipboard(self, text: str) -> None:
        """By OSC 52, so that it works over SSH. What names nobody alone: a field that somebody copies from
        may hold a name, and the clipboard is on another machine."""
        if may_be_copied(text) and self.settings.copies():
            super().copy_to_clipboard(text)

    # --- colours ----------------------------------------------------------------------------------

    def theme_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """For the palette."""
        if getattr(screen, "where", None) is Where.ZOOM:
            return
        for name in THEMES:
            words = tr("until you leave; theme in desk.toml keeps it")
            yield SystemCommand(tr("theme: {name}", name=name), words, partial(self.use_theme, name))

    def use_theme(self, name: str) -> None:
        self.theme = name
