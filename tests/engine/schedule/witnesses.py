"""Witnesses that answer as a test wants."""

import asyncio
import contextlib

from engine.domain.checkpoint import SignedCheckpoint
from engine.domain.errors import Refused
from engine.domain.merkle import is_consistent
from engine.ports import WitnessAway


class RememberingWitness:
    """Does what a witness is for; ``away`` and ``hang`` make it fail. ``kept`` is its memory."""

    def __init__(self) -> None:
        self.kept: list[SignedCheckpoint] = []
        self.asked = 0
        self.away = ""
        self.loses_answers = False

    async def latest(self) -> SignedCheckpoint | None:
        self._reached()
        return self.kept[-1] if self.kept else None

    async def remember(self, signed: SignedCheckpoint, since: int, proof: tuple[bytes, ...]) -> None:
        self._reached()
        last = self.kept[-1].checkpoint if self.kept else None
        if since != (last.size if last else 0):
            raise WitnessAway("the witness has moved on")
        new = signed.checkpoint
        if last is not None and not is_consistent(
            first=last.size, second=new.size, first_root=last.root, second_root=new.root, proof=proof
        ):
            raise Refused("the audit is not the one that the witness remembers", rule="G13")
        self.kept.append(signed)
        if self.loses_answers:
            raise WitnessAway("the line went dead")

    def _reached(self) -> None:
        self.asked += 1
        if self.away:
            raise WitnessAway(self.away)


PATIENCE_S = 20.0  # a test that fails has to end some time


class HangingWitness(RememberingWitness):
    """Never answers until ``release`` is set, and does not let itself be cancelled either."""

    def __init__(self) -> None:
        super().__init__()
        self.release = asyncio.Event()

    async def latest(self) -> SignedCheckpoint | None:
        self.asked += 1
        loop = asyncio.get_running_loop()
        give_up = loop.time() + PATIENCE_S
        while not self.release.is_set() and loop.time() < give_up:
            with contextlib.suppress(asyncio.CancelledError, TimeoutError):
                await asyncio.wait_for(self.release.wait(), give_up - loop.time())
        return self.kept[-1] if self.kept else None
