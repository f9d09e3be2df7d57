"""The palette keeps its contrast, whatever colours a town chooses."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from server.towns.reading import load_identity
from server.towns.shape import Colours
from server.towns.theme import PAIRS, contrast, of_oklch, palette, theme_css, to_oklch

HEX = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")
COLOURS = st.builds(Colours, brand=HEX, accent=HEX, ground=HEX)
NAMES = [
    "bg",
    "card",
    "ink",
    "ink-2",
    "line",
    "field",
    "brand-fill",
    "on-brand",
    "brand-ink",
    "brand-soft",
    "accent",
    "ok-ink",
    "ok-soft",
    "warn-ink",
    "warn-soft",
    "bad-ink",
    "bad-soft",
    "shadow",
]


def lowest(colours: Colours, dark: bool) -> dict[str, float]:
    """By colour: how far its worst ground is above (or, below 1, under) the contrast that it needs."""
    found = palette(colours, dark)
    return {
        name: min(contrast(found[name], found[ground]) for ground in grounds) / ratio for name, grounds, ratio in PAIRS
    }


@pytest.mark.parametrize("dark", [False, True])
def test_every_pair_of_the_demo_town_can_be_read(dark: bool) -> None:
    assert min(lowest(load_identity("vigneux").colours, dark).values()) >= 1


@settings(max_examples=60)
@given(COLOURS, st.booleans())
@example(Colours(brand="#ffffff", accent="#ffffff", ground="#000000"), False)
@example(Colours(brand="#000000", accent="#000000", ground="#ffffff"), True)
@example(Colours(brand="#ffff00", accent="#00ff00", ground="#ff00ff"), False)
@example(Colours(brand="#ad660a", accent="#57d127", ground="#841486"), False)
def test_a_town_cannot_choose_colours_that_nobody_reads(colours: Colours, dark: bool) -> None:
    assert {name: margin for name, margin in lowest(colours, dark).items() if margin < 1} == {}


def test_contrast_is_measured_as_wcag_does() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
    assert contrast("#0000ff", "#ffffff") == pytest.approx(8.592, abs=0.001)


@given(HEX)
def test_a_colour_survives_the_way_to_oklch_and_back(colour: str) -> None:
    back = of_oklch(to_oklch(colour))
    parts = [(int(colour[at : at + 2], 16), int(back[at : at + 2], 16)) for at in (1, 3, 5)]
    assert max(abs(one - other) for one, other in parts) <= 4


def test_the_style_sheet_has_every_name_for_light_and_for_dark() -> None:
    light, dark = theme_css(load_identity("vigneux").colours).split("@media (prefers-color-scheme: dark)")
    for sheet, scheme in ((light, "light"), (dark, "dark")):
        assert set(re.findall(r"--([a-z0-9-]+):", sheet)) == set(NAMES)
        assert f"color-scheme: {scheme};" in sheet
    assert "url(" not in light + dark
