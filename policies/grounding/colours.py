"""Which colour word fits the points of a thing, whatever the light does to them."""

import numpy as np

# Centre and half-width of each hue in degrees on the HSV circle; the words that need more than a hue follow below.
HUES = {"red": (0, 17), "orange": (30, 14), "yellow": (55, 12), "green": (115, 48), "cyan": (183, 17), "blue": (222, 24),
        "purple": (278, 30), "pink": (330, 22)}  # fmt: skip


def colour_name(rgb: np.ndarray) -> str:
    """The colour word for points (N, 3) uint8 of one thing.

    Judged on the brighter half of the points, which light reaches; a dull, dark orange is brown, a pale red is pink.
    """
    lit = rgb[rgb.sum(axis=1) >= np.median(rgb.sum(axis=1))].astype(float).mean(axis=0) / 255
    value, low = lit.max(), lit.min()
    saturation = (value - low) / max(value, 1e-6)
    if saturation < 0.18:
        return "black" if value < 0.28 else "white" if value > 0.62 else "gray"
    if value < 0.14:
        return "black"
    hue = hue_degrees(lit)
    if value < 0.66 and 8 <= hue <= 45 and saturation < 0.85:
        return "brown"
    if saturation < 0.62 and (hue >= 300 or hue < 14) and value > 0.6:
        return "pink"
    return min(HUES, key=lambda name: abs((hue - HUES[name][0] + 180) % 360 - 180) / HUES[name][1])


def hue_degrees(rgb: np.ndarray) -> float:
    """The HSV hue in [0, 360) of a colour (3,) in [0, 1]."""
    red, green, blue = rgb
    span = max(rgb.max() - rgb.min(), 1e-9)
    if rgb.max() == red:
        return float(60 * (((green - blue) / span) % 6))
    return float(60 * ((blue - red) / span + 2)) if rgb.max() == green else float(60 * ((red - green) / span + 4))
