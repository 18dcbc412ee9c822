"""The client of a witness server: HTTPS, and only to a server whose certificate is the known one."""

import asyncio
import contextlib
import ssl
from pathlib import Path
from typing import TypeVar

import httpx
import msgspec

from adapters.witness.certificate import digest
from adapters.witness.wire import CHECKPOINTS, LATEST, MAX_BODY_BYTES, Problem, Remembered, Told
from engine.domain.checkpoint import SignedCheckpoint, parse_note
from engine.domain.errors import InputError, Refused
from engine.ports import WitnessAway

T = TypeVar("T")
PATIENCE_S = 2.0


class HttpWitness:
    """A Witness behind a URL. The server is known by the SHA-256 ``fingerprint`` of its certificate, or
    by an authority in ``ca_file``. Raises InputError where neither is given, or the URL is not HTTPS."""

    def __init__(self, url: str, origin: str, *, fingerprint: str = "", ca_file: Path | None = None) -> None:
        self._url = httpx.URL(url)
        if self._url.scheme != "https" or not self._url.host:
            raise InputError("is no https address", place="witness", mend="write https://HOST:PORT")
        self._fingerprint = fingerprint.replace(":", "").lower()
        if bool(self._fingerprint) == bool(ca_file):
            raise InputError(
                "needs either a fingerprint or a certificate file",
                place="witness",
                mend="take the fingerprint that the witness server prints",
            )
        self._ca_file = ca_file
        self._origin = origin
        self._http: httpx.AsyncClient | None = None

    async def aclose(self) -> None:
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def latest(self) -> SignedCheckpoint | None:
        content = await self._ask("GET", LATEST, None)
        note = _read(content, Remembered).note
        try:
            return parse_note(note) if note else None
        except InputError:
            raise WitnessAway("the witness answers with what is no checkpoint") from None

    async def remember(self, signed: SignedCheckpoint, since: int, proof: tuple[bytes, ...]) -> None:
        told = Told(note=signed.note(), since=since, proof=proof)
        answer = _read(await self._ask("POST", CHECKPOINTS, msgspec.json.encode(told)), Remembered)
        if answer.note != told.note:
            raise WitnessAway("the witness does not say that it remembers just this")

    async def _ask(self, method: str, path: str, body: bytes | None) -> bytes:
        """Content of a good answer. Raises Refused where the witness disagrees, else WitnessAway."""
        try:
            http = self._http or await self._opened()
            query = {"origin": self._origin} if body is None else None
            async with http.stream(method, path, params=query, content=body) as answer:
                content = b""
                async for block in answer.aiter_bytes():
                    content += block
                    if len(content) > MAX_BODY_BYTES:
                        raise WitnessAway("the witness answers without end")
        except (httpx.HTTPError, OSError) as problem:
            words = str(problem) or type(problem).__name__
            raise WitnessAway(f"the witness at {self._url.host} does not answer: {words}") from None
        if answer.status_code == 200:
            return content
        problem_said = _read(content, Problem)
        if problem_said.code == "disagrees":
            raise Refused(f"the witness disagrees: {problem_said.message[:200]}", rule="G13")
        raise WitnessAway(f"the witness says: {problem_said.message[:200]}")

    async def _opened(self) -> httpx.AsyncClient:
        self._http = httpx.AsyncClient(
            base_url=self._url,
            verify=await self._context(),
            timeout=httpx.Timeout(PATIENCE_S),
            trust_env=False,
            follow_redirects=False,
        )
        return self._http

    async def _context(self) -> ssl.SSLContext:
        """Trusts one certificate: the authority's, or the very one that has the fingerprint."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._ca_file is not None:
            try:
                context.load_verify_locations(cafile=self._ca_file)
            except (OSError, ssl.SSLError):
                raise WitnessAway(f"{self._ca_file}: is no certificate file") from None
            return context
        context.check_hostname = False  # the certificate is known, whatever name it bears
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=ssl.DER_cert_to_PEM_cert(await self._certificate()))
        return context

    async def _certificate(self) -> bytes:
        """The server's certificate, looked at before anything is said. Raises WitnessAway where it has
        not the fingerprint."""
        looking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        looking.check_hostname = False
        looking.verify_mode = ssl.CERT_NONE
        async with asyncio.timeout(PATIENCE_S):
            _, writer = await asyncio.open_connection(
                self._url.host, self._url.port or 443, ssl=looking, ssl_handshake_timeout=PATIENCE_S
            )
        found: bytes | None = writer.get_extra_info("ssl_object").getpeercert(True)
        writer.close()
        with contextlib.suppress(OSError, ssl.SSLError, TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await writer.wait_closed()
        if found is None or digest(found) != self._fingerprint:
            raise WitnessAway(f"the server at {self._url.host} has another certificate than the witness's")
        return found


def _read(content: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.MsgspecError:
        raise WitnessAway("the witness answers with what cannot be read") from None
