"""The command line: one module per command in ``tui/commands``."""

import sys
from importlib import metadata
from pathlib import Path
from typing import Annotated

try:
    import typer

    from tui.commands.audit import app as audit
    from tui.commands.authorisation import app as authorisation
    from tui.commands.backup import backup, restore
    from tui.commands.bench import app as bench
    from tui.commands.candidates import app as candidates
    from tui.commands.case import app as case
    from tui.commands.contacts import app as contacts
    from tui.commands.decide import decide
    from tui.commands.demo import demo
    from tui.commands.desk import desk
    from tui.commands.doctor import doctor
    from tui.commands.engine import app as engine
    from tui.commands.erasure import app as erasure
    from tui.commands.export import export
    from tui.commands.failing import plainly
    from tui.commands.guarantees import guarantees
    from tui.commands.keys import keys
    from tui.commands.login import login
    from tui.commands.models import app as models
    from tui.commands.opening import LanguageOption, Liking, SlowLinkOption, ThemeOption, settings, speak
    from tui.commands.order import app as order
    from tui.commands.sample import sample
    from tui.commands.site import app as site
    from tui.commands.to_json import WithJson
    from tui.commands.trace import trace
    from tui.commands.vault import app as vault
    from tui.commands.witness import app as witness
except ImportError as problem:  # also what an older Python raises
    sys.stderr.write(
        f"tracedesk: a library does not load ({problem}); Python 3.11 or newer is needed, this is"
        f" {sys.version.split()[0]}; run: python -m tui.commands.doctor\n"
    )
    sys.exit(2)

app = typer.Typer(
    name="tracedesk",
    help="A terminal operations console for epidemiological investigators.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(cls=WithJson)(demo)
app.command(cls=WithJson)(trace)
app.command(cls=WithJson)(sample)
app.command()(doctor)
app.command()(keys)
app.command()(settings)
app.command()(guarantees)
app.add_typer(case, name="case")
app.add_typer(candidates, name="candidates")
app.command()(decide)
app.add_typer(contacts, name="contacts")
app.command()(export)
app.add_typer(authorisation, name="authorisation")
app.add_typer(order, name="order")
app.add_typer(erasure, name="erasure")
app.add_typer(vault, name="vault")
app.command()(backup)
app.command()(restore)
app.add_typer(engine, name="engine")
app.command(hidden=True)(login)
app.add_typer(site, name="site")
app.add_typer(models, name="models")
app.add_typer(audit, name="audit")
app.add_typer(witness, name="witness")
app.add_typer(bench, name="bench")


@app.callback(invoke_without_command=True)
def tracedesk(
    context: typer.Context,
    state: Annotated[Path | None, typer.Option(help="State folder of the engine to open.")] = None,
    site_file: Annotated[Path | None, typer.Option("--site", help="The site to open.")] = None,
    theme: ThemeOption = "",
    language: LanguageOption = "",
    slow_link: SlowLinkOption = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Without a command: open the desk."""
    if version:
        typer.echo(f"tracedesk {metadata.version('tracedesk')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        speak()
        with plainly():
            liking = Liking(theme=theme, language=language, slow_link=slow_link)
        raise typer.Exit(desk(state, site_file, liking))


def main() -> None:
    """Entry point."""
    app()


if __name__ == "__main__":
    main()
