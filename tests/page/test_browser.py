"""The page in a browser: what a filter, a click, a key and a download do."""

import csv
import json

import pytest
from browser import CHROMIUM, browser
from hostile import TITLES
from page import made

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def page(finished):
    return finished.folder / "results/tiny/index.html"


@pytest.fixture(autouse=True)
def quiet(tab):
    """Nothing goes wrong, and nothing leaves the page, whatever is done."""
    tab.errors.clear()
    tab.requests.clear()
    yield
    assert tab.errors == []
    assert not [url for url in tab.requests if not url.startswith(("file:", "data:", "blob:null/"))]


def drawn(tab, place):
    """The lines of a chart."""
    return tab.run(f"[...document.querySelectorAll('#{place} .mark-line path')].map((path) => path.getAttribute('d'))")


def count(tab, selector):
    return tab.run(f"document.querySelectorAll({json.dumps(selector)}).length")


def test_a_filter_changes_what_is_drawn(tab, page, finished):
    tab.visit(page)
    before = drawn(tab, "geometry-epoch")
    assert len(before) == 3 * 3
    tab.choose("#network", "relu")
    tab.wait(f"document.querySelector('#geometry-epoch .mark-line path').getAttribute('d') !== {json.dumps(before[0])}")
    tab.choose("#network", "reference")
    tab.choose("#removed", "stragglers")
    retrained = finished.table("ablation").query("removed == 'stragglers' and sigma == 0")
    tab.wait(f"document.querySelector('#curves-note').textContent.startsWith('{len(retrained)} runs')")
    assert tab.run("[...document.querySelector('#optimizer').options].map((o) => o.value)") == ["gd", "adam"]


def test_a_run_that_is_chosen_stands_out(tab, page):
    tab.visit(page)
    tab.choose("#run", "seed 1")
    tab.wait("document.querySelectorAll('#errors-error .mark-line path[opacity=\"0.06\"]').length === 2")


def test_a_hovered_curve_stands_out_in_every_chart(tab, page):
    tab.visit(page)
    tab.run("document.querySelector('#geometry-epoch').scrollIntoView()")
    box = tab.run("document.querySelector('#geometry-epoch').getBoundingClientRect().toJSON()")
    for step in range(3):
        tab.call(
            "Input.dispatchMouseEvent",
            type="mouseMoved",
            x=box["x"] + box["width"] / 2 + step,
            y=box["y"] + box["height"] / 2,
        )
    tab.wait("document.querySelectorAll('#errors-epoch .mark-line path[opacity=\"0.06\"]').length > 0")


def test_a_click_opens_a_sample_and_escape_closes_it(tab, page):
    tab.visit(page)
    tab.run("document.querySelector('#samples button').focus()")
    tab.press("Enter", 13)
    tab.wait("document.querySelectorAll('#history-runs .mark-rect path').length > 0")
    assert tab.run("document.querySelector('#sample').open")
    assert tab.run("document.querySelector('#sample-title').textContent").startswith("sample ")
    assert tab.run("document.querySelector('#portrait img').naturalWidth") == 8
    tab.press("Escape", 27)
    tab.wait("!document.querySelector('#sample').open")


def test_the_gallery_shows_what_is_asked_for(tab, page, finished):
    tab.visit(page)
    rows = finished.table("stragglers").query("network == 'reference' and optimizer == 'gd' and straggler_rate > 0")
    assert count(tab, "#samples li") == len(rows)
    tab.choose("#class", "8")
    assert count(tab, "#samples li") == (rows["class"] == 8).sum()
    tab.choose("#rate", "0.9")
    assert count(tab, "#samples li") == ((rows["class"] == 8) & (rows["straggler_rate"] >= 0.9)).sum()
    tab.choose("#kind", "typical")
    assert 0 < count(tab, "#samples li") <= 5


def test_a_verdict_tells_how_it_was_measured(tab, page):
    tab.visit(page)
    tab.click(".verdict")
    assert tab.run("document.querySelector('[popover]:popover-open').textContent.includes('threshold')")


@pytest.fixture
def downloaded(tab, tmp_path):
    """The rows of a table as the page saves them."""

    def get(name):
        tab.save_downloads_in(tmp_path)
        tab.click(f"#sheet-{name} summary")
        tab.wait(f"document.querySelector('#sheet-{name} button.buttons-csv') !== null")

        def save():
            tab.click(f"#sheet-{name} button.buttons-csv")
            file = tmp_path / f"{name}.csv"
            for _ in range(100):
                if file.is_file() and file.stat().st_size:
                    break
                tab.run("new Promise((done) => setTimeout(done, 100))")
            text = file.read_text(encoding="utf-8-sig")
            file.unlink()
            return [*csv.reader(text.splitlines())]

        return save

    return get


def test_a_download_holds_the_rows_that_are_shown(tab, page, finished, downloaded):
    tab.visit(page)
    save = downloaded("consensus")
    table = finished.table("consensus")
    head, *rows = save()
    assert len(rows) == len(table)
    fractions = [float(row[head.index("fraction")]) for row in rows]
    assert fractions == pytest.approx(table["fraction"].tolist(), rel=1e-3)
    tab.choose("#sheet-consensus input[type=search]", "adam")
    tab.wait("document.querySelectorAll('#sheet-consensus tbody tr').length === 2")
    assert len(save()) == 1 + (table["optimizer"] == "adam").sum()


