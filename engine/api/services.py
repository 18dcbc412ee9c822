"""What the routes lead to, made once per engine."""

from dataclasses import dataclass
from typing import Self

from engine.api.auditing import Auditing
from engine.api.authorise import Authorise
from engine.api.board import Board
from engine.api.city import City
from engine.api.closing import Closing
from engine.api.household import Household
from engine.api.intake import Intake
from engine.api.keeping import Keeping
from engine.api.orders import Orders
from engine.api.photos import Photos
from engine.api.preview import Preview
from engine.api.refusals import Refusals
from engine.api.review import Review
from engine.api.sources import Sources
from engine.api.standing import Standing
from engine.api.tracing import Tracing
from engine.api.upkeep import Upkeep
from engine.api.witnessing import Witnessing
from engine.audit.checkpoint import CheckpointSigner
from engine.schedule.notary import Notary
from engine.schedule.runner import Runner
from engine.schedule.sweep import Sweeper
from engine.trace.context import Context
from engine.trace.footage_table import Footage


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One service a subject; ``routes.py`` says which request goes where."""

    standing: Standing
    intake: Intake
    photos: Photos
    orders: Orders
    sources: Sources
    authorise: Authorise
    tracing: Tracing
    review: Review
    auditing: Auditing
    closing: Closing
    upkeep: Upkeep
    witnessing: Witnessing
    refusals: Refusals
    board: Board
    keeping: Keeping
    preview: Preview
    city: City
    household: Household

    @classmethod
    def of(
        cls,
        context: Context,
        runner: Runner,
        sweeper: Sweeper,
        signer: CheckpointSigner,
        notary: Notary,
        standing: Standing,
    ) -> Self:
        """All of them over one context."""
        tracing = Tracing(context, runner)
        footage = Footage(context)
        return cls(
            standing=standing,
            intake=Intake(context, runner),
            photos=Photos(context),
            orders=Orders(context, runner),
            sources=Sources(context),
            authorise=Authorise(context, runner),
            tracing=tracing,
            review=Review(context, tracing),
            auditing=Auditing(context, signer),
            closing=Closing(context, sweeper),
            upkeep=Upkeep(context),
            witnessing=Witnessing(context, signer, notary),
            refusals=Refusals(context, context.clock.boottime_s),
            board=Board(context, footage),
            keeping=Keeping(context),
            preview=Preview(context),
            city=City(context),
            household=Household(context, footage, standing.vitals),
        )
