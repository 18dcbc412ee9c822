"""Every visible word has its Korean, and what the engine says is understood as far as it is known."""

import ast
import asyncio
import re
import time
from collections.abc import Iterator
from typing import get_args

import msgspec
import pytest

from engine.api import case_schema, schema, site_schema
from engine.api.client import EngineSaysNo
from engine.trace.words import SCALE
from tests.screens.driving import NARROW, WIDE, seated
from tests.screens.fake_contacts import line_list
from tests.screens.fake_engine import FakeEngine, a_candidate, a_detail
from tests.tui.visible_words import PHRASE, bare_phrases, labels, visible_words
from tui.clean import clean
from tui.comfort.settings import Language
from tui.language import catalogue
from tui.language.catalogue import Catalogue, pattern_of, tr, tr_engine
from tui.language.spoken import SENTENCES, in_own_language, spoken
from tui.language.words import count, day, left

KOREAN = catalogue.catalogue("ko")
HANGUL = re.compile("[가-힣]")
# Names of values, what is looked for in others' words, and pieces whose whole is made elsewhere.
NEVER_SEEN = {
    "not asked", "handed in", "shows no face", "shows covered eyes", "px between the eyes", "go to: ",
    "the line list", "the timeline", " as a file, after the case number was typed", "unreadable answer (",
}  # fmt: skip


@pytest.fixture
def in_korean() -> Iterator[None]:
    catalogue.use("ko")
    try:
        yield
    finally:
        catalogue.use("en")


def gaps(words: str) -> list[str]:
    """The names of what is put in, whatever their order."""
    return sorted(re.findall(r"\{(\w*)[^}]*\}", words))


def test_every_visible_word_is_said_in_korean() -> None:
    missing = {words: where for words, where in visible_words().items() if words not in KOREAN.words}
    assert missing == {}, "add them to configs/words/ko.toml"


def test_no_phrase_of_a_screen_is_bare(in_korean: None) -> None:
    bare = {words: where for words, where in bare_phrases().items() if not HANGUL.search(tr_engine(words))}
    assert bare.keys() <= NEVER_SEEN, {words: bare[words] for words in bare.keys() - NEVER_SEEN}


def test_a_bare_phrase_or_label_would_be_found() -> None:
    tree = ast.parse("""Text("Nobody was here")
Column(title="bare title", cells=3)
[("bare label", Text(said))]
Mark("!", "bare word", "alarm")""")
    found = {words for node in ast.walk(tree) for words in labels(node)}
    assert found == {"bare title", "bare label", "bare word"}
    assert PHRASE.search("Nobody was here") and not PHRASE.search("card-head") and not PHRASE.search("%H:%M")


def test_what_is_put_into_a_sentence_is_put_into_the_korean_one_too() -> None:
    assert {en: ko for en, ko in KOREAN.words.items() if gaps(en) != gaps(ko)} == {}
    for pattern, said in KOREAN.patterns:
        assert sorted(pattern.groupindex) == gaps(said)


def test_korean_is_korean_and_cannot_be_read_as_markup() -> None:
    for korean in KOREAN.words.values():
        assert HANGUL.search(korean) or not re.search("[A-Za-z]", re.sub(r"\{\w*\}", "", korean)), korean
    assert [ko for ko in KOREAN.words.values() if re.search(r"\[[a-z@#/$]", ko)] == []


def test_every_language_that_can_be_chosen_has_a_catalogue() -> None:
    assert set(get_args(Language)) == {"auto", *catalogue.LANGUAGES}
    assert catalogue.catalogue("xx") == Catalogue()


def test_without_a_word_in_the_catalogue_the_english_one_is_said(in_korean: None) -> None:
    assert tr("never heard of {n}", n=3) == "never heard of 3"
    assert tr_engine("never heard of it") == "never heard of it"


def test_times_are_said_as_koreans_write_them(in_korean: None) -> None:
    zone = FakeEngine().now.tzinfo
    assert zone is not None
    now = FakeEngine().now
    assert day(now, zone) == "2026년 3월 2일(월)"
    assert left(now, now) == "만료"
    assert count(34_000) == "34k"


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        (
            "41 px between the eyes, sharp, turned 12 degrees",
            "눈 사이 41픽셀, 선명함, 12도 돌아봄",
        ),
        ("41 px between the eyes, slightly soft, frontal", "눈 사이 41픽셀, 조금 흐림, 정면"),
        (
            "40 m and 6 min after the confirmed sighting at cam2: no journey is that fast",
            "cam2에서 확인된 포착과 40m 거리, 6분 뒤: 그렇게 빠른 이동은 없음",
        ),
        (
            "1.2 km and 1 h 5 min before the confirmed sighting at cam 3: possible on foot"
            " (up to 2.5 m/s, Bohannon 1997)",
            "cam 3에서 확인된 포착과 1.2km 거리, 1시간 5분 앞: 걸어서 가능(최고 초속 2.5m, Bohannon 1997)",
        ),
        ("meets WHO contact (1 m, 15 min)", "WHO 접촉자 기준에 해당(1m, 15분)"),
        ("no face search: there is no reference photograph", "얼굴 검색 없음: 기준 사진 없음"),
        (
            "the face stood 41 px high, 60 are needed to confirm; zoom in, then answer [G10]",
            "얼굴 높이 41픽셀, 확인에는 60픽셀이 필요합니다. 확대한 뒤 판단하십시오 [G10]",
        ),
        ("something new; look first [G10]", "something new. 먼저 보십시오 [G10]"),
        ("wears a mask: eyes and brow only", "마스크 착용: 눈과 이마만 비교"),
    ],
)
def test_sentences_of_the_engine_are_understood(in_korean: None, english: str, korean: str) -> None:
    assert tr_engine(english) == korean


