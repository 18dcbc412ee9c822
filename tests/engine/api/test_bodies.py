"""Bodies: strict, and never so large that everybody waits while one is decoded."""

import base64
import json

import msgspec
import pytest

from engine.api.bodies import AT_ONCE_BYTES, PART_BYTES, decoded
from engine.api.schema import MAX_BODY_BYTES, CaseImport, RecordFile, Request
from engine.domain.errors import InputError
from engine.domain.record import Source
from engine.ports import RecordMapping
from tests.faults.heartbeat import heartbeat

STALL_S = 0.1
GPS = RecordMapping(source=Source.GPS)
BESIDE = '"file":"a.csv","mapping":{"source":"gps"}'


def body_of(content: bytes) -> bytearray:
    return bytearray(msgspec.json.encode(RecordFile(file="a.csv", content=content, mapping=GPS)))


PART_OF_FILE = PART_BYTES // 4 * 3


@pytest.mark.parametrize(
    "size",
    [0, 1, 100, AT_ONCE_BYTES, PART_OF_FILE - 1, PART_OF_FILE, PART_OF_FILE + 1, 2 * PART_OF_FILE + 2],
)
async def test_a_file_of_any_size_arrives_as_it_was_sent(size: int) -> None:
    content = bytes(range(256)) * (size // 256) + b"\x01" * (size % 256)
    assert await decoded(body_of(content), RecordFile) == RecordFile(
        file="a.csv", content=content, mapping=GPS
    )


async def test_the_order_and_the_spaces_of_another_client_are_taken_too() -> None:
    content = b"x" * AT_ONCE_BYTES
    text = json.dumps(
        {
            "mapping": {"source": "gps"},
            "file": 'of "content" : "x".csv',
            "content": base64.b64encode(content).decode(),
        },
        indent=2,
    )
    taken = await decoded(bytearray(text.encode()), RecordFile)
    assert (taken.file, taken.content) == ('of "content" : "x".csv', content)


LARGE = base64.b64encode(b"x" * 2 * PART_BYTES).decode()
REFUSED = {
    "no base64": (f'{{{BESIDE},"content":"{"*" * 2 * AT_ONCE_BYTES}"}}', "content: is not base64"),
    "padded in the middle": (
        f'{{{BESIDE},"content":"{LARGE[: PART_BYTES - 1]}={LARGE[PART_BYTES:]}"}}',
        "content: is not base64",
    ),
    "ends inside": (f'{{{BESIDE},"content":"{LARGE}', "content: is not JSON"),
    "ends after": (f'{{{BESIDE},"content":"{LARGE}"', "body: is not JSON"),
    "in something else": (f'{{{BESIDE},"x":{{"content":"{LARGE}"}}}}', "unknown field `x`"),
    "in the mapping": (f'{{"file":"a","mapping":{{"content":"{LARGE}"}},"content":""}}', "unknown field"),
    "twice": (f'{{{BESIDE},"content":"{LARGE}","content":"{LARGE}"}}', "beside its file"),
    "a long name": (
        f'{{"file":"{"x" * 2 * AT_ONCE_BYTES}","mapping":{{"source":"gps"}},"content":""}}',
        "without a file",
    ),
    "a long tail": (f'{{{BESIDE},"content":"","subject_keys":["{"x" * 2 * AT_ONCE_BYTES}"]}}', "beside"),
}


@pytest.mark.parametrize(("text", "why"), REFUSED.values(), ids=REFUSED)
async def test_a_large_body_of_another_form_is_refused_with_its_place(text: str, why: str) -> None:
    with pytest.raises(InputError) as refused:
        await decoded(bytearray(text.encode()), RecordFile)
    assert why in str(refused.value)


async def test_what_carries_no_file_is_never_large() -> None:
    text = f'{{"case_id":"c","disease":"{LARGE}","notification_ref":"","content":"{LARGE}"}}'
    with pytest.raises(InputError, match="without a file"):
        await decoded(bytearray(text.encode()), CaseImport)


HOSTILE: dict[str, tuple[bytes, int]] = {
    "lists": (b"[],", 3),
    "texts": (b'"",', 3),
    "numbers": (b"0,", 2),
    "escapes": (b'"\\u1234",', 9),
}


@pytest.mark.parametrize(("unit", "size"), HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("kind", [RecordFile, CaseImport])
async def test_nobody_waits_for_a_body_that_was_made_to_take_long(
    unit: bytes, size: int, kind: type[Request]
) -> None:
    times = MAX_BODY_BYTES // size
    body = bytearray(b'{"content":"","subject_keys":[' + unit * times + b'""]}')
    async with heartbeat() as heart:
        with pytest.raises(InputError):
            await decoded(body, kind)
    assert heart.longest_cpu_s < STALL_S
