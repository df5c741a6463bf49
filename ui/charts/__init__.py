"""Figures: one spec per chart, drawn as SVG, as a table and for Plotly from the same numbers."""