def test_every_degree_of_support_and_all_evidence_of_the_fake_is_said_in_korean(in_korean: None) -> None:
    for sentence in (*(words for _, words in SCALE), *a_candidate(1).evidence):
        assert HANGUL.search(tr_engine(sentence)), sentence


def test_in_english_nothing_is_changed() -> None:
    detail = a_detail("A")
    assert in_own_language(detail) is detail
    assert tr_engine("frontal") == "frontal"


def test_names_and_ids_are_never_translated(in_korean: None) -> None:
    detail = a_detail("consent")
    named = msgspec.structs.replace(detail.candidates[0], camera_name="frontal", place="sharp")
    said = in_own_language(msgspec.structs.replace(detail, candidates=(named,)))
    assert (said.trace.case_id, said.candidates[0].camera_name, said.candidates[0].place) == (
        "consent",
        "frontal",
        "sharp",
    )
    assert HANGUL.search(said.candidates[0].evidence[0])


def test_a_person_who_is_called_like_a_word_keeps_their_name(in_korean: None) -> None:
    assert tr_engine("frontal") == "정면"
    assert tr_engine("frontal asked for it") == "frontal 님이 요청한 것입니다"


def test_a_sentence_that_is_there_whole_is_read_as_no_other_one(in_korean: None) -> None:
    assert tr_engine("is not UTF-8; send JSON in UTF-8") == "UTF-8이 아닙니다. JSON을 UTF-8로 보내십시오"


def test_every_field_that_holds_sentences_is_one_of_the_wire() -> None:
    structs = {**vars(schema), **vars(case_schema), **vars(site_schema)}
    for kind, names in SENTENCES.items():
        assert names <= set(structs[kind].__struct_fields__), kind


async def test_a_refusal_is_said_in_korean_with_its_number(in_korean: None) -> None:
    engine = FakeEngine()
    engine.refusal = EngineSaysNo(403, "G1", "the authorisation has expired [G1]")
    with pytest.raises(EngineSaysNo) as caught:
        await spoken(clean(engine)).undo("C-A-1", version=1)
    assert str(caught.value) == "허가가 만료되었습니다 [G1]"
    assert (caught.value.status, caught.value.code) == (403, "G1")


@pytest.mark.parametrize("hostile", ["; " * 200, ", " * 200, "{n}" * 80, "(" * 400, "1 h " * 100, "{0.x}; y"])
def test_no_sentence_takes_long_or_does_anything(in_korean: None, hostile: str) -> None:
    begun = time.process_time()
    tr_engine(hostile[:400])
    assert time.process_time() - begun < 0.5


def test_a_gap_for_a_number_takes_numbers_alone() -> None:
    assert pattern_of("{n} px high").fullmatch("41.5 px high")
    assert not pattern_of("{n} px high").fullmatch("many px high")
    assert pattern_of("at {camera} (west)").fullmatch("at cam.1 (west)")


@pytest.mark.parametrize("size", [WIDE, NARROW, (60, 18)])
async def test_the_desk_speaks_korean_at_every_size(in_korean: None, size: tuple[int, int]) -> None:
    async with seated(size=size) as seat:
        text = seat.text()
        assert text.splitlines()[-1].rstrip().endswith("? 도움말  q 나가기")
        assert size != WIDE or ("검토 필요" in text and "눈 사이 41픽셀" in text)
        await seat.press("space")
        assert "판단할 수 없는 이유" in seat.text() and "마스크가 많이 가림" in seat.text()


async def test_keys_come_while_a_large_answer_is_put_into_korean(in_korean: None) -> None:
    engine = FakeEngine()
    engine.has_contacts(line_list(3_000))
    turns = 0

    async def keys() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    typing = asyncio.create_task(keys())
    await spoken(engine).contacts("A")
    typing.cancel()
    assert turns > 10
