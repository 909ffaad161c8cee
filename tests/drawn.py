"""What tests of figures share: tables as files, and captions filled in."""

from project import REPOSITORY

from workflow.stragglers.figures.captions import write_caption
from workflow.stragglers.support.sealed import write_table


def written(tables, folder):
    """Name -> file in ``folder`` of each table, as a figure's ``gather`` takes them."""
    files = {name: str(folder / f"{name}.parquet") for name in tables}
    for name, table in tables.items():
        write_table(table, files[name])
    return files


def caption_of(module, content, folder):
    """The caption of a figure in one line, by way of its file."""
    file, stem = folder / "caption.rst", module.__name__.rsplit(".", 1)[1]
    write_caption(str(REPOSITORY / f"workflow/report/{stem}.rst"), str(file), module.caption(content))
    return " ".join(file.read_text(encoding="utf-8").split())
