"""Which files of the footage are there and whole, known without reading them again."""

import hashlib
from pathlib import Path

import msgspec

from adapters.city.archive import Stretch
from adapters.city.film import CODEC, QUALITY, write_whole
from adapters.city.plan import Size

FORM = 1  # grows with every change after which a file would hold other pictures


class Made(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file as it was when it was made."""

    sha256: str
    size_bytes: int
    modified_ns: int


class Page(msgspec.Struct, forbid_unknown_fields=True):
    """What is known of the files of one camera."""

    made_for: str
    files: dict[str, Made]


class Journal:
    """Has a page for each camera beside its files, so that several processes write each their own.
    ``made_for`` names what the pictures depend on: a page of anything else counts as empty."""

    def __init__(self, footage: Path, made_for: str) -> None:
        self._footage, self._made_for = footage, made_for
        self._pages: dict[int, Page] = {}

    def digest(self, stretch: Stretch) -> str | None:
        """sha256 of the file of a stretch; None where it is not there, or not as it was made. A file whose
        time of change differs is read, the others are not."""
        made = self._page(stretch.camera).files.get(stretch.file)
        path = self._footage / stretch.file
        try:
            there = path.stat()
            if made is None or there.st_size != made.size_bytes:
                return None
            if there.st_mtime_ns != made.modified_ns:
                if hashlib.sha256(path.read_bytes()).hexdigest() != made.sha256:
                    return None
                self.note(stretch, made.sha256)
        except OSError:
            return None
        return made.sha256

    def note(self, stretch: Stretch, sha256: str) -> None:
        """Remember a file that was just made. Raises OSError."""
        there = (self._footage / stretch.file).stat()
        page = self._page(stretch.camera)
        page.files[stretch.file] = Made(sha256, there.st_size, there.st_mtime_ns)
        write_whole(self._path(stretch.camera), msgspec.json.encode(page))

    def _page(self, camera: int) -> Page:
        page = self._pages.get(camera)
        if page is None:
            page = self._pages[camera] = self._read(camera)
        return page

    def _read(self, camera: int) -> Page:
        try:
            page = msgspec.json.decode(self._path(camera).read_bytes(), type=Page)
        except (OSError, msgspec.DecodeError):
            return Page(self._made_for, {})  # then the files are made once more
        return page if page.made_for == self._made_for else Page(self._made_for, {})

    def _path(self, camera: int) -> Path:
        return self._footage / f"c{camera:03d}.json"


def made_for(seed: int, size: Size, patients: int) -> str:
    """Names everything that the pictures depend on."""
    quality = " ".join(f"{name} {value}" for name, value in QUALITY.items())
    return f"seed {seed}, {size.name}, {patients} patients, {CODEC} {quality}, form {FORM}"
