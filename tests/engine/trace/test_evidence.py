import math
import tomllib
from importlib import resources

import msgspec
import pytest

from engine.domain.model import Calibration, CalibrationBand
from engine.domain.track import MaskState
from engine.trace.evidence import band_for, pair_of, score

BARE, MASKED, UNKNOWN = MaskState.BARE, MaskState.MASKED, MaskState.UNKNOWN


def band(pair: str, from_px: float, intercept: float, slope: float, limit: float = 6.0) -> CalibrationBand:
    return CalibrationBand(
        pair=pair,
        inter_eye_from_px=from_px,
        intercept=intercept,
        slope=slope,
        lower=limit,
        upper=limit,
        mated=400,
        non_mated=9000,
    )


CALIBRATION = Calibration(
    name="made up",
    embedder_sha256="00",
    provenance="test",
    floor_inter_eye_px=20.0,
    floor_blur=10.0,
    max_yaw_deg=30.0,
    bands=(
        band("bare", 20, -6.0, 20.0),
        band("bare", 48, -8.0, 30.0),
        band("one_masked", 20, -3.0, 10.0),
        band("both_masked", 20, -2.0, 5.0, limit=2.0),
    ),
)


def llr(cosine: float = 0.4, **changes: object) -> tuple[float | None, str]:
    given: dict[str, object] = {
        "reference": BARE,
        "probe": BARE,
        "inter_eye_px": 30.0,
        "blur": 100.0,
        "yaw_deg": 0.0,
    }
    return score(changes.pop("calibration", CALIBRATION), cosine, **(given | changes))  # type: ignore[arg-type]


def test_a_cosine_becomes_a_natural_log_ratio_by_its_band() -> None:
    assert llr(0.4) == (pytest.approx(2.0), "")
    assert llr(0.4, inter_eye_px=48.0) == (pytest.approx(4.0), "")
    assert llr(0.4, probe=MASKED) == (pytest.approx(1.0), "")
    assert llr(0.4, reference=MASKED) == (pytest.approx(1.0), "")
    assert llr(0.4, reference=MASKED, probe=MASKED) == (pytest.approx(0.0), "")


def test_no_ratio_exceeds_what_its_band_supports() -> None:
    assert llr(0.99)[0] == 6.0
    assert llr(-0.99)[0] == -6.0
    assert llr(0.99, reference=MASKED, probe=MASKED)[0] == 2.0


def test_a_mask_that_is_not_known_takes_the_smaller_ratio() -> None:
    for cosine in (-0.5, 0.1, 0.29, 0.31, 0.6):
        both = (llr(cosine)[0], llr(cosine, probe=MASKED)[0])
        assert llr(cosine, probe=UNKNOWN)[0] == min(v for v in both if v is not None)
    assert llr(0.9, reference=UNKNOWN, probe=UNKNOWN)[0] == 2.0


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"calibration": None}, "model without calibration"),
        ({"inter_eye_px": 12.0}, "face too small (12 px between the eyes)"),
        ({"inter_eye_px": math.nan}, "face too small (nan px between the eyes)"),
        ({"blur": 9.9}, "face too blurred"),
        ({"blur": math.nan}, "face too blurred"),
        ({"yaw_deg": -31.0}, "face turned away"),
        ({"yaw_deg": math.nan}, "face turned away"),
        ({"cosine": math.nan}, "no comparable template"),
        ({"colourless": True}, "no colour (infrared light?)"),
        ({"probe": MASKED, "eyes_covered": True}, "mask and covered eyes"),
        ({"probe": UNKNOWN, "eyes_covered": True}, "mask and covered eyes"),
    ],
)
def test_poor_input_cannot_be_assessed_and_says_why(changes: dict[str, object], why: str) -> None:
    for cosine in (-1.0, 0.0, 1.0):
        assert llr(**({"cosine": cosine} | changes)) == (None, why)  # type: ignore[arg-type]


def test_dark_glasses_without_a_mask_are_assessed() -> None:
    assert llr(eyes_covered=True)[0] is not None


def test_a_state_that_was_never_measured_cannot_be_assessed() -> None:
    only_bare = msgspec.structs.replace(CALIBRATION, bands=CALIBRATION.bands[:2])
    assert llr(calibration=only_bare)[0] is not None
    assert llr(calibration=only_bare, probe=MASKED) == (
        None,
        "no calibration for one masked faces of this size",
    )
    assert llr(calibration=only_bare, probe=UNKNOWN)[0] is None


def test_a_band_begins_at_its_size_and_ends_at_the_next() -> None:
    chosen = [band_for(CALIBRATION, "bare", px) for px in (19.9, 20.0, 47.9, 48.0, 400.0)]
    assert [b.inter_eye_from_px if b else None for b in chosen] == [None, 20, 20, 48, 48]


def test_the_order_of_a_pair_does_not_matter() -> None:
    assert pair_of(BARE, MASKED) == pair_of(MASKED, BARE) == "one_masked"
    assert (pair_of(BARE, BARE), pair_of(MASKED, MASKED)) == ("bare", "both_masked")


@pytest.mark.parametrize("name", ["edgeface_xs", "edgeface_xxs", "mobilefacenet_foamliu"])
def test_shipped_calibrations_rise_with_likeness_and_cover_every_pair(name: str) -> None:
    text = (resources.files("configs") / "calibration" / f"{name}.toml").read_text("utf-8")
    shipped = msgspec.convert(tomllib.loads(text), Calibration)
    assert {b.pair for b in shipped.bands} == {"bare", "one_masked", "both_masked"}
    for one in shipped.bands:
        assert one.slope > 0
        assert 0 < one.lower <= math.log1p(one.mated) + 1e-9
        assert 0 < one.upper <= math.log1p(one.non_mated) + 1e-9
    for reference in (BARE, MASKED):
        for probe in (BARE, MASKED, UNKNOWN):
            values = [
                llr(c / 10, calibration=shipped, reference=reference, probe=probe, inter_eye_px=px)[0]
                for px in (20.0,)
                for c in range(-5, 11)
            ]
            assert all(v is not None for v in values)
            assert values == sorted(v for v in values if v is not None)
