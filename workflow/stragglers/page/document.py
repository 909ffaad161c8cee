"""The page itself: one HTML file that opens from disk, with all that it needs inside.

Texts are escaped where they are put in: in HTML by the template, in JSON by its filter ``tojson``, and what the page's
script shows goes in as text. The libraries are those that Vega-Altair and itables bring along.
"""

import base64
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..support.text import printable

TEMPLATE = "index.html"


def document(folder: Path | str, content: Mapping[str, Any]) -> str:
    """The template of ``folder`` with its style and script, the libraries, and ``content``."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    own = {name: Markup(Path(folder, file).read_text(encoding="utf-8")) for name, file in OWN.items()}
    return environment.get_template(TEMPLATE).render(**own, **libraries(), **content)


OWN = {"style": "page.css", "script": "page.js"}


def shown(value: Any) -> Any:
    """A text without what would show nothing or turn the direction of writing; others, and HTML, as they are."""
    return printable(value) if type(value) is str else value


def libraries() -> dict[str, str]:
    """Vega, Vega-Lite and Vega-Embed as one script; DataTables as a module and its style, in base64."""
    bundle = files("itables") / "html"
    return {
        "vega": Markup(vl_convert.javascript_bundle()),
        **{
            f"datatables_{kind}": base64.b64encode((bundle / f"dt_bundle.{kind}").read_bytes()).decode("ascii")
            for kind in ("js", "css")
        },
    }
