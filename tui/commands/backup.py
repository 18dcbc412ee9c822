"""``tracedesk backup`` and ``tracedesk restore``: sealed data out and back in, never a key."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from engine.api.client import EngineAway, EngineClient, EngineSaysNo
from engine.api.schema import BackupTaken
from engine.domain.errors import InputError
from tui.clean import clean_text
from tui.commands.address import socket_of
from tui.commands.failing import plainly


@plainly()
def backup(
    to: Annotated[Path, typer.Option(help="Folder that gets the backup, on the engine's machine.")],
    state: Annotated[Path | None, typer.Option(help="State folder of the engine.")] = None,
    site: Annotated[Path | None, typer.Option(help="The site whose engine runs.")] = None,
) -> None:
    """Have the running engine write a checked backup of everything but the keys.

    Keep the key file apart, and only its newest copy: a case that was erased must not be opened again.
    """
    taken = asyncio.run(taken_by(EngineClient(socket_of(state, site)), to.absolute()))
    typer.echo(
        f"{to.absolute() / clean_text(taken.name)}: {taken.size} bytes, sha256 {clean_text(taken.sha256)}"
    )
    typer.echo(f"audit: {taken.audit_size} lines; no keys: copy the key file apart, over its last copy")


async def taken_by(client: EngineClient, folder: Path) -> BackupTaken:
    """Raises InputError where no engine answers, or it says no."""
    async with client:
        try:
            return await client.backup(folder)
        except EngineAway:
            raise InputError("no engine answers", mend="start it, or name its --state") from None
        except EngineSaysNo as no:
            raise InputError(str(no)) from None


@plainly()
def restore(
    backup: Annotated[Path, typer.Argument(help="Folder of one backup, tracedesk-...")],
    state: Annotated[Path, typer.Option(help="State folder, with its engine stopped.")],
    keys: Annotated[Path | None, typer.Option(help="The key file, where it lies elsewhere.")] = None,
) -> None:
    """Put a backup in the place of a store. Cases whose keys are gone stay erased."""
    from adapters.assembly.offline import restore as put_back

    manifest = put_back(backup, state, key_file=keys)
    typer.echo(f"{state}: as of {manifest.created_at:%Y-%m-%d %H:%M} UTC, {manifest.audit_size} audit lines")
    typer.echo("what was there lies beside it as tracedesk.sqlite.replaced; remove it when all is well")
