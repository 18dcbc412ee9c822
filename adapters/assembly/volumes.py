"""What has to lie on another volume than the data: who takes, copies or puts back the one must not have
the other with it."""

from collections.abc import Callable
from pathlib import Path

from adapters.settings import SiteFile
from engine.domain.errors import InputError

Volume = Callable[[Path], int]
"""The device number of a path that is there."""


def check_volumes(settings: SiteFile, state: Path, *, volume: Volume | None = None) -> tuple[str, ...]:
    """Warnings about a server whose data lies in ``state``. Raises InputError where a witness or the copy
    of the keys would share the fate of the data. That epoch keys lie beside it is a choice of the house
    (docs/GOVERNANCE.md, remnants); a volume that is not mounted looks the same, so it is said."""
    if settings.service is None:
        return ()
    of = volume or (lambda one: one.stat().st_dev)
    keys, witness = settings.service.keys, settings.service.witness

    def beside_the_data(named: str) -> bool:
        path = Path(named).absolute()
        return bool(named) and of(next(p for p in (path, *path.parents) if p.exists())) == of(state)

    if beside_the_data(witness.file):
        raise _beside(witness.file, "service.witness.file", "put it on a disk of another institution")
    if beside_the_data(keys.copy_folder):
        mend = "mount the other disk there, or take the line out"
        raise _beside(keys.copy_folder, "service.keys.copy_folder", mend)
    if beside_the_data(keys.epoch_folder):
        said = _beside(keys.epoch_folder, "service.keys.epoch_folder", "mount the small volume there")
        return (f"{said}; until then what is erased may be read from old blocks or snapshots",)
    return ()


def _beside(path: str, place: str, mend: str) -> InputError:
    return InputError("lies on the same volume as the data", file=path, place=place, mend=mend)
