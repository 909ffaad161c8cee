import json
import re
from html.parser import HTMLParser

import pytest
from hostile import TITLES
from page import made

from workflow.stragglers.page import document
from workflow.stragglers.support.text import printable


class Elements(HTMLParser):
    """Elements of a page in order, and the texts of those of a kind."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self.within = [], {}, None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)
        self.within = tag
        self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag):
        self.within = None

    def handle_data(self, data):
        if self.within:
            self.texts[self.within][-1] += data


@pytest.fixture
def page_of(tmp_path, monkeypatch):
    """The elements of a page of one text, without the libraries, which take their time to be read."""
    monkeypatch.setattr(document, "libraries", lambda: dict.fromkeys(("vega", "datatables_js", "datatables_css"), ""))

    def read(text):
        return Elements(made(tmp_path, text).read_text(encoding="utf-8"))

    return read


@pytest.mark.parametrize("title", TITLES)
def test_a_text_from_outside_stays_a_text(page_of, title):
    page = page_of(title)
    assert page.elements == page_of("digits").elements
    assert page.texts["h3"][0] == page.texts["td"][0] == printable(title)
    assert printable(title) in page.texts["h1"][0]
    (data,) = (text for text in page.texts["script"] if text.startswith("{"))
    assert json.loads(data)["called"]["dataset"]["d0"] == title


def test_the_page_asks_nobody_for_anything(tmp_path):
    text = made(tmp_path, "digits").read_text(encoding="utf-8")
    own = re.sub(r"<script.*?</script>", "", text, flags=re.S)
    assert not re.findall(r"(?:src|href)=\"(?!#|data:|tables/|figures/|report\.html|stragglers\.)", own)
    assert "default-src 'none'" in own and "connect-src" not in own


def test_its_size_leaves_room_for_the_study(tmp_path):
    assert made(tmp_path, "digits").stat().st_size < 2.5e6
