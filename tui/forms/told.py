"""What people say beside time and place: how sure they are, whether with a mask, and with how many."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tui.forms.pieces import normal

CERTAIN, LIKELY, UNSURE = "certain", "likely", "unsure"
YES, NO, PARTLY = "yes", "no", "partly"
OTHERS = "others"  # nobody said how many; who it was stays here

_CERTAINTY: Mapping[str, tuple[str, ...]] = {
    CERTAIN: ("sure", "certain", "certainly", "definitely", "quite sure", "very sure", "확실", "확실함",
              "확실해요", "확실합니다", "분명", "분명함"),
    LIKELY: ("likely", "probably", "probable", "i think", "보통", "아마", "아마도", "그럴듯"),
    UNSURE: ("unsure", "not sure", "uncertain", "maybe", "perhaps", "불확실", "불확실함", "애매", "글쎄",
             "잘 모름", "확실하지 않음"),
}  # fmt: skip
_MASKS: Mapping[str, tuple[str, ...]] = {
    YES: ("mask", "masked", "with mask", "with a mask", "mask on", "mask worn", "mask yes", "wore a mask",
          "마스크", "마스크 착용", "마스크 씀", "마스크 썼음", "착용"),
    NO: ("no mask", "without mask", "without a mask", "unmasked", "mask off", "mask no", "maskless",
         "노마스크", "마스크 없음", "마스크 없이", "마스크 미착용", "마스크 안 씀", "마스크 안씀", "미착용"),
    PARTLY: ("partly", "mask partly", "partly masked", "partly mask", "mask sometimes", "sometimes mask",
             "half masked", "일부", "마스크 일부", "가끔 마스크", "턱스크"),
}  # fmt: skip
_CERTAINTIES = {phrase: value for value, phrases in _CERTAINTY.items() for phrase in phrases}
_MASKED = {phrase: value for value, phrases in _MASKS.items() for phrase in phrases}
_SHARE = re.compile(r"(\d{1,3})\s*%|(0?\.\d+)")
_ALONE = re.compile(r"alone|by (?:my|him|her|them)sel(?:f|ves)|nobody|with nobody|혼자(?:서)?|홀로")
_COUNTED = re.compile(
    r"(?:with\s+)?(\d{1,3})(?:\s*(?:others?|people|persons?|companions?|friends?|family|colleagues?|명)"
    r"(?:과|와|하고|이랑)?)?(?:\s+(?:with|together|함께|같이)\b.*)?"
)
_COUNTED_KO = re.compile(r".*?(\d{1,3})\s*명.*")
_SOME = re.compile(
    r"(?:together\s+)?with\s+\S.*|together|\S+?(?:와|과|랑|하고)(?:\s*(?:함께|같이))?|(?:함께|같이).*"
)
MOST_PHRASE_WORDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """ "" for what was not said. ``companions``: a number as digits, or ``others``: their names are other
    people's data and go nowhere."""

    certainty: str = ""
    mask: str = ""
    companions: str = ""


def read_told(text: str, so_far: Told) -> Told | None:
    """``so_far`` with what ``text`` adds; None where it is nothing of this kind. Several in one part,
    as in ``sure mask``, are found too."""
    said = re.sub(r"\s+", " ", normal(text)).strip(" .")
    if not said:
        return so_far
    if (whole := _one(said, so_far)) is not None:
        return whole
    words = said.split(" ")
    for size in range(min(MOST_PHRASE_WORDS, len(words) - 1), 0, -1):
        first = _one(" ".join(words[:size]), so_far)
        rest = read_told(" ".join(words[size:]), first) if first is not None else None
        if rest is not None:
            return rest
    return None


def _one(said: str, so_far: Told) -> Told | None:
    if value := _CERTAINTIES.get(said):
        return replace(so_far, certainty=value)
    if value := _MASKED.get(said):
        return replace(so_far, mask=value)
    if match := _SHARE.fullmatch(said):
        share = int(match[1]) / 100 if match[1] else float(match[2])
        return replace(so_far, certainty=f"{share:.2f}") if share <= 1 else None
    if _ALONE.fullmatch(said):
        return replace(so_far, companions="0")
    if match := _COUNTED.fullmatch(said) or _COUNTED_KO.fullmatch(said):
        return replace(so_far, companions=str(int(match[1])))
    return replace(so_far, companions=OTHERS) if _SOME.fullmatch(said) else None
