"""An HTML page as a test asks it: is it well formed, what does it link to, which headings, pictures and rows has it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)


@dataclass
class Row:
    """One row that shows a statistic: its cells as text, and where its links go."""

    stat_id: str
    cells: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


@dataclass
class Table:
    caption: str = ""
    heads: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


class Page(HTMLParser):
    """Parses at once; ``faults`` holds what is not well formed."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.html = html
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.images: list[dict[str, str]] = []
        self.headings: list[tuple[int, str]] = []
        self.tables: list[Table] = []
        self.heads_without_scope = 0
        self.attributes: dict[str, dict[str, str]] = {}
        self.text: list[str] = []
        self.captions: list[str] = []
        self._open: list[str] = []
        self._text: list[list[str]] = []
        self.feed(html)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if len(given) != len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        self.attributes.setdefault(tag, given)
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
            if self.tables and self.tables[-1].rows:
                self.tables[-1].rows[-1].links.append(given["href"])
        self.loads += [given[name] for name in ("src", "srcset", "data", "poster", "action") if name in given]
        if tag in ("link", "script", "iframe", "object", "embed", "base", "form", "use"):
            self.loads.append(given.get("href", tag))
        if tag == "img":
            self.images.append(given)
        if tag == "table":
            self.tables.append(Table())
        if tag == "tr" and self.tables:
            self.tables[-1].rows.append(Row(given.get("data-stat", "")))
        if tag == "th" and "scope" not in given:
            self.heads_without_scope += 1
        if tag in VOID:
            return
        self._open.append(tag)
        self._text.append([])

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> at {self.getpos()} closes {self._open[-1:] or 'nothing'}")
            return
        self._open.pop()
        text = re.sub(r"[ \n]+", " ", "".join(self._text.pop())).strip()
        if self._text and tag != "sup":
            self._text[-1].append(text if tag in ("td", "th", "sup") else f"{text}")
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append((int(tag[1]), text))
        if tag == "figcaption":
            self.captions.append(text)
        if tag == "caption" and self.tables:
            self.tables[-1].caption = text
            self.captions.append(text)
        if tag in ("td", "th") and self.tables:
            table = self.tables[-1]
            if "thead" in self._open:
                table.heads.append(text)
            elif table.rows:
                table.rows[-1].cells.append(text)

    def handle_data(self, data: str) -> None:
        if self._text:
            self._text[-1].append(data)
        if not {"style", "title"} & set(self._open):
            self.text.append(data)

    @property
    def words(self) -> str:
        """Everything that is read."""
        return re.sub(r"\s+", " ", "".join(self.text))

    def rows_of(self, stat_id: str) -> list[tuple[Table, Row]]:
        """Where a statistic is shown."""
        return [(table, row) for table in self.tables for row in table.rows if row.stat_id == stat_id]


def faults_of(page: Page) -> list[str]:
    """Everything that would keep somebody from reading it: well-formedness, anchors, headings, "
    "alternatives, network."""
    found = list(page.faults)
    found += [f"id '{i}' twice" for i in set(page.ids) if page.ids.count(i) > 1]
    found += [
        f"link to '{h}' leads nowhere" for h in page.links if h.startswith("#") and h[1:] not in page.ids
    ]
    found += [f"link to '{h}'" for h in page.links if not h.startswith(("#", "data:"))]
    found += [f"loads '{u[:60]}'" for u in page.loads if not u.startswith("data:")]
    found += [
        f"style loads '{u[:60]}'" for u in re.findall(r"url\(([^)]*)\)|@import\s+(\S+)", page.html) if any(u)
    ]
    found += [
        f"image without words: {i.get('src', '')[:40]}" for i in page.images if not i.get("alt", "").strip()
    ]
    levels = [level for level, _ in page.headings]
    found += [f"h{b} after h{a}" for a, b in pairwise(levels) if b > a + 1]
    found += [] if levels.count(1) == 1 and levels[0] == 1 else ["not one h1 at the top"]
    found += [f"heading without words: h{level}" for level, text in page.headings if not text]
    found += [f"{page.heads_without_scope} table heads without scope"] if page.heads_without_scope else []
    found += [f"table without caption: {t.heads}" for t in page.tables if not t.caption]
    found += [] if page.attributes.get("html", {}).get("lang") == "en" else ["no language"]
    found += ["a script"] if "<script" in page.html.lower() else []
    return found
