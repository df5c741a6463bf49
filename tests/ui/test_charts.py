"""One spec, three renderings of the same numbers; drawings that stay accessible and carry no style."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui import formats, samples
from ui.charts import canvas, fields, gantt, paper, plotly, rows, svg, table
from ui.charts.spec import (
    BadSpec,
    ChartSpec,
    DimensionGroup,
    DimensionRow,
    DimensionRows,
    Gantt,
    GanttGroup,
    GanttItem,
    Matrix,
    MatrixPoint,
    PillarRow,
    PillarRows,
    Radar,
    RadarAxis,
    WeekBars,
)

FIGURES = samples.all_figures()
SVG = "{http://www.w3.org/2000/svg}"


def all_svg(spec: ChartSpec) -> list[str]:
    made = svg.drawings(spec)
    return [made.wide, made.middle, *(part.svg for part in made.narrow)]


def parsed(markup: str) -> ElementTree.Element:
    return ElementTree.fromstring(markup)  # noqa: S314 - our own drawing


def texts(markup: str) -> list[str]:
    return ["".join(node.itertext()) for node in parsed(markup).iter(f"{SVG}text")]


@pytest.mark.parametrize("spec", FIGURES, ids=lambda spec: spec.key)
class TestDrawings:
    def test_is_one_labeled_image_without_style(self, spec: ChartSpec) -> None:
        for markup in all_svg(spec):
            root = parsed(markup)
            assert root.get("role") == "img"
            assert spec.title in str(root.get("aria-label"))
            for node in root.iter():
                assert not {"style", "stroke", "onclick"} & set(node.attrib)
                assert node.tag not in (f"{SVG}style", f"{SVG}script", f"{SVG}a")
                # A pattern has no class: only hatching fills by reference.
                assert node.get("fill", "url(#").startswith("url(#")

    def test_ids_are_unique_over_all_drawings(self, spec: ChartSpec) -> None:
        found = [name for markup in all_svg(spec) for name in re.findall(r' id="([^"]+)"', markup)]
        assert len(found) == len(set(found))
        used = {name for markup in all_svg(spec) for name in re.findall(r"url\(#([^)]+)\)", markup)}
        assert used <= set(found)

    def test_every_class_is_in_the_style_sheet(self, spec: ChartSpec) -> None:
        known = set(re.findall(r"\.chart \.(c-[a-z0-9-]+)", (paper.CSS / "chart.css").read_text()))
        used = {
            name
            for markup in all_svg(spec)
            for names in re.findall(r'class="(c-[^"]+)"', markup)
            for name in names.split()
        }
        assert used <= known

    def test_marks_lie_inside_the_drawing(self, spec: ChartSpec) -> None:
        for markup in all_svg(spec):
            root = parsed(markup)
            _, _, width, height = (float(part) for part in str(root.get("viewBox")).split())
            for node in root.iter(f"{SVG}circle"):
                assert 0 <= float(str(node.get("cx"))) <= width
                assert 0 <= float(str(node.get("cy"))) <= height

    def test_texts_end_inside_the_drawing(self, spec: ChartSpec) -> None:
        for markup in all_svg(spec):
            root = parsed(markup)
            width = float(str(root.get("viewBox")).split()[2])
            for node in root.iter(f"{SVG}text"):
                if node.get("transform"):
                    continue
                room = canvas.text_width("".join(node.itertext()), 12.5)
                share = {"middle": 0.5, "end": 1.0}.get(str(node.get("text-anchor")), 0.0)
                left = float(str(node.get("x"))) - room * share
                assert left >= -6, markup
                assert left + room <= width + 8, "".join(node.itertext())

    def test_on_paper_it_carries_its_colors(self, spec: ChartSpec) -> None:
        printed = svg.printed(spec)
        style = parsed(printed).find(f"{SVG}style")
        assert style is not None
        assert style.text is not None
        assert "var(" not in style.text
        assert "#14191F" in style.text

    def test_table_and_csv_hold_the_same(self, spec: ChartSpec) -> None:
        made = table.table(spec)
        read = list(csv.reader(io.StringIO(table.csv_text(spec))))
        assert tuple(read[0]) == made.heads
        assert len(read) == len(made.rows) + 1
        for line, row in zip(read[1:], made.rows, strict=True):
            assert line == ["" if value is None else str(value) for value in row]

    def test_plotly_is_json_of_known_traces(self, spec: ChartSpec) -> None:
        made = plotly.figure(spec)
        assert json.loads(json.dumps(made, allow_nan=False)) == made
        assert {trace["type"] for trace in made["data"]} <= set(plotly.TRACE_TYPES)


def column(spec: ChartSpec, head: str) -> list[Any]:
    made = table.table(spec)
    place = made.heads.index(head)
    return [row[place] for row in made.rows]


def trace(spec: ChartSpec, name: str) -> dict[str, Any]:
    return next(trace for trace in plotly.figure(spec)["data"] if trace["name"] == name)


class TestSameNumbers:
    def test_pillars(self) -> None:
        spec = samples.pillar_rows()
        drawn = texts(svg.drawings(spec).wide)
        scores = [row.score for row in spec.rows]
        assert column(spec, "Score") == scores == trace(spec, "Score")["x"]
        assert [words for words in drawn if words in {rows.points(score) for score in scores}] == [
            rows.points(score) for score in scores
        ]
        error = trace(spec, "Score")["error_x"]
        highs = [score + more for score, more in zip(scores, error["array"], strict=True)]
        assert highs == pytest.approx(column(spec, "High"))
        assert [f"{rows.points(row.low)}–{rows.points(row.high)}" for row in spec.rows] == [
            words for words in drawn if re.fullmatch(r"\d+–\d+", words)
        ]
        assert trace(spec, "Target")["x"] == column(spec, "Target")
        assert trace(spec, "April")["x"] == column(spec, "April")

    def test_places_of_the_marks(self) -> None:
        spec = samples.pillar_rows()
        root = parsed(svg.drawings(spec).narrow[0].svg)
        dots = [
            float(str(node.get("cx"))) for node in root.iter(f"{SVG}circle") if node.get("class") != "c-ring"
        ]
        assert dots == pytest.approx([6 + 338 * score / 100 for score in column(spec, "Score")], abs=0.01)

    def test_heat_map(self) -> None:
        spec = samples.dimension_rows()
        heat = trace(spec, "By function")
        assert heat["z"] == [list(row.cells) for row in spec.rows]
        for index, name in enumerate(spec.functions):
            assert column(spec, name) == [row.cells[index] for row in spec.rows]
        cells = re.findall(r'class="c-on-h\d" text-anchor="middle">([^<]+)<', svg.drawings(spec).wide)
        assert cells == [rows.points(cell) for row in spec.rows for cell in row.cells if cell is not None]
        missing = sum(cell is None for row in spec.rows for cell in row.cells)
        assert svg.drawings(spec).wide.count("c-hatch)") == missing
        assert column(spec, "Gap") == [row.gap for row in spec.rows]

    def test_radar(self) -> None:
        spec = samples.radar()
        values = [axis.value for axis in spec.axes]
        assert column(spec, "Round 3") == values == trace(spec, "Round 3")["r"][:-1]
        targets = [axis.target for axis in spec.axes]
        assert column(spec, "Target, June 2027") == targets == trace(spec, "Target, June 2027")["r"][:-1]

    def test_gantt(self) -> None:
        spec = samples.gantt()
        starts = {
            name: start
            for part in plotly.figure(spec)["data"]
            for name, start in zip(part["y"], part["base"], strict=True)
        }
        assert starts == {item.name: item.start.isoformat() for item in spec.items}
        assert column(spec, "Start") == [item.start.isoformat() for item in spec.items]
        drawn = texts(svg.drawings(spec).narrow[0].svg)
        assert [words for words in drawn if words in {item.name for item in spec.items}] == [
            item.name for item in spec.items
        ]
        assert "23 days late" in drawn
        assert "Today" in drawn
        assert "Phase 2, 11 Jun" in drawn

    def test_matrix(self) -> None:
        spec = samples.matrix()
        points = plotly.figure(spec)["data"][0]
        assert points["x"] == column(spec, "Feasibility") == [point.x for point in spec.points]
        assert points["y"] == column(spec, "Worth")

    def test_week_bars(self) -> None:
        spec = samples.week_bars()
        assert trace(spec, "Planned FTE")["y"] == column(spec, "Planned FTE") == list(spec.values)
        root = parsed(svg.drawings(spec).wide)
        heights = [float(str(node.get("height"))) for node in root.iter(f"{SVG}rect")]
        highest = fields.nice_top(1.6)
        assert heights == pytest.approx([180 * value / highest for value in spec.values], abs=0.01)
        assert "full in 9 weeks" in texts(svg.drawings(spec).wide)


LONG = "Responsibility of everybody who signs off the release of each model that is in use at any site " * 3
ARABIC = "ملكية الإنتاج والمسؤولية"


def bare(name: str = "Skills", score: float | None = 31.0, **more: Any) -> DimensionRow:
    return DimensionRow(code="T1", name=name, score=score, **more)


def one_row(row: DimensionRow, **more: Any) -> DimensionRows:
    groups = (DimensionGroup("T", "Team roles", (row,)),)
    return DimensionRows(key="one", title="Skills are rare", unit="Score", groups=groups, **more)


class TestEdges:
    @pytest.mark.parametrize("name", [LONG, "W" * 300])
    def test_long_names_end_with_an_ellipsis_and_are_whole_in_the_table(self, name: str) -> None:
        spec = one_row(bare(name))
        for markup in all_svg(spec):
            assert any(words.endswith("…") for words in texts(markup))
        assert table.table(spec).rows[0][1] == name

    def test_right_to_left_text_stays_whole_and_in_order(self) -> None:
        for markup in all_svg(one_row(bare(ARABIC))):
            assert " ".join(words for words in texts(markup) if words in ARABIC.split() or words == ARABIC)
            assert "".join(texts(markup)).count(ARABIC.split()[0]) == 1

    def test_a_combining_mark_never_stands_alone(self) -> None:
        cut = canvas.fitted("e\u0301" * 40, 60, 14)
        assert cut.endswith("…")
        assert cut.replace("e\u0301", "") == "…"

    def test_markup_in_texts_is_escaped(self) -> None:
        for markup in all_svg(one_row(bare('<script>alert("1")</script> & more'))):
            parsed(markup)
            assert "<script" not in markup

    @pytest.mark.parametrize(
        "spec",
        [
            PillarRows(key="none", title="Nobody answered", unit="Score", rows=()),
            DimensionRows(key="none", title="Nobody answered", unit="Score", groups=()),
            Radar(key="none", title="Nobody answered", unit="Score", axes=()),
            Gantt(key="none", title="Nothing planned", unit="", start=date(2026, 1, 5), weeks=1, groups=()),
            Matrix(key="none", title="No use case", unit="", points=()),
            WeekBars(key="none", title="No work", unit="", start=date(2026, 1, 5), values=()),
        ],
        ids=lambda spec: spec.kind,
    )
    def test_nothing_to_show_is_drawn_as_nothing(self, spec: ChartSpec) -> None:
        for markup in all_svg(spec):
            parsed(markup)
        assert table.table(spec).rows == ()
        json.dumps(plotly.figure(spec))

    def test_unknown_scores_are_dashes_not_zeros(self) -> None:
        spec = PillarRows(
            key="unknown",
            title="Team roles are not known",
            unit="Score",
            rows=(PillarRow(code="T", name="Team roles", score=None),),
        )
        assert "–" in texts(svg.drawings(spec).wide)
        assert "<circle" not in svg.drawings(spec).wide
        assert plotly.figure(spec)["data"][0]["x"] == [None]
        radar = Radar(
            key="r",
            title="Half",
            unit="",
            axes=tuple(RadarAxis(f"T{index}", "x", None if index == 2 else 50.0) for index in range(5)),
        )
        wheel = svg.drawings(radar).wide
        assert "c-area" not in wheel
        assert wheel.count('class="c-t"') == 4

    def test_columns_without_news_give_way_on_a_small_drawing(self) -> None:
        made = svg.drawings(samples.pillar_rows())
        assert "People" in texts(made.wide)
        assert "People" not in texts(made.middle)
        assert "Coverage" in texts(made.middle)

    def test_the_caller_may_name_the_interval_column(self) -> None:
        row = PillarRow(code="T", name="Team", score=40, low=30, high=50, extras=("30–50",))
        spec = PillarRows(key="p", title="Team", unit="", rows=(row,), extra_heads=("Interval",))
        assert texts(svg.drawings(spec).wide).count("Interval") == 1


class TestRefused:
    @pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 100.1])
    def test_scores_that_cannot_be_drawn(self, value: float) -> None:
        with pytest.raises(BadSpec, match="T1"):
            one_row(bare(score=value))
        with pytest.raises(BadSpec):
            one_row(bare(cells=(value,)), functions=("Sponsor",))
        with pytest.raises(BadSpec):
            Radar(key="r", title="x", unit="", axes=(RadarAxis("T1", "x", value),))
        with pytest.raises(BadSpec):
            Matrix(key="m", title="x", unit="", points=(MatrixPoint("x", value, 1),))

    @pytest.mark.parametrize("value", [float("nan"), float("-inf"), -1.0])
    def test_loads_that_cannot_be_drawn(self, value: float) -> None:
        with pytest.raises(BadSpec):
            replace(samples.week_bars(), values=(value,))

    def test_half_and_upside_down_intervals(self) -> None:
        with pytest.raises(BadSpec, match="two ends"):
            one_row(bare(low=1.0))
        with pytest.raises(BadSpec, match="before it begins"):
            one_row(bare(low=5.0, high=4.0))

    def test_other_mistakes(self) -> None:
        with pytest.raises(BadSpec, match="finding"):
            replace(samples.radar(), title=" ")
        with pytest.raises(BadSpec, match="key"):
            replace(samples.radar(), key="A b")
        with pytest.raises(BadSpec, match="0 functions, 1 cells"):
            one_row(bare(cells=(1.0,)))
        with pytest.raises(BadSpec, match="pillar letter"):
            one_row(DimensionRow(code="X1", name="x", score=1))
        item = GanttItem(code="T1", name="x", start=date(2026, 1, 5), end=date(2026, 1, 4))
        with pytest.raises(BadSpec, match="before it begins"):
            replace(samples.gantt(), groups=(GanttGroup("x", (item,)),))

    def test_a_formula_in_a_name_is_defused_in_csv(self) -> None:
        assert "'=SUM(A1)" in table.csv_text(one_row(bare("=SUM(A1)")))


class TestProperties:
    @given(st.text(max_size=60), st.floats(min_value=20, max_value=400))
    def test_fitted_texts_fit(self, text: str, width: float) -> None:
        assert canvas.text_width(canvas.fitted(text, width, 14), 14) <= max(width, canvas.text_width("…", 14))

    @given(st.floats(min_value=0.001, max_value=1e6))
    def test_scales_hold_their_values_in_few_steps(self, value: float) -> None:
        top = fields.nice_top(value)
        assert top >= value * (1 - 1e-9)
        assert top <= value * 2.01
        steps = fields.steps_of(top)
        assert 2 <= len(steps) <= 7
        assert steps[-1] == pytest.approx(top)

    @given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(1, 200))
    def test_months_are_the_firsts_inside(self, start: date, weeks: int) -> None:
        spec = replace(samples.gantt(), start=start, weeks=weeks, groups=(), mark=None, today=None)
        found = gantt.months(spec)
        days = [start + timedelta(days=offset) for offset in range(weeks * 7)]
        assert found == [day for day in days if day.day == 1]

    @given(st.lists(st.floats(min_value=0, max_value=100), min_size=1, max_size=8))
    def test_gap_is_highest_minus_lowest(self, cells: list[float]) -> None:
        row = bare(cells=tuple(cells))
        expected = max(cells) - min(cells) if len(cells) > 1 else None
        assert row.gap == expected

    def test_scores_round_half_up(self) -> None:
        assert [rows.points(value) for value in (0.5, 1.5, 2.5, 44.49)] == ["1", "2", "3", "44"]
        assert formats.number(-2.5) == "\N{MINUS SIGN}3"


def test_names_of_a_plan_stand_in_full_at_every_width() -> None:
    name = "Settle deliverables, rights, and the availability of people in writing before the work begins"
    first = samples.gantt().groups[0]
    group = replace(first, items=tuple(replace(item, name=name) for item in first.items))
    spec = replace(samples.gantt(), groups=(group,))
    drawn = svg.drawings(spec)
    for markup in (drawn.wide, drawn.middle, drawn.narrow[0].svg, svg.printed(spec)):
        told = " ".join(re.findall(r'<text[^>]*class="(?:c-name|c-strong|c-plain)"[^>]*>([^<]*)<', markup))
        assert told.count(name) == len(group.items)
        assert "…" not in told


def test_a_row_of_a_plan_is_as_high_as_the_report_reckons() -> None:
    first = samples.gantt().groups[0]
    short, long = (replace(first.items[0], name=word) for word in ("Short", "Long words " * 8))
    one, two = (
        svg.printed(replace(samples.gantt(), groups=(GanttGroup("x", (item,)),))) for item in (short, long)
    )
    heights = [float(re.search(r'viewBox="0 0 [\d.]+ ([\d.]+)"', markup)[1]) for markup in (one, two)]  # type: ignore[index]
    reckoned = gantt.paper_height(long, svg.MIDDLE) - gantt.paper_height(short, svg.MIDDLE)
    assert heights[1] - heights[0] == reckoned > 0
