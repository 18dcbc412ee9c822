"""Every tone can be read on every ground of its theme, by the measure of WCAG 2.2."""

from itertools import pairwise

import pytest

from tui.terminal.theme import (
    CONTRAST,
    CONTRAST_DESK,
    DARK,
    DESK,
    LIGHT,
    LIGHT_DESK,
    SIXTEEN,
    THEMES,
    TONES,
    Colours,
    fitting,
)

TONE_NAMES = ("text", "muted", "accent", "notice", "good", "alarm")


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.2, definition)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2, definition), 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("colours", "least"), [(DARK, 4.5), (LIGHT, 4.5), (CONTRAST, 7.0)])
@pytest.mark.parametrize("tone", TONE_NAMES)
def test_every_tone_stands_out_from_both_grounds(colours: Colours, least: float, tone: str) -> None:
    for ground in (colours.ground, colours.surface):
        assert contrast(getattr(colours, tone), ground) >= least
    assert contrast(colours.ground, colours.notice) >= least, "REHEARSAL is written in the ground's colour"


def test_borders_of_the_contrast_theme_are_seen_too() -> None:
    assert contrast(CONTRAST.line, CONTRAST.ground) >= 7
    assert contrast(DARK.line, DARK.ground) > 1.5


def test_tones_follow_the_theme_wherever_they_are_used() -> None:
    try:
        seen = []
        for name in THEMES:
            TONES.become(name)
            seen.append({tone: str(style) for tone, style in TONES.items()})
        assert all(before != after for before, after in pairwise(seen))
        assert len({frozenset(tones) for tones in seen}) == 1, "every theme has every tone"
    finally:
        TONES.become(DESK.name)


def test_the_terminals_own_theme_asks_for_no_colour_by_number() -> None:
    try:
        TONES.become(SIXTEEN.name)
        for style in TONES.values():
            for colour in (style.color, style.bgcolor):
                assert colour is None or (colour.number is not None and colour.number < 8)
    finally:
        TONES.become(DESK.name)


def test_a_terminal_of_sixteen_colours_gets_its_own_unless_a_person_wants_another() -> None:
    assert fitting("auto", "standard") == SIXTEEN.name
    assert fitting("auto", "truecolor") == fitting("auto", "256") == DESK.name
    assert fitting(LIGHT_DESK.name, "standard") == LIGHT_DESK.name
    assert fitting(CONTRAST_DESK.name, "truecolor") == CONTRAST_DESK.name
