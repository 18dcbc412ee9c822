"""Makes checkpoints of the audit and hands them to the witness, in a task of its own.

Nothing waits for the witness: a try has two seconds, and what hangs longer is left hanging. What follows
from its silence is a rule, ``engine.audit.witnessed.require_witnessed``.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

from engine.audit import checkpoint, counts, tree
from engine.audit.checkpoint import CheckpointSigner, is_signed
from engine.audit.witnessed import Standing, acknowledged, compare, note_disagreement, witnessed
from engine.domain.checkpoint import SignedCheckpoint
from engine.domain.errors import InputError, Refused, fault
from engine.ports import Clock, Store, Transaction, Witness, WitnessAway
from engine.store import events
from engine.store.authorisations import latest_time
from engine.store.writer import StoreBroken

T = TypeVar("T")
EVERY_LINES, EVERY_S = 100, 60.0  # a checkpoint is made at whichever comes first
ALIVE_S = 300.0  # a sign of life where nothing new comes
TRY_S = 2.0
LOOK_S = 1.0
AT_ONCE = 1000  # lines by which a witness that knows less is led on, from its own size upwards
LONGEST_PAUSE_S = 60.0  # between tries: 1, 2, 4 ... s


@dataclass(frozen=True, slots=True, kw_only=True)
class NotaryState:
    """For health. ``size`` lines are signed for; the witness remembers ``acknowledged_size`` of them.
    ``silent_for_s`` is None where it never answered. ``problem`` is one line, or ""; so is ``damage``, of
    the log itself, which nothing heals while the engine runs."""

    size: int
    acknowledged_size: int
    acknowledged_at: datetime | None
    silent_for_s: float | None
    problem: str
    damage: str


class Notary:
    """Use as an async context manager; raises InputError on entry where the witness remembers another
    audit than this database holds. Without a witness checkpoints are made and kept here."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        signer: CheckpointSigner,
        witness: Witness | None,
        try_s: float = TRY_S,
    ) -> None:
        self._store = store
        self._clock = clock
        self._signer = signer
        self._witness = witness
        self._try_s = try_s
        self._one = asyncio.Lock()  # who asks the witness has it to themselves
        self._hanging: asyncio.Task[Any] | None = None
        self._task: asyncio.Task[None] | None = None
        self._made = self._acknowledged = 0
        self._acknowledged_at: datetime | None = None
        self._made_s = self._heard_s = self._try_again_s = float("-inf")
        self._failures = 0
        self._problem = ""
        self._damage = ""
        self._told = ""

    async def __aenter__(self) -> Self:
        await self.prepare()
        await self.check_at_start()
        self._task = asyncio.create_task(self._run(), name="notary")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """A last checkpoint, and one last try to hand it over."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(StoreBroken, Refused):
            await self._make()
            if self._witness and self._made > self._acknowledged:
                await self._hand_over(self._witness)

    def state(self) -> NotaryState:
        silent = None
        if self._acknowledged_at is not None:
            silent = max(0.0, (self._clock.now() - self._acknowledged_at).total_seconds())
        return NotaryState(
            size=self._made,
            acknowledged_size=self._acknowledged,
            acknowledged_at=self._acknowledged_at,
            silent_for_s=silent,
            problem=self._problem,
            damage=self._damage,
        )

    async def prepare(self) -> None:
        """Bring tree and counts of an older store up to date, in slices, and see how far it had come."""
        for work in (tree.catch_up, counts.catch_up):
            more = True
            while more:
                try:
                    more = await self._in_log(work)
                except Refused as problem:
                    self._problem, more = str(problem), False
        newest = await self._store.run(checkpoint.newest)
        self._made = newest.checkpoint.size if newest else 0
        self._acknowledged, self._acknowledged_at = await self._store.run(witnessed)

    async def check_at_start(self) -> None:
        """Ask the witness what it remembers. Raises InputError for a database that was rolled back or
        forked; a witness that does not answer is a problem, but no reason not to start."""
        if self._witness is None:
            return
        try:
            remembered = await self._ask(self._witness.latest(), self._deadline())
        except (WitnessAway, InputError, Refused) as problem:
            await self._failed(str(problem))
            return
        standing, words = await self._compared(remembered)
        if standing in (Standing.ROLLED_BACK, Standing.FORKED, Standing.STRANGE):
            raise InputError(
                words,
                file="audit",
                mend="put the newest database back, or restore a backup with: tracedesk restore",
            )

    async def ask(self) -> SignedCheckpoint | None:
        """What the witness remembers now. Raises Refused (G13) where nobody can say."""
        if self._witness is None:
            raise Refused("this engine has no witness", rule="G13", mend="name one in the settings")
        try:
            async with self._one:
                return await self._ask(self._witness.latest(), self._deadline())
        except (WitnessAway, InputError) as problem:
            raise Refused(str(problem), rule="G13", mend="mend the line to the witness first") from None

    async def look_again(self) -> None:
        """Another memory of the witness was accepted: hand over what it lacks, from the next tick on."""
        self._acknowledged, self._acknowledged_at = await self._store.run(witnessed)
        self._failures, self._problem, self._try_again_s = 0, "", float("-inf")

    async def tick(self) -> None:
        """Do what is due: make a checkpoint, hand it over, give a sign of life."""
        now_s = self._clock.boottime_s()
        size = await self._store.run(tree.size)
        if size - self._made >= EVERY_LINES or (size > self._made and now_s - self._made_s >= EVERY_S):
            await self._make()
        if self._witness is None or now_s < self._try_again_s:
            return
        if self._made > self._acknowledged or now_s - self._heard_s >= ALIVE_S:
            await self._hand_over(self._witness)

    async def _in_log(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Work on the log. What is refused there is damage of it, whatever the witness says."""
        try:
            return await self._store.run(work)
        except Refused as problem:
            self._damage = str(problem)
            raise

    async def _run(self) -> None:
        while True:
            try:
                await self.tick()
            except StoreBroken:
                return
            except Refused as problem:  # the log itself is damaged
                self._problem = str(problem)
            except Exception as problem:
                self._problem = fault(problem)
            await asyncio.sleep(LOOK_S)

    async def _make(self) -> None:
        async def make(tx: Transaction) -> SignedCheckpoint:
            return await checkpoint.make(tx, self._signer, await latest_time(tx, self._clock))

        more = True
        while more:  # a page at a time: the writer has others to serve
            more = await self._in_log(counts.catch_up)
        made = await self._in_log(make)
        self._made, self._made_s = made.checkpoint.size, self._clock.boottime_s()

    async def _hand_over(self, witness: Witness) -> None:
        try:
            async with self._one:
                await self._handed_over(witness, self._deadline())
        except WitnessAway as problem:
            await self._failed(str(problem))
        except Refused as problem:
            await self._disagrees(problem.reason)
            await self._failed(problem.reason)
        except InputError as problem:
            await self._failed(str(problem))

    async def _handed_over(self, witness: Witness, deadline: float) -> None:
        remembered = await self._ask(witness.latest(), deadline)
        standing, words = await self._compared(remembered)
        if standing is not Standing.AGREES:
            await self._failed(words)
            return
        since = remembered.checkpoint.size if remembered else 0
        signed, proof = await self._in_log(lambda tx: self._to_tell(tx, since))
        if signed is not None:
            await self._ask(witness.remember(signed, since, proof), deadline)
            await self._succeeded(signed.checkpoint.size)

    async def _compared(self, remembered: SignedCheckpoint | None) -> tuple[Standing, str]:
        standing, words = await self._in_log(lambda tx: compare(tx, self._signer, remembered))
        await self._disagrees("" if standing in (Standing.AGREES, Standing.FORGOT) else words)
        self._problem = words
        return standing, words

    async def _to_tell(
        self, tx: Transaction, since: int
    ) -> tuple[SignedCheckpoint | None, tuple[bytes, ...]]:
        """The next checkpoint and its proof, at most ``AT_ONCE`` lines on where one was made there, so that
        a witness that begins anew gets to know the past as well; signed afresh where nothing came since."""
        signed = await checkpoint.following(tx, since, AT_ONCE)
        if signed is None or not is_signed(signed, self._signer.verifier):  # of this engine's name then
            signed = await checkpoint.newest(tx)
        if signed is None or signed.checkpoint.size < since:
            return None, ()  # nothing yet that the witness does not know
        if signed.checkpoint.size == await tree.size(tx):
            signed = await checkpoint.current(tx, self._signer, await latest_time(tx, self._clock))
        size = signed.checkpoint.size
        return signed, await tree.consistency(tx, since, size) if 0 < since < size else ()

    async def _ask(self, asked: Coroutine[Any, Any, T], deadline: float) -> T:
        """The answer of the witness. Raises WitnessAway at the deadline, whether or not what hangs lets
        itself be cancelled; while it hangs nothing else is asked."""
        if self._hanging is not None and not self._hanging.done():
            asked.close()
            raise WitnessAway("the witness has still not answered")
        loop = asyncio.get_running_loop()
        self._hanging = task = asyncio.create_task(asked, name="asking the witness")
        task.add_done_callback(_look_away)
        try:
            done, _ = await asyncio.wait({task}, timeout=max(0.0, deadline - loop.time()))
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not done:
            task.cancel()
            raise WitnessAway(f"the witness did not answer within {self._try_s:g} s")
        return task.result()

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + self._try_s

    async def _succeeded(self, size: int) -> None:
        async def note(tx: Transaction) -> datetime:
            at = await latest_time(tx, self._clock)
            await acknowledged(tx, size, at)
            return at

        self._acknowledged_at = await self._store.run(note)
        self._acknowledged, self._heard_s = size, self._clock.boottime_s()
        self._failures, self._problem, self._try_again_s = 0, "", float("-inf")
        await self._tell("acknowledging")

    async def _failed(self, words: str) -> None:
        self._problem = words
        pause = min(LONGEST_PAUSE_S, 2.0 ** min(self._failures, 10))
        self._failures += 1
        self._try_again_s = self._clock.boottime_s() + pause
        await self._tell("silent")

    async def _disagrees(self, words: str) -> None:
        async def note(tx: Transaction) -> None:
            at = await latest_time(tx, self._clock)
            await note_disagreement(tx, at, self._signer.verifier.origin, words)

        await self._store.run(note)

    async def _tell(self, state: str) -> None:
        """An event for open consoles, where that is news."""
        if state == self._told:
            return
        self._told = state

        async def tell(tx: Transaction) -> None:
            at = await latest_time(tx, self._clock)
            await events.note(tx, at=at, kind="witness", object_id=self._signer.verifier.origin, state=state)

        await self._store.run(tell)


def _look_away(task: "asyncio.Task[Any]") -> None:
    """Take the outcome, also of what came too late, so that nobody complains that none did."""
    if not task.cancelled():
        task.exception()