def shown_rows(tab, name):
    """What the page tells, and a reader hears, of how many rows are left."""
    return tab.run(f"document.querySelector('#sheet-{name} .dt-info').textContent")


def test_a_table_is_filtered_by_each_of_its_columns(tab, page, finished, downloaded):
    tab.visit(page)
    save = downloaded("stragglers")
    rows = finished.table("stragglers").query("straggler_rate > 0")
    control = {
        label: f"#sheet-stragglers .filters [data-column='{label}']"
        for label in tab.run(
            "[...document.querySelectorAll('#sheet-stragglers [data-column]')].map((o) => o.dataset.column)"
        )
    }
    # A column of one value has nothing to choose.
    assert "dataset" not in control and {"network", "optimizer", "sample_id", "consensus"} <= {*control}
    tab.choose(f"{control['network']} select", "1")
    left = rows[rows["network"] == sorted(rows["network"].unique())[1]]
    assert 0 < len(left) < len(rows) and len(save()) == 1 + len(left)
    low, high = sorted(left["sample_id"])[1], sorted(left["sample_id"])[-2]
    tab.choose(f"{control['sample_id']} input", str(low))
    tab.choose(f"{control['sample_id']} input:last-of-type", str(high))
    left = left[left["sample_id"].between(low, high)]
    head, *saved = save()
    assert sorted(int(row[head.index("sample_id")]) for row in saved) == sorted(left["sample_id"])
    assert f"of {len(left)} entries" in shown_rows(tab, "stragglers")
    tab.click("#sheet-stragglers .filters button[type=reset]")
    tab.wait(f"document.querySelector('#sheet-stragglers .dt-info').textContent.endsWith('of {len(rows)} entries')")


def test_a_table_is_filtered_by_keys_alone_and_by_a_text(tab, tmp_path):
    texts = [f"text {number}" for number in range(15)]
    tab.visit(made(tmp_path, *texts))
    tab.run("document.querySelector('#sheet-texts summary').focus()")
    tab.press("Enter", 13)
    tab.wait("document.querySelector('#sheet-texts .filters summary') !== null")
    for key, code, steps in (("Tab", 9, 2), ("Enter", 13, 1), ("Tab", 9, 1)):
        for _ in range(steps):
            tab.press(key, code)
    assert tab.run("document.activeElement.labels[0].textContent") == "text"
    tab.call("Input.insertText", text="TEXT 1")
    tab.wait("document.querySelector('#sheet-texts .dt-info').textContent.includes('of 6 entries')")


def test_every_control_has_a_name_to_be_read(tab, page):
    tab.visit(page)
    for name in ("inversion", "stragglers"):
        tab.click(f"#sheet-{name} summary")
        tab.wait(f"document.querySelector('#sheet-{name} .filters') !== null")
    nodes = tab.call("Accessibility.getFullAXTree")["nodes"]
    roles = ("button", "combobox", "textbox", "searchbox", "spinbutton", "slider", "link")
    controls = [node for node in nodes if node.get("role", {}).get("value") in roles and not node["ignored"]]
    assert len(controls) > 50
    assert not [node for node in controls if not node.get("name", {}).get("value")]


def test_a_link_to_a_table_opens_it(tab, tmp_path):
    tab.visit(made(tmp_path, "digits"))
    tab.run("location.hash = 'sheet-texts'")
    tab.wait("document.querySelector('#sheet-texts td') !== null")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_is_as_wide_as_its_window(tab, page, width, scheme):
    tab.visit(page, width=width, scheme=scheme)
    assert tab.run("document.documentElement.scrollWidth") <= width
    assert count(tab, ".chart svg") == 4


def test_texts_from_outside_are_shown_and_run_nothing(tab, tmp_path, downloaded):
    texts = [title for title in TITLES if title.isprintable()]
    tab.visit(made(tmp_path, *texts))
    for place in (".answer h3", "#suspects td"):
        assert tab.run(f"[...document.querySelectorAll('{place}')].map((one) => one.textContent)") == texts
    assert tab.run("[...document.querySelector('#dataset').options].map((one) => one.text)") == [
        " ".join(text.split()) for text in texts
    ]
    tab.click("#samples button")
    tab.wait("document.querySelectorAll('#history-runs svg').length > 0")
    assert count(tab, "#sample-features td") == 4
    save = downloaded("texts")
    assert tab.run("document.querySelector('#sheet-texts td').textContent") == texts[0]
    assert [row[0] for row in save()[1:]] == texts
    assert count(tab, "b") == len(texts) * len(texts) * 2 + 3


def test_a_study_without_anything_to_draw_says_so(tab, tmp_path):
    from page import ASSETS, content

    from workflow.stragglers.page.document import document

    empty = content("digits")
    empty["data"] |= {"choices": [], "galleries": [], "sheets": []}
    file = tmp_path / "index.html"
    file.write_text(document(ASSETS, empty), encoding="utf-8")
    tab.visit(file)
    assert "no runs" in tab.run("document.querySelector('#curves-note').textContent")
    assert "no stragglers" in tab.run("document.querySelector('#gallery-note').textContent")
