"""Rows of scores: dot, interval, target and earlier round on one track; heat map cells beside them."""

from __future__ import annotations

from dataclasses import dataclass

from ui import formats
from ui.charts.canvas import Canvas, fitted, text_width, wrapped
from ui.charts.spec import DimensionGroup, DimensionRow, DimensionRows, Number, PillarRows, Scored

NAME_SIZE, AXIS_SIZE = 14.0, 12.5


@dataclass(frozen=True)
class Track:
    """Where 0 and 100 lie."""

    left: float
    width: float

    def at(self, score: float) -> float:
        """The pixel of a score."""
        return self.left + self.width * score / 100


def points(value: Number) -> str:
    """A score as people read it: a whole number, half up; an en dash where there is none."""
    return "–" if value is None else formats.number(value)


def interval(row: Scored) -> str:
    """ "32–44", or an en dash where the method gives none."""
    return "–" if row.low is None or row.high is None else f"{points(row.low)}–{points(row.high)}"


def since(row: Scored) -> str:
    """The change against the earlier round, from the exact scores."""
    if row.earlier is None or row.score is None:
        return "–"
    return formats.signed(formats.rounded(row.score) - formats.rounded(row.earlier))


def draw_marks(canvas: Canvas, track: Track, y: float, row: Scored, *, ends: bool = False) -> None:
    """One row of marks around the height ``y``."""
    letter = row.code[0].lower()
    canvas.line(track.left, y, track.left + track.width, y, "c-grid")
    if ends:
        for score in (0, 50, 100):
            canvas.line(track.at(score), y - 4, track.at(score), y + 4, "c-grid")
    if row.low is not None and row.high is not None:
        canvas.rect(track.at(row.low), y - 4, track.at(row.high) - track.at(row.low), 8, f"c-{letter} c-band")
    if row.earlier is not None:
        canvas.circle(track.at(row.earlier), y, 4, "c-ring")
    if row.target is not None:
        canvas.line(track.at(row.target), y - 10, track.at(row.target), y + 10, "c-tick")
    if row.score is not None:
        canvas.circle(track.at(row.score), y, 5.5, f"c-{letter}")


def draw_axis(canvas: Canvas, track: Track, y: float) -> None:
    """The scale above the rows."""
    for score in (0, 25, 50, 75, 100):
        # At the edges of a narrow drawing the words lie inside it.
        anchor = "end" if track.at(score) > canvas.width - 12 else "" if track.at(score) < 8 else "middle"
        canvas.text(track.at(score), y, str(score), "c-axis", anchor)


def pillar_columns(spec: PillarRows) -> list[tuple[str, list[str]]]:
    """Heads and words of the columns at the right."""
    columns: list[tuple[str, list[str]]] = []
    if any(row.low is not None for row in spec.rows) and "Interval" not in spec.extra_heads:
        columns.append(("Interval", [interval(row) for row in spec.rows]))
    change = f"Since {spec.earlier_label}"
    if any(row.earlier is not None for row in spec.rows) and change not in spec.extra_heads:
        columns.append((change, [since(row) for row in spec.rows]))
    for index, head in enumerate(spec.extra_heads):
        columns.append((head, [row.extras[index] if row.extras else "–" for row in spec.rows]))
    return columns


MIN_TRACK = 140.0


@dataclass(frozen=True)
class _PillarPlan:
    """Where the parts of a pillar row stand."""

    name_width: float
    track: Track
    right: float
    gap: float
    columns: list[tuple[str, list[str]]]
    widths: list[float]


def _give_way(columns: list[tuple[str, list[str]]], rows: int) -> bool:
    """Make the columns narrower by one step; False when nothing may go.

    First a column that says the same in every row goes, then the name of the earlier round (the unit line
    has it), then the number of people (the table has it).
    """
    same = [index for index, (_, values) in enumerate(columns) if len(set(values)) == 1]
    if same and rows > 1:
        del columns[same[0]]
        return True
    heads = [head for head, _ in columns]
    long = [index for index, head in enumerate(heads) if head.startswith("Since ")]
    if long:
        columns[long[0]] = ("Change", columns[long[0]][1])
        return True
    if "People" in heads:
        del columns[heads.index("People")]
        return True
    return False


def _pillar_plan(spec: PillarRows, width: float) -> _PillarPlan:
    """Columns give way where the track would become too short to read."""
    wide = width > 800
    gap = 28.0 if wide else 12.0
    name_width = max([text_width(row.name, 17) for row in spec.rows] + [90]) + (24 if wide else 20)
    columns = pillar_columns(spec)
    while True:
        widths = [max(text_width(word, NAME_SIZE) for word in (title, *values)) for title, values in columns]
        right = width - sum(widths) - gap * len(widths)
        room = right - name_width - (90 if wide else 64)
        if room >= MIN_TRACK or not _give_way(columns, len(spec.rows)):
            track = Track(name_width + (62 if wide else 54), max(room, 60))
            return _PillarPlan(name_width, track, right, gap, columns, widths)


