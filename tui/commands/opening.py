"""Opens the desk as this person likes it: settings, keys and language first, Textual after that."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast, get_args

import msgspec
import typer

from engine.domain.errors import InputError
from tui.comfort.own_files import called
from tui.comfort.settings import Language, Settings, Theme, read_settings, settings_file
from tui.language import catalogue
from tui.language.catalogue import tr_engine
from tui.terminal.environment import quiet

ThemeOption = Annotated[str, typer.Option("--theme", help=f"Colours: {', '.join(get_args(Theme))}.")]
LanguageOption = Annotated[str, typer.Option("--language", help="auto, en or ko.")]
SlowLinkOption = Annotated[
    bool, typer.Option("--slow-link", help="For a slow line: fewer paints a second, no mouse.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Liking:
    """What was said on the command line, which goes before the settings; "" and False say nothing.
    Raises InputError for what there is not."""

    theme: str = ""
    language: str = ""
    slow_link: bool = False

    def __post_init__(self) -> None:
        for option, said, known in (("theme", self.theme, Theme), ("language", self.language, Language)):
            if said and said not in get_args(known):
                mend = f"one of: {', '.join(get_args(known))}"
                raise InputError(f"there is no {option} {said!r}", place=f"--{option}", mend=mend)

    def over(self, settings: Settings) -> Settings:
        """The settings with what was said."""
        return msgspec.structs.replace(
            settings,
            theme=cast(Theme, self.theme or settings.theme),
            language=cast(Language, self.language or settings.language),
            slow_link=self.slow_link or settings.slow_link,
        )


def open_desk(socket: Path, come_back: str, aside: Callable[[], str] = str, liking: Liking = Liking()) -> int:
    """Run the desk until the person leaves; the exit code. A mistake in a file of theirs does not keep the
    desk shut: it starts with what holds without the file, and says so."""
    remarks: list[str] = []
    settings, mistake = _liked(liking)
    catalogue.use(settings.spoken())
    if mistake:
        remarks.append(f"{tr_engine(mistake)}. {tr_engine('Until then the desk has its own settings')}")
    taken = quiet(slow_link=settings.slow_link)
    if taken:
        remarks.append(tr_engine(f"{', '.join(taken)} has no effect here"))

    from tui.keyboard.keymap import keymap_file, read_keymap
    from tui.keys import use_keys
    from tui.run import run_desk

    try:
        use_keys(read_keymap(keymap_file()))
    except InputError as wrong:
        remarks.append(f"{tr_engine(str(wrong))}. {tr_engine('Until then the desk has its own keys')}")
    return run_desk(socket, come_back, aside, settings, remarks)


def speak(liking: Liking = Liking()) -> None:
    """From here on in the language of the desk, also where it does not come to open."""
    catalogue.use(_liked(liking)[0].spoken())


def _liked(liking: Liking) -> tuple[Settings, str]:
    """The settings with what was said, and what is wrong with their file."""
    try:
        return liking.over(read_settings(settings_file())), ""
    except InputError as mistake:
        return liking.over(Settings()), str(mistake)


def settings(
    example: Annotated[bool, typer.Option("--example", help="Print a desk.toml to start from.")] = False,
) -> None:
    """Colours, language, clipboard and the hiding of the screen, as they stand in desk.toml."""
    from tui.comfort.settings import EXAMPLE
    from tui.commands.failing import plainly

    if example:
        typer.echo(EXAMPLE, nl=False)
        return
    with plainly():
        read = read_settings(settings_file())
    typer.echo(f"# {called(settings_file())}{'' if settings_file().exists() else ' (not there)'}")
    for name in Settings.__struct_fields__:
        value = getattr(read, name)
        typer.echo(f"{name} = {'by the house' if value is None else value}")
