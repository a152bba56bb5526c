"""The dependency picture as SVG: components by layer, coloured by status, edges as arrows."""

from collections.abc import Sequence
from html import escape

import networkx as nx

from goldenpath.facts import ComponentStatus, Record

WIDTH, ROW, BOX_W, BOX_H, MARGIN = 720, 96, 132, 44, 24


class Box(Record):
    """One component's place in the picture, in SVG units."""

    name: str
    status: str
    x: float
    y: float


def svg(edges: Sequence[tuple[str, str]], components: Sequence[ComponentStatus], blamed: Sequence[str]) -> str:
    """Draw the graph; a blamed component has a second border. Returns an `<svg>` element styled by CSS classes."""
    status = {c.component: c.status for c in components}
    boxes = _layout(edges, status)
    height = max((b.y for b in boxes.values()), default=0) + BOX_H + MARGIN
    lines = [_line(boxes[a], boxes[b]) for a, b in edges]
    drawn = [_box(box, blamed=name in blamed) for name, box in boxes.items()]
    label = escape("Components and what each depends on", quote=True)
    head = f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{label}" class="picture">'
    arrow = (
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z" class="tip"/></marker></defs>'
    )
    return "\n".join([head, arrow, *lines, *drawn, "</svg>"])


def _layout(edges: Sequence[tuple[str, str]], status: dict[str, str]) -> dict[str, Box]:
    graph: nx.DiGraph[str] = nx.DiGraph(edges)
    graph.add_nodes_from(status)
    rows = _rows(graph)
    return {
        name: Box(name=name, status=status.get(name, "unknown"), x=_x(i, len(row)), y=MARGIN + depth * ROW)
        for depth, row in enumerate(rows)
        for i, name in enumerate(row)
    }


def _rows(graph: "nx.DiGraph[str]") -> list[list[str]]:
    if nx.is_directed_acyclic_graph(graph):
        return [sorted(row) for row in nx.topological_generations(graph)]
    return [sorted(graph.nodes)]


def _x(index: int, count: int) -> float:
    step = (WIDTH - 2 * MARGIN) / count
    return MARGIN + step * (index + 0.5) - BOX_W / 2


def _line(a: Box, b: Box) -> str:
    x1, y1 = a.x + BOX_W / 2, a.y + BOX_H
    x2, y2 = b.x + BOX_W / 2, b.y
    return f'<line x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}" class="edge" marker-end="url(#arrow)"/>'


def _box(box: Box, *, blamed: bool) -> str:
    mark = " blamed" if blamed else ""
    middle = box.x + BOX_W / 2
    return (
        f'<g class="node {box.status}{mark}">'
        f'<rect x="{box.x:.0f}" y="{box.y:.0f}" width="{BOX_W}" height="{BOX_H}" rx="6"/>'
        f'<text x="{middle:.0f}" y="{box.y + 19:.0f}">{escape(box.name)}</text>'
        f'<text x="{middle:.0f}" y="{box.y + 35:.0f}" class="small">{escape(box.status)}</text></g>'
    )
