"""``tracedesk vault``: the secrets of a server, while its engine is stopped."""

import getpass
import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from engine.domain.errors import InputError
from tui.commands.failing import on_disk, plainly

app = typer.Typer(help="Unseal secret and key files of a stopped server.", no_args_is_help=True)
SECRET_BYTES = 32

State = Annotated[Path, typer.Option(help="State folder of the engine.")]


@app.command()
@plainly()
def secret(file: Path) -> None:
    """Write a new unseal secret into FILE, which only its owner may read. Nothing shows it again."""
    with on_disk(file, "name a file that is not there yet"):
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as written:
        written.write(secrets.token_bytes(SECRET_BYTES))
        written.flush()
        os.fsync(written.fileno())
    typer.echo(f"{file}: written; seal it (systemd-creds encrypt), then remove it")


@app.command()
@plainly()
def passphrase(
    state: State,
    parts: Annotated[int, typer.Option(min=1, max=2, help="Custodians that type a part each.")] = 1,
) -> None:
    """Begin a store that is unsealed by a passphrase, typed here without being shown."""
    from adapters.assembly.offline import set_passphrase

    mend = "name a folder that is yours; docs/OPERATIONS.md, part 2, makes that of a server"
    with on_disk(state, mend):
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    typed = []
    for number in range(1, parts + 1):
        of = f" of custodian {number}" if parts > 1 else ""
        first = getpass.getpass(f"passphrase{of}: ")
        if getpass.getpass("once more: ") != first:
            raise InputError("was typed differently", place="passphrase", mend="begin again")
        typed.append(first)
    with on_disk(state, mend):
        set_passphrase(state, typed)
    typer.echo(f"{state}: unsealed by passphrase from now on")


@app.command("restore-keys")
@plainly()
def restore_keys(
    copy: Annotated[Path, typer.Argument(help="Folder that holds the one copy of the keys.")],
    state: State,
    epoch_folder: Annotated[Path | None, typer.Option(help="Where the epoch key lies.")] = None,
) -> None:
    """Put the copied key files back where they are missing."""
    from adapters.assembly.offline import restore_keys as put_back

    with on_disk(state, "make the state folder and mount the volumes of the keys first"):
        put_back(copy, state, epoch_folder)
    typer.echo(f"{state}: the keys are back; restore the data next, then start the engine")