def pillar_wide(spec: PillarRows, uid: str, width: float, cls: str) -> str:
    """Name, score, track and columns in one row each."""
    canvas = Canvas(uid, width)
    plan = _pillar_plan(spec, width)
    step, head = (52.0, 30.0) if width > 800 else (40.0, 26.0)
    score_at = plan.track.left - 18
    canvas.text(0, 14, "Pillar", "c-head")
    canvas.text(score_at, 14, "Score", "c-head", "end")
    canvas.line(0, head - 8, width, head - 8, "c-rule")
    for index, row in enumerate(spec.rows):
        y = head + step * index + step / 2 - 6
        canvas.rect(0, y - 9, 4, 18, f"c-{row.code[0].lower()}")
        canvas.text(14, y + 6, fitted(row.name, plan.name_width - 10, 17), "c-pillar")
        canvas.text(score_at, y + 8, points(row.score), "c-score", "end")
        draw_marks(canvas, plan.track, y, row, ends=True)
        canvas.line(0, head + step * (index + 1) - 6, width, head + step * (index + 1) - 6, "c-grid")
    x = plan.right
    for (title, values), column in zip(plan.columns, plan.widths, strict=True):
        x += plan.gap + column
        canvas.text(x, 14, title, "c-head", "end")
        for index, words in enumerate(values):
            canvas.text(x, head + step * index + step / 2 - 1, words, "c-cell", "end")
    return canvas.markup(head + step * len(spec.rows), spec.title, cls)


def pillar_narrow(spec: PillarRows, uid: str, width: float, cls: str) -> str:
    """Name and score, the track below, the columns as words."""
    canvas = Canvas(uid, width)
    columns = pillar_columns(spec)
    track = Track(6, width - 12)
    y = 0.0
    for index, row in enumerate(spec.rows):
        canvas.rect(0, y + 9, 4, 18, f"c-{row.code[0].lower()}")
        canvas.text(14, y + 25, fitted(row.name, width - 70, 18), "c-pillar")
        canvas.text(width, y + 27, points(row.score), "c-score", "end")
        draw_marks(canvas, track, y + 46, row)
        said = [(title, values[index]) for title, values in columns if values[index] != "–"]
        words = " · ".join(_in_words(title, value) for title, value in said)
        lines = wrapped(words, width, AXIS_SIZE) if words else []
        for number, line in enumerate(lines):
            canvas.text(0, y + 74 + 17 * number, line, "c-axis")
        y += 66 + 17 * len(lines)
        canvas.line(0, y + 2, width, y + 2, "c-grid")
        y += 8
    return canvas.markup(y, spec.title, cls)


def _in_words(title: str, value: str) -> str:
    if title == "Interval" or value.lower().startswith(title.lower()):
        return value.lower()
    return (
        f"{value} {title[:1].lower()}{title[1:]}"
        if title.startswith("Since ")
        else f"{title.lower()} {value}"
    )


@dataclass(frozen=True)
class _Columns:
    """Where the parts of a dimension row stand."""

    name_width: float
    track: Track
    cells_left: float
    cell_width: float
    slanted: bool


def _columns(spec: DimensionRows, width: float) -> _Columns:
    wide = width > 800
    name_width = min(max([text_width(row.name, NAME_SIZE) for row in spec.rows] + [60]) + 8, width * 0.24)
    left = 36 + name_width + 14
    count = len(spec.functions)
    if not count:
        return _Columns(name_width, Track(left, width - left - 76), width, 0, False)
    share = 0.46 if wide else 0.42
    cell = (width - left - 52) * share * (1.2 if wide else 1.25) / count
    slanted = cell < 56
    # The last slanted head leans over the gap column; it must end inside the drawing.
    room = max(52, text_width(spec.functions[-1], AXIS_SIZE) * 0.72 - cell / 2) if slanted else 52
    cells_left = width - room - cell * count
    return _Columns(name_width, Track(left, cells_left - left - 26), cells_left, cell, slanted)


def dimension_wide(spec: DimensionRows, uid: str, width: float, cls: str) -> str:
    """All pillars one below the other: code, name, track, cells, gap."""
    canvas = Canvas(uid, width)
    columns = _columns(spec, width)
    y = _dimension_heads(canvas, spec, columns, width)
    for group in spec.groups:
        if group.name:
            canvas.rect(0, y + 6, 4, 14, f"c-{group.code.lower()}")
            canvas.text(12, y + 18, group.name, "c-group")
            canvas.line(0, y + 27, width, y + 27, "c-rule")
            y += 32
        for row in group.rows:
            y += _dimension_row(canvas, columns, y, row, spec, width)
        y += 6 if group.name else 0
    return canvas.markup(y + 2, spec.title, cls)


