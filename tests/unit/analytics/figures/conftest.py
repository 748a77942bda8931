"""What every figure must keep: all text on the page and no text on other text."""

import itertools

import pytest
from matplotlib.text import Text


def text_boxes(figure):
    renderer = figure.canvas.get_renderer()
    figure.draw(renderer)
    texts = [one for one in figure.findobj(Text) if one.get_visible() and one.get_text().strip()]
    return [(one.get_text(), one.get_window_extent(renderer)) for one in texts]


@pytest.fixture
def assert_readable():
    def check(figure):
        width, height = figure.get_size_inches() * figure.dpi
        boxes = text_boxes(figure)
        outside = [
            text for text, box in boxes if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height
        ]
        # A pixel of common border is not an overlap.
        overlapping = [
            (first, second)
            for (first, a), (second, b) in itertools.combinations(boxes, 2)
            if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1
        ]
        assert outside == []
        assert overlapping == []

    return check
