"""A model file from its official address, by pinned size and hash. The only download in the house."""

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import httpx
import msgspec

from adapters.face.carry import make_folder, part_of, settle
from adapters.face.registry import sha256_of
from engine.domain.errors import InputError
from engine.domain.model import ModelDescriptor

Progress = Callable[[int, int], None]
"""Called with bytes there and bytes in all."""

TIMEOUT_S = 30.0


def pull(
    descriptor: ModelDescriptor, folder: Path, client: httpx.Client, progress: Progress
) -> ModelDescriptor:
    """Fetch a model into the folder; the descriptor comes back with ``file`` filled in.

    What an earlier call got stays in ``NAME.onnx.part`` and is resumed where the server can. The
    file gets its name only after size and sha256 were found right. Raises InputError otherwise.
    """
    path, part = folder / f"{descriptor.name}.onnx", part_of(descriptor, folder)
    if path.is_file() and path.stat().st_size == descriptor.bytes and sha256_of(path) == descriptor.sha256:
        progress(descriptor.bytes, descriptor.bytes)
        return msgspec.structs.replace(descriptor, file=str(path))
    if not descriptor.url:
        raise InputError(f"{descriptor.name} has no address to fetch it from", mend=by_hand(descriptor))
    make_folder(folder)
    try:
        fetch(descriptor, part, client, progress)
    except httpx.HTTPError as problem:
        raise InputError(
            f"cannot be reached ({type(problem).__name__})", file=descriptor.url, mend=by_hand(descriptor)
        ) from None
    except OSError as problem:
        why = (problem.strerror or "cannot be written").lower()
        raise InputError(why, file=str(part), mend="free space, or choose another folder") from None
    there = part.stat().st_size
    if there < descriptor.bytes:
        raise InputError(
            f"ended after {there} of {descriptor.bytes} bytes",
            file=descriptor.url,
            mend="run the command again: it goes on from there",
        )
    return settle(descriptor, part, folder, came_from=descriptor.url)


def fetch(descriptor: ModelDescriptor, part: Path, client: httpx.Client, progress: Progress) -> None:
    """Append to ``part`` what is missing, never more than one byte beyond the pinned size."""
    there = part.stat().st_size if part.is_file() else 0
    if there > descriptor.bytes:
        part.unlink()
        there = 0
    if there == descriptor.bytes:
        return
    headers = {"Accept-Encoding": "identity"}
    if there:
        headers["Range"] = f"bytes={there}-"
    with client.stream(
        "GET", descriptor.url, headers=headers, follow_redirects=True, timeout=TIMEOUT_S
    ) as answer:
        if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink(missing_ok=True)
        if answer.status_code not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            raise InputError(
                f"the server answers {answer.status_code}", file=descriptor.url, mend=by_hand(descriptor)
            )
        resumed = answer.status_code == HTTPStatus.PARTIAL_CONTENT and answer.headers.get(
            "Content-Range", ""
        ).startswith(f"bytes {there}-")
        if answer.status_code == HTTPStatus.PARTIAL_CONTENT and not resumed:
            raise InputError("the server sent another part than asked for", file=descriptor.url)
        there = there if resumed else 0
        with part.open("ab" if resumed else "wb") as file:
            try:
                for block in answer.iter_raw():
                    file.write(block[: descriptor.bytes + 1 - there])
                    there = min(there + len(block), descriptor.bytes + 1)
                    progress(min(there, descriptor.bytes), descriptor.bytes)
                    if there > descriptor.bytes:
                        return
            except httpx.RemoteProtocolError:
                return  # cut off: what came is kept, and the caller sees that it is too short


def by_hand(descriptor: ModelDescriptor) -> str:
    """What to do on a server without a network."""
    source = f"fetch {descriptor.url} elsewhere, " if descriptor.url else ""
    return f"{source}carry the file over by hand and run: tracedesk models add FILE"
