"""The palette of every screen, from the town's three colours: light and dark, contrast measured and corrected.

Sources: WCAG 2.2, 1.4.3 (text 4.5:1) and 1.4.11 (fields and icons 3:1); OKLCH as published by Björn Ottosson (2020).
Plain hexadecimal colours come out, so that old phones, which know no relative colours, read them too.
"""

from collections.abc import Mapping, Sequence
from math import atan2, cbrt, cos, hypot, pi, sin

from server.towns.shape import Colours

TEXT, FIELD = 4.5, 3.0
STEP = 0.004
GREEN, AMBER, RED = 2.55, 1.10, 0.45  # hues of "done", "careful" and "refused", in radians; words and icons say it too

# What is drawn on what: every pair that the screens use, and the contrast that it must have.
SURFACES = ("bg", "card")
SOFT = ("brand-soft", "ok-soft", "warn-soft", "bad-soft")
PAIRS: tuple[tuple[str, tuple[str, ...], float], ...] = (
    ("ink", (*SURFACES, *SOFT), TEXT),
    ("ink-2", (*SURFACES, *SOFT), TEXT),
    ("brand-ink", (*SURFACES, "brand-soft"), TEXT),
    ("ok-ink", (*SURFACES, "ok-soft"), TEXT),
    ("warn-ink", (*SURFACES, "warn-soft"), TEXT),
    ("bad-ink", (*SURFACES, "bad-soft"), TEXT),
    ("on-brand", ("brand-fill",), TEXT),
    ("brand-fill", SURFACES, FIELD),
    ("field", (*SURFACES, *SOFT), FIELD),
    ("accent", SURFACES, FIELD),
)


def theme_css(colours: Colours) -> str:
    """The text of ``/theme.css``: custom properties in ``:root``, for light and for dark screens."""
    dark = _block(palette(colours, dark=True), "dark", indent="    ")
    light = _block(palette(colours, dark=False), "light", indent="  ")
    return f":root {{\n{light}}}\n@media (prefers-color-scheme: dark) {{\n  :root {{\n{dark}  }}\n}}\n"


def _block(values: Mapping[str, str], scheme: str, indent: str) -> str:
    lines = [f"color-scheme: {scheme};", *(f"--{name}: {value};" for name, value in values.items())]
    return "".join(f"{indent}{line}\n" for line in lines)


def palette(colours: Colours, dark: bool) -> dict[str, str]:
    """Custom property (without dashes) → value. Every pair of `PAIRS` has its contrast, whatever the town's colours."""
    brand, accent, ground = (to_oklch(one) for one in (colours.brand, colours.accent, colours.ground))
    tint = min(ground[1], 0.02)
    found = {
        "bg": of_oklch((0.17 if dark else 0.975, tint / 2, ground[2])),
        "card": of_oklch((0.215, tint / 2, ground[2])) if dark else "#ffffff",
        "line": of_oklch((0.34 if dark else 0.89, tint, ground[2])),
        "brand-soft": _soft(brand, dark),
    }
    for name, hue in (("ok", GREEN), ("warn", AMBER), ("bad", RED)):
        found[f"{name}-soft"] = _soft((0.6, 0.12, hue), dark)
        found[f"{name}-ink"] = of_oklch((0.80 if dark else 0.42, 0.12, hue))
    found["ink"] = of_oklch((0.95 if dark else 0.22, tint, ground[2]))
    found["ink-2"] = of_oklch((0.76 if dark else 0.45, tint, ground[2]))
    found["field"] = of_oklch((0.62 if dark else 0.58, tint, ground[2]))
    found["brand-ink"] = of_oklch((max(brand[0], 0.78) if dark else min(brand[0], 0.45), brand[1], brand[2]))
    found["brand-fill"] = of_oklch((max(brand[0], 0.72), brand[1], brand[2])) if dark else colours.brand
    found["accent"] = of_oklch((max(accent[0], 0.70), accent[1], accent[2])) if dark else colours.accent
    # What is written on a filled button is white, or nearly black on dark screens: it is the fill that gives way.
    found["on-brand"] = of_oklch((0.17, tint, ground[2])) if dark else "#ffffff"
    found["brand-fill"] = reach(found["brand-fill"], [found["on-brand"]], TEXT, lighter=dark)
    for name, grounds, ratio in PAIRS:
        if name != "on-brand":
            found[name] = reach(found[name], [found[ground] for ground in grounds], ratio, lighter=dark)
    found["shadow"] = "0 1px 2px rgb(0 0 0 / 0.5)" if dark else "0 1px 3px rgb(15 23 32 / 0.14)"
    return found


def _soft(colour: tuple[float, float, float], dark: bool) -> str:
    """A pale (or deep) ground of the same hue, for text to lie on."""
    return of_oklch((0.28 if dark else 0.955, min(colour[1], 0.045 if dark else 0.03), colour[2]))


def reach(colour: str, grounds: Sequence[str], ratio: float, lighter: bool) -> str:
    """The colour, made lighter (or darker) only as far as it takes to stand out from all grounds by ``ratio``."""
    lightness, chroma, hue = to_oklch(colour)
    while min(contrast(colour, ground) for ground in grounds) < ratio and 0 < lightness < 1:
        lightness = min(1.0, lightness + STEP) if lighter else max(0.0, lightness - STEP)
        colour = of_oklch((lightness, chroma, hue))
    return colour


def contrast(one: str, other: str) -> float:
    """WCAG 2's contrast ratio, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def to_oklch(colour: str) -> tuple[float, float, float]:
    """Lightness 0–1, chroma (0 is grey), hue in radians."""
    red, green, blue = _linear(colour)
    long = cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, hypot(a, b), atan2(b, a) % (2 * pi)


def of_oklch(colour: tuple[float, float, float]) -> str:
    """The colour as ``#rrggbb``; chroma that a screen cannot show is given up, lightness and hue are kept."""
    lightness, chroma, hue = colour
    while chroma > 0 and not all(-1e-4 <= part <= 1 + 1e-4 for part in _rgb(lightness, chroma, hue)):
        chroma = max(0.0, chroma - STEP)
    return "#" + "".join(f"{round(255 * _encoded(part)):02x}" for part in _rgb(lightness, chroma, hue))


def _rgb(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * cos(hue), chroma * sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _linear(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return _decoded(red), _decoded(green), _decoded(blue)


def _decoded(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _encoded(part: float) -> float:
    part = min(max(part, 0.0), 1.0)
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
