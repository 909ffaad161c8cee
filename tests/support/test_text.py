"""Whatever text comes from outside, each medium shows just that text."""

import io
import json
import logging
from functools import partial
from html.parser import HTMLParser
from types import SimpleNamespace

import jinja2
import matplotlib as mpl
import pandas as pd
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from hostile import CELLS, TITLES
from matplotlib import font_manager
from matplotlib.figure import Figure
from project import REPOSITORY
from snakemake.io import apply_wildcards
from snakemake.iocontainers import Namedlist
from snakemake.report import FileRecord

from workflow.stragglers.figures import fonts
from workflow.stragglers.figures import style as figure_style
from workflow.stragglers.figures.captions import render
from workflow.stragglers.study.study import Study
from workflow.stragglers.support.errors import InputError
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.report import WORD_JOINER, as_label, as_param
from workflow.stragglers.support.text import one_line, printable
from workflow.stragglers.tables.pages import as_csv, page


def names(title):
    """A test's name for a title."""
    return f"{TITLES.index(title)}-{ascii(title)[1:20]}"


each_title = pytest.mark.parametrize("title", TITLES, ids=names)


class Reader(HTMLParser):
    """The elements and the text of a page, by cell."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.text, self.cells = [], "", []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data):
        self.text += data
        if self.cells:
            self.cells[-1] += data


@each_title
def test_a_title_is_one_line_of_what_can_be_seen(config, title):
    for section, name in (("datasets", "digits"), ("networks", "relu"), ("optimizers", "adam")):
        config[section][name]["title"] = title
    study = Study(config)
    shown = study.titles["digits"]
    assert shown == study.network_titles["relu"] == study.optimizer_titles["adam"] == one_line(title) != ""
    assert (study.network_titles["reference"], study.optimizer_titles["gd"]) == ("reference", "gd")
    assert len(shown.splitlines()) == 1 and "\x1b" not in shown
    shown.encode("utf-8")


@pytest.mark.parametrize("title", ["", " \n"])
def test_without_a_title_a_dataset_has_its_name(config, title):
    config["datasets"]["digits"]["title"] = title
    assert Study(config).titles == {"digits": "digits"}


@pytest.fixture
def in_report(tmp_path):
    """HTML that Snakemake's report makes of a figure's caption."""
    return partial(rendered, file=tmp_path / "drawn.rst")


def rendered(caption, file):
    file.write_text(caption, encoding="utf-8")
    rule = SimpleNamespace(module_globals={"config": {}}, name="figure")
    empty, output = Namedlist(), Namedlist(fromdict={"caption": str(file)})
    job = SimpleNamespace(input=empty, output=output, params=empty, threads=1, resources=empty, log=empty, rule=rule)
    record = SimpleNamespace(
        raw_caption=REPOSITORY / "workflow/report/figure.rst",
        job=job,
        raw_wildcards=Namedlist(fromdict={"figure": "fig1"}),
        workflow=SimpleNamespace(sourcecache=SimpleNamespace(open=partial(open, encoding="utf-8"))),
    )
    links = "\n\n.. _Workflow: javascript:show_panel('workflow')\n.. _fig.png: javascript:app.show('fig.png')\n"
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    FileRecord.render(record, environment, links, categories={}, files=[])
    return record.caption


PLACES = "**{{ title }}: what it does.** Text ({{ title }}),\n{{ title }}: a line, {{ title }}\n{{ title }} ε\n"


@each_title
def test_a_caption_shows_a_title_as_it_is(in_report, title):
    title = one_line(title)
    read = Reader(in_report(render(PLACES, {"title": title})))
    caption = PLACES.replace("**", "").replace("{{ title }}", title)
    assert read.text.split() == f"{caption} The same for print: fig1.pdf.".split()
    assert read.elements == ["p", "strong", "p", "a"]


def test_a_caption_keeps_numbers_and_words_of_its_template():
    template = '{{ "; dashed, at " ~ (share | percent) if n }} ({{ n }} {{ "run" }}, R₊*)'
    assert render(template, {"share": 0.25, "n": 3}) == "; dashed, at 25.0 % (3 run, R₊*)"


@each_title
def test_a_label_of_the_report_shows_a_title_as_it_is(title):
    label = as_label(f"1: {title}")
    assert apply_wildcards(label, {}) == label
    assert label.replace(WORD_JOINER, "") == f"1: {one_line(title)}" or WORD_JOINER in title
    # As the report writes it into a script.
    assert not {"</", "<!", "<s"} & {json.dumps(label)[at : at + 2].lower() for at in range(len(json.dumps(label)))}


@each_title
def test_a_param_is_neither_searched_for_wildcards_nor_read_as_html(title):
    value = {"b": title, "a": [title]}
    param = as_param(value)
    assert callable(param) and "<" not in param(None)
    assert json.loads(param(None)) == value and [*json.loads(param(None))] == ["b", "a"]
    assert as_param(lambda wildcards: {wildcards: value})("a") == as_param({"a": value})(None)


def test_a_page_shows_titles_as_they_are():
    read = Reader(page(TITLES[0], pd.DataFrame({"key": range(len(TITLES)), "value": TITLES}, dtype=object)))
    assert [text.split() for text in read.cells[1::2]] == [printable(title).split() for title in TITLES]
    assert not {"script", "b"} & {*read.elements}


def test_a_spreadsheet_finds_no_formula_in_a_table():
    titles = [title for title in TITLES if title.isascii()]
    table = pd.DataFrame({"text": [*titles, "＝1+1", None], "number": range(-3, len(titles) - 1)})
    text = as_csv(table).to_csv(index=False)
    read = pd.read_csv(io.StringIO(text), keep_default_na=False)
    assert not [cell for cell in read["text"] if cell.lstrip().startswith(("=", "+", "-", "@", "＝"))]
    assert read["number"].tolist() == table["number"].tolist()
    changed = {shown: cell for cell, shown in zip(read["text"], map(printable, titles), strict=False) if cell != shown}
    assert changed == {shown: f"'{shown}" for shown in ("=====", "- item", *CELLS[:5])}


@each_title
def test_an_error_is_one_line_of_the_log(tmp_path, title, capsys, monkeypatch):
    monkeypatch.setattr(logging.root, "handlers", [])
    with pytest.raises(SystemExit), job_log(tmp_path / "log"):
        raise InputError(f"datasets.mine.file: {title}")
    expected = f"Error: datasets.mine.file: {printable(title)}\n"
    assert (tmp_path / "log").read_text(encoding="utf-8") == expected == capsys.readouterr().err


@figure_style.styled
def panels(titles):
    """A figure with all titles in all places that hold one."""
    figure = Figure(figsize=(12, 0.4 * len(titles) + 2))
    axes = figure.subplots(1, 2)
    for ax, letter, text in zip(axes, "a ", titles, strict=False):
        figure_style.title(ax, letter.strip(), text)
        figure_style.rows_axis(ax, titles, 200)
    for text in titles:
        figure_style.entry(axes[0], text, "black", "o")
    axes[0].legend()
    return figure


def test_a_figure_shows_titles_as_they_are(tmp_path, recwarn):
    titles = [*map(one_line, TITLES)]
    figure = panels(titles)
    figure_style.save(figure, tmp_path / "a.pdf", tmp_path / "a.png")
    texts = figure.findobj(mpl.text.Text)
    assert not [text for text in texts if text.get_parse_math()]
    assert [text.get_text().strip() for text in figure.axes[0].get_legend().get_texts()] == titles
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == titles
    assert not [warning for warning in recwarn if "Glyph" in str(warning.message)]


def test_a_panels_title_stands_beside_its_letter():
    figure = panels(["a title in two lines " * 3, "b"])
    figure.canvas.draw()
    (letter,) = (text for text in figure.axes[0].findobj(mpl.text.Text) if text.get_fontweight() == "bold")
    (title,) = (text for text in figure.axes[0].texts if "a title" in text.get_text())
    box, beside = letter.get_window_extent(), title.get_window_extent()
    assert beside.x0 > box.x1 and beside.y0 == pytest.approx(box.y0) and beside.y1 == pytest.approx(box.y1, abs=2)


@pytest.fixture
def font_of_private_characters(tmp_path):
    """An installed font that alone has the character U+10FFFC."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for point in ((0, 500), (500, 500), (500, 0)):
        pen.lineTo(point)
    pen.closePath()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "square"])
    builder.setupCharacterMap({0x10FFFC: "square"})
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "square": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (500, 0), "square": (500, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Private Sans", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(tmp_path / "private.ttf")
    before = [*font_manager.fontManager.ttflist]
    font_manager.fontManager.addfont(tmp_path / "private.ttf")
    yield "Private Sans"
    font_manager.fontManager.ttflist = before


def test_a_title_falls_back_on_an_installed_font(tmp_path, font_of_private_characters, caplog, recwarn):
    assert fonts.fallbacks("Цифры \U0010fffc") == ([font_of_private_characters], set())
    figure = panels(["digits", "has \U0010fffc"])
    figure_style.save(figure, tmp_path / "a.pdf", tmp_path / "a.png")
    assert not caplog.records and not recwarn.list
    assert figure.axes[1].get_yticklabels()[1].get_fontfamily() == [fonts.FAMILY, font_of_private_characters]


def test_characters_that_no_font_has_are_told_once_with_their_title(tmp_path, caplog, recwarn):
    with caplog.at_level(logging.WARNING):
        figure_style.save(panels(["digits", "has \U0010fffd\U0010fffb"]), tmp_path / "a.pdf", tmp_path / "a.png")
    (record,) = caplog.records
    assert "characters \U0010fffb \U0010fffd of 'has \U0010fffd\U0010fffb', so" in record.getMessage()
    assert not recwarn.list
