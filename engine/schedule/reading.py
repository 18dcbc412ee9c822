"""One reading of the footage of a camera, for everybody who waits for the same minutes.

Where there are more files than can be handed over at once, it goes by parts. Nothing is carried from
one file to the next in a scan, so what is found is the same.
"""

from collections.abc import Sequence

import msgspec

from engine.domain.camera import Segment
from engine.domain.errors import InputError
from engine.domain.track import WindowResult
from engine.ports import FootageSource
from engine.schedule.channel import MAX_DESCRIPTORS
from engine.schedule.frames import FromWorker, GrantResult, Scan, ScanDone, ScanProgress, SubjectOfScan
from engine.schedule.process import OnTheWay, WorkerProcess
from engine.schedule.waiting import Wanted, hand_out

Asking = tuple[Wanted, SubjectOfScan]


class Reading:
    """``asking`` are those whose permission stands, one at least."""

    def __init__(self, footage: FootageSource | None, asking: Sequence[Asking]) -> None:
        self._footage = footage
        self._asking = list(asking)
        files = list({s.file: s for wanted, _ in asking for s in wanted.request.segments}.values())
        starts = range(0, max(1, len(files)), MAX_DESCRIPTORS)
        self._parts = [files[start : start + MAX_DESCRIPTORS] for start in starts]
        self._missing: dict[str, str] = {}
        self._found: dict[str, WindowResult] = {}  # by grant

    async def by(self, process: WorkerProcess) -> None:
        """Have it read by this worker, and hand out to each their own. Raises ChannelClosed or TimeoutError
        where the worker fails; then nothing was handed out."""
        live = self._asking
        for number in range(len(self._parts)):
            live = [(w, s) for w, s in live if not w.over and (number == 0 or self._goes_on(w))]
            if not live:
                break
            wanted_files = {s.file for wanted, _ in live for s in wanted.request.segments}
            part = [segment for segment in self._parts[number] if segment.file in wanted_files]
            if number and not part:
                continue
            answer = await self._read(process, number, part, live)
            if not isinstance(answer, ScanDone):
                hand_out([wanted for wanted, _ in live], answer, self._missing)
                break
            self._note(live, answer)
        results = tuple(GrantResult(grant_id=g, result=result) for g, result in self._found.items())
        for wanted, _ in self._asking:
            if wanted.stopped:  # perhaps between two parts: what the earlier ones gave is not the whole
                wanted.give_stopped(wanted.stopped)
        hand_out([wanted for wanted, _ in self._asking], ScanDone(job="", results=results), self._missing)

    async def _read(
        self, process: WorkerProcess, number: int, part: Sequence[Segment], live: Sequence[Asking]
    ) -> FromWorker:
        opened = self._open(part)
        request = live[0][0].request
        message = Scan(
            job=request.window.window_id,
            camera=request.camera,
            segments=tuple(segment for segment, _ in opened),
            subjects=tuple(subject for _, subject in live),
        )

        def progress(told: OnTheWay) -> None:
            if isinstance(told, ScanProgress):
                share = (number + told.fraction) / len(self._parts)
                for wanted, _ in live:
                    wanted.request.progress(share, told.frames, told.faces)

        return await process.ask(message, [descriptor for _, descriptor in opened], progress)

    def _goes_on(self, wanted: Wanted) -> bool:
        """Whether the worker accepted the grant so far, and did not see it end."""
        result = self._found.get(wanted.grant_id)
        return result is not None and not result.stopped

    def _note(self, live: Sequence[Asking], answer: ScanDone) -> None:
        """What one part gave, added to what the parts before it gave. Who is given nothing in one of them
        has nothing."""
        given = {r.grant_id: r.result for r in answer.results}
        for wanted, _ in live:
            before = self._found.pop(wanted.grant_id, None)
            if result := given.get(wanted.grant_id):
                self._found[wanted.grant_id] = joined(before, result) if before else result

    def _open(self, segments: Sequence[Segment]) -> list[tuple[Segment, int]]:
        opened: list[tuple[Segment, int]] = []
        for segment in segments:
            try:
                if self._footage is None:
                    raise InputError("this site has no footage", place="footage")
                opened.append((segment, self._footage.open(segment)))
            except InputError as problem:
                self._missing[segment.file] = str(problem)
        return opened


def joined(before: WindowResult, more: WindowResult) -> WindowResult:
    """Two parts of one window; of one whose permission ended on the way nothing is kept."""
    return msgspec.structs.replace(
        before,
        tracks=() if more.stopped else (*before.tracks, *more.tracks),
        frames=before.frames + more.frames,
        faces=before.faces + more.faces,
        cannot_assess=before.cannot_assess + more.cannot_assess,
        sampling=more.sampling or before.sampling,
        stopped=more.stopped,
        problems=(*before.problems, *more.problems),
    )
