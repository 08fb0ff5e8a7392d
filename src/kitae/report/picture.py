"""The decision table as one picture that stands alone: for a README, a slide, a mail."""

from __future__ import annotations

from markupsafe import Markup

from .bilingual import Both, Language
from .drawing import text_width
from .numbers import percent, point_span, points, span
from .results import Results, ShownRow, SuiteResult, results
from .story import Story

WIDTH, MARGIN, LINE = 900, 16, 26
AXIS = 270
"""Width of the axis from 0 to 100 %."""
SIZE = 13

STYLE = """
svg {
  --paper: #fbfaf7; --ink: #1c2126; --muted: #5a6068; --rule: #d9d5cb; --accent: #1d4f86; --own: #e4edf7;
  --goal: #a83218;
  font: 13px system-ui, -apple-system, "Segoe UI", "Hiragino Sans", "Noto Sans JP", "Noto Sans CJK JP", "Yu Gothic UI",
    Meiryo, sans-serif;
  font-variant-numeric: tabular-nums; background: var(--paper);
}
@media (prefers-color-scheme: dark) {
  svg {
    --paper: #14171b; --ink: #e9e7e2; --muted: #a7adb6; --rule: #353b44; --accent: #8dbbee; --own: #1f3147;
    --goal: #f4a088;
  }
}
text { fill: var(--ink); }
.paper { fill: var(--paper); } .band { fill: var(--own); } .rule { stroke: var(--rule); }
.muted, .null text { fill: var(--muted); } .small { font-size: 11.5px; } .bold { font-weight: 600; }
.goal { stroke: var(--goal); stroke-width: 1.5; stroke-dasharray: 3 2; } .goal-word { fill: var(--goal); }
.whisker { stroke: var(--ink); stroke-width: 2; } .dot { fill: var(--ink); }
.own .whisker { stroke: var(--accent); } .own .dot { fill: var(--accent); }
.null .whisker { stroke: var(--muted); stroke-width: 1.3; }
.null .dot { fill: var(--paper); stroke: var(--muted); stroke-width: 1.5; }
"""

_RIGHT = Both("正答と95%区間", "right, 95% interval")
_SHARE = Both("件数と割合", "count and share")
_GAIN = Both("との差（ポイント）", "points against ")
_KINDS = {
    "unseen": Both("学習に使っていない文書についての質問", "about documents that no training saw"),
    "known": Both("学習に使った文書についての新しい質問", "new questions about documents that were trained on"),
    "task": Both("会社独自の作業", "a task of the company's own"),
}


def picture(story: Story, language: Language | None = None) -> str:
    """The decision table as SVG, with real text and both themes.

    Args:
        story: What to tell.
        language: Of the headings; without it, the story's.

    Returns:
        An SVG document. Without scorecards it says that nothing was measured.
    """
    found = results(story)
    language = language or story.language
    if found is None:
        words = Both("まだ何も測っていません。", "Nothing has been measured yet.").only(language)
        text = Markup('<text x="{}" y="40">{}</text>').format(MARGIN, words)
        return _document(Markup(text), 64, f"{story.name}: {words}")
    top: float = MARGIN
    parts = []
    for suite in found.suites:
        drawn, height = _suite(suite, found, language, top)
        parts.append(drawn)
        top += height
    title = f"{story.name}: {', '.join(suite.suite for suite in found.suites)}"
    return _document(Markup("").join(parts), top, title)


def _document(inside: Markup, height: float, title: str) -> str:
    return str(
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{0}" height="{1:.0f}" viewBox="0 0 {0} {1:.0f}">'
            '<title>{2}</title><style>{3}</style><rect class="paper" width="{0}" height="{1:.0f}"/>{4}</svg>\n'
        ).format(WIDTH, height, title, Markup(STYLE), inside)
    )


def _suite(suite: SuiteResult, found: Results, language: Language, top: float) -> tuple[Markup, float]:
    """One suite's block, and how high it is."""
    names = max(text_width(row.line.row, SIZE) for row in suite.rows) + 14
    axis = MARGIN + max(names, 150)
    right = axis + AXIS + 18
    gain = right + 190
    counted = Both(f"{suite.n}問", f"{suite.n} questions").only(language)
    title = Markup(
        '<text x="{}" y="{}"><tspan class="bold">{}</tspan><tspan dx="10" class="muted small">{}</tspan></text>'
    )
    parts = [title.format(MARGIN, top + 18, suite.suite, f"{_KINDS[suite.kind].only(language)} · {counted}")]
    head = top + 44
    differences = (row.line.difference for row in suite.rows)
    against = next((each.against for each in differences if each), found.against) or ""
    told = f"{against} {_GAIN.ja}" if language == "ja" else f"{_GAIN.en}{against}"
    parts += [
        _text(axis, head, _RIGHT.only(language), "muted small"),
        _text(right, head, _SHARE.only(language), "muted small"),
        _text(gain, head, told if against else "", "muted small"),
    ]
    first = head + 10
    last = first + LINE * len(suite.rows)
    bands = [
        Markup('<rect class="band" x="{}" y="{:.1f}" width="{}" height="{}" rx="4"/>').format(
            MARGIN - 8, first + LINE * number, WIDTH - 2 * MARGIN + 16, LINE
        )
        for number, row in enumerate(suite.rows)
        if row.own
    ]
    for quarter in range(5):
        x = axis + AXIS * quarter / 4
        parts.append(_vertical(x, first, last, "rule"))
        parts.append(_text(x, last + 15, f"{25 * quarter}%", "muted small", anchor="middle"))
    if suite.goal is not None:
        parts.append(_vertical(axis + AXIS * suite.goal, first, last, "goal"))
        goal = Both("目標", "goal").only(language)
        parts.append(_text(axis + AXIS * suite.goal, first - 3, goal, "goal-word small", anchor="middle"))
    for number, row in enumerate(suite.rows):
        parts.append(_row(row, first + LINE * (number + 0.5), axis, right, gain))
    return Markup("").join([*bands, *parts]), last + 34 - top


def _row(row: ShownRow, middle: float, axis: float, right: float, gain: float) -> Markup:
    line = row.line
    kind = "own" if row.own else "null" if row.null else "row"
    bold = "bold" if row.own else ""
    difference = line.difference
    parts = [
        _text(MARGIN, middle + 4, line.row, bold),
        Markup('<line class="whisker" x1="{0:.1f}" x2="{1:.1f}" y1="{2:.1f}" y2="{2:.1f}"/>').format(
            axis + AXIS * line.interval.low, axis + AXIS * line.interval.high, middle
        ),
        Markup('<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="4.5"/>').format(axis + AXIS * line.right, middle),
        _text(right + 42, middle + 4, "" if line.kind == "task" else f"{line.right_n}/{line.n}", bold, anchor="end"),
        _text(right + 92, middle + 4, percent(line.right), bold, anchor="end"),
        _text(right + 104, middle + 4, span(line.interval), "muted small"),
    ]
    if difference and difference.mean is not None:
        parts.append(_text(gain + 32, middle + 4, points(difference.mean), bold, anchor="end"))
        parts.append(_text(gain + 46, middle + 4, point_span(difference.interval), "muted small"))
    return Markup('<g class="{}">{}</g>').format(kind, Markup("").join(parts))


def _text(x: float, y: float, words: str, kind: str, *, anchor: str = "start") -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(kind, x, y, anchor, words)


def _vertical(x: float, top: float, bottom: float, kind: str) -> Markup:
    return Markup('<line class="{0}" x1="{1:.1f}" x2="{1:.1f}" y1="{2:.1f}" y2="{3:.1f}"/>').format(
        kind, x, top, bottom
    )
