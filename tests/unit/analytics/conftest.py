"""Shared check of figures."""

from itertools import combinations

import pytest


def texts_of(figure):
    """Texts that are drawn: tick labels beyond the ends of an axis exist but are not."""
    texts = list(figure.texts)
    for axes in figure.axes:
        texts += [*axes.texts, axes.title]
        if not axes.axison:
            continue
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
            texts += [axis.label, *(label for tick in ticks for label in (tick.label1, tick.label2))]
    return [text for text in texts if text.get_visible() and text.get_text().strip()]


@pytest.fixture(scope="session")
def assert_legible():
    """No two texts of a figure overlap, and none leaves the page."""

    def check(figure):
        renderer = figure.canvas.get_renderer()
        figure.draw(renderer)
        page = figure.bbox
        boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts_of(figure)]
        shown = [(words, box) for words, box in boxes if box.width > 0]
        assert shown
        for words, box in shown:
            assert box.x0 >= page.x0 - 1 and box.x1 <= page.x1 + 1, words
            assert box.y0 >= page.y0 - 1 and box.y1 <= page.y1 + 1, words
        for (one, a), (other, b) in combinations(shown, 2):
            across = min(a.x1, b.x1) - max(a.x0, b.x0)
            down = min(a.y1, b.y1) - max(a.y0, b.y0)
            # Line boxes hold room for accents and tails; half a point of it may be shared.
            assert across <= 0.5 or down <= 2.5, (one, other)

    return check