def _dimension_heads(canvas: Canvas, spec: DimensionRows, columns: _Columns, width: float) -> float:
    last = "Gap" if spec.functions else "Short by"
    longest = max((text_width(name, AXIS_SIZE) for name in spec.functions), default=0)
    # Widths are those of bold letters; these are regular, about one in twenty narrower.
    heads = [wrapped(name, columns.cell_width * 1.03, AXIS_SIZE, 3) for name in spec.functions]
    height = 10.0 + 15 * max((len(lines) for lines in heads), default=1)
    if columns.slanted:
        height = longest * 0.72 + 16
    draw_axis(canvas, columns.track, height - 6)
    if spec.functions or any(row.target is not None for row in spec.rows):
        canvas.text(width, height - 6, last, "c-axis", "end")
    for index, name in enumerate(spec.functions):
        middle = columns.cells_left + columns.cell_width * (index + 0.5)
        if columns.slanted:
            canvas.text(middle, height - 6, name, "c-axis", turn=-45)
            continue
        lines = heads[index]
        for number, line in enumerate(lines):
            canvas.text(middle, height - 6 - 15 * (len(lines) - 1 - number), line, "c-axis", "middle")
    return height + 2


def _dimension_row(
    canvas: Canvas, columns: _Columns, top: float, row: DimensionRow, spec: DimensionRows, width: float
) -> float:
    lines = wrapped(row.name, columns.name_width, NAME_SIZE)
    height = 26.0 + 16 * (len(lines) - 1)
    y = top + height / 2
    if spec.groups and not spec.groups[0].name:
        canvas.rect(0, y - 7, 4, 14, f"c-{row.code[0].lower()}")
    canvas.text(10 if not spec.groups[0].name else 0, y + 5, row.code, "c-code")
    for number, line in enumerate(lines):
        canvas.text(40, y + 5 + 16 * (number - (len(lines) - 1) / 2), line, "c-name")
    draw_marks(canvas, columns.track, y, row)
    for index, cell in enumerate(row.cells):
        _cell(canvas, columns.cells_left + columns.cell_width * index, top, columns.cell_width, height, cell)
    last = row.gap if spec.functions else row.short_by
    if last is not None:
        strong = "c-strong" if not spec.functions or last >= 35 else "c-cell"
        canvas.text(width, y + 5, points(last), strong, "end")
    return height


def _cell(canvas: Canvas, x: float, y: float, width: float, height: float, value: Number) -> None:
    if value is None:
        canvas.hatched(x + 1, y + 1, width - 2, height - 2)
        return
    step = min(int(formats.rounded(value)) // 20, 4)
    canvas.rect(x + 1, y + 1, width - 2, height - 2, f"c-h{step}")
    canvas.text(x + width / 2, y + height / 2 + 4.5, points(value), f"c-on-h{step}", "middle")


def dimension_narrow(spec: DimensionRows, group: DimensionGroup, uid: str, width: float, cls: str) -> str:
    """One pillar: name and score, the track, highest and lowest function in words, and the gap."""
    canvas = Canvas(uid, width)
    track = Track(6, width - 12)
    draw_axis(canvas, track, 14)
    y = 18.0
    for row in group.rows:
        canvas.text(0, y + 19, row.code, "c-code")
        lines = wrapped(row.name, width - 90, NAME_SIZE)
        for number, line in enumerate(lines):
            canvas.text(34, y + 19 + 17 * number, line, "c-name")
        canvas.text(width, y + 19, points(row.score), "c-strong", "end")
        y += 17 * (len(lines) - 1)
        draw_marks(canvas, track, y + 38, row)
        words, last = extremes(spec, row), row.gap if spec.functions else row.short_by
        if words:
            canvas.text(0, y + 65, fitted(words, width - 80, AXIS_SIZE), "c-axis")
        if last is not None:
            canvas.text(
                width, y + 65, f"{'gap' if spec.functions else 'short by'} {points(last)}", "c-cell", "end"
            )
        y += 74 if words or last is not None else 54
        canvas.line(0, y, width, y, "c-grid")
        y += 2
    return canvas.markup(y + 2, f"{spec.title}: {group.name}" if group.name else spec.title, cls)


def extremes(spec: DimensionRows, row: DimensionRow) -> str:
    """ "Sponsor 46, practitioner 2": the highest and the lowest function."""
    known = [(cell, name) for cell, name in zip(row.cells, spec.functions, strict=True) if cell is not None]
    if not known:
        return ""
    high = max(known, key=lambda pair: pair[0])
    low = min(known, key=lambda pair: pair[0])
    if high == low:
        return f"{high[1]} {points(high[0])}"
    return f"{high[1]} {points(high[0])}, {low[1][:1].lower()}{low[1][1:]} {points(low[0])}"
