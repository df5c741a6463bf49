"""Where seals lie on the last pages of a sheet; static/css/sheet.css draws the same places. Pure."""

from __future__ import annotations

MM = 72 / 25.4
PAGE_HEIGHT = 297
LEFT, TOP = 24, 22 + 30
WIDTH, HEIGHT = 80, 38
COLUMN, ROW = 87, 44
COLUMNS, ROWS = 2, 5
PER_PAGE = COLUMNS * ROWS


def box_of(place: int) -> tuple[int, int, int, int]:
    """The corners of one place, left, low, right, high, in points from the lower left corner of the page."""
    left = LEFT + COLUMN * (place % COLUMNS)
    high = PAGE_HEIGHT - TOP - ROW * (place // COLUMNS)
    corners = (left, high - HEIGHT, left + WIDTH, high)
    return tuple(round(corner * MM) for corner in corners)  # type: ignore[return-value]
