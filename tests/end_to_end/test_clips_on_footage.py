"""Clips of what a trace really found: real clips, real models, workers in processes of their own."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from engine.api.client import EngineClient, EngineSaysNo, until_answering
from engine.api.review_schema import Clip
from engine.api.schema import CandidateView
from tests.end_to_end.spoil import void
from tests.end_to_end.test_sample_traces import SAMPLE
from tui.commands.bring_in import bring_in, start_all
from tui.commands.engine_process import private_engine
from tui.commands.trace import read_cases

MOST_BYTES = 2 * 1024 * 1024
CLIPS = 4


@pytest.fixture(scope="module")
def socket(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    assert shared.is_dir()
    with private_engine(SAMPLE / "site.toml", tmp_path_factory.mktemp("clips"), workers=1) as made:
        yield made


async def found(client: EngineClient) -> tuple[str, tuple[CandidateView, ...]]:
    """The authorisation of a trace that is over, and its candidates."""
    await until_answering(client, 30.0)
    folders = read_cases([SAMPLE / "cases" / "A"], SAMPLE / "site.toml")
    authorisations = await bring_in(client, folders, void)
    (trace_id,) = (await start_all(client, authorisations)).values()
    async for snapshot in client.snapshots():
        if all(row.state.machine_done for row in snapshot.traces):
            break
    return authorisations["A"], (await client.trace(trace_id)).candidates


def lies_within(clip: Clip, candidate: CandidateView) -> bool:
    """Every frame at most two seconds from the sighting."""
    times = [frame.at for frame in clip.frames if frame.at is not None]
    first, last = (times[0] - candidate.start).total_seconds(), (times[-1] - candidate.end).total_seconds()
    return len(times) == len(clip.frames) and first >= -2.001 and last <= 2.001


async def test_what_a_trace_found_is_shown_as_clips_until_its_authorisation_is_revoked(socket: Path) -> None:
    async with EngineClient(socket) as client:
        authorisation_id, candidates = await found(client)
        assert len(candidates) >= CLIPS
        for candidate in candidates[:CLIPS]:
            clip = await client.clip(candidate.candidate_id)
            assert 1 < len(clip.frames) <= 60
            assert lies_within(clip, candidate)
            assert any(frame.face_px for frame in clip.frames)
            assert len(msgspec.json.encode(clip)) < MOST_BYTES
            assert {frame.kind for frame in clip.frames} == {"clip"}
            picture = cv2.imdecode(np.frombuffer(clip.frames[0].jpeg, np.uint8), cv2.IMREAD_COLOR)
            assert picture.shape[1] <= 320
        told = [(line.action, line.outcome) for line in await client.audit()]
        assert len(told) < 1000, "a page of the audit, which is all of it"
        assert told.count(("clip", "intent")) == CLIPS
        await client.revoke_authorisation(authorisation_id)
        with pytest.raises(EngineSaysNo, match=r"revoked.*\[G1\]"):
            await client.clip(candidates[0].candidate_id)
