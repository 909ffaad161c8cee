"""Pages of the library from its docstrings, by Sphinx: `make api`."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

project = "Stragglers"
extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.viewcode"]
templates_path = ["templates"]
exclude_patterns = ["templates"]
html_copy_source = False
html_show_copyright = False
add_module_names = False
python_use_unqualified_type_names = True
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True, "undoc-members": True, "show-inheritance": True}
# What a docstring refers to must be there; other libraries' own pages, which take a network, are not looked up.
nitpicky = True
OTHERS = "altair|collections|jax|json|matplotlib|np|numpy|pandas|pathlib|pd|pyarrow|sklearn|torch|types"
nitpick_ignore_regex = [("py:.*", rf"({OTHERS})\b.*"), ("py:class", r"tuple\[int")]


def as_sphinx_reads_it(app, what, name, obj, options, lines):
    """Docstrings name things as the code does: `Pass` of this module or one it imports, `.pass` of this room.

    With a dot before it, Sphinx finds a name by its last parts wherever it stands. Bars are those of a norm, and a list
    in two columns becomes one of lines.
    """
    for place, line in enumerate(lines):
        line = re.sub(r"(`+.*?`+)|\|", lambda found: found[1] or r"\|", line)
        line = re.sub(r":(mod|func|class|data|meth|attr):`\.*(?!pandas|json)", r":\1:`.", line)
        lines[place] = re.sub(r"^(\w+)  +", r"| **\1** ", line)


def setup(app):
    app.connect("autodoc-process-docstring", as_sphinx_reads_it)
