"""Pages of the library from its docstrings, which `make api` builds."""

import shutil
import subprocess
import sys

import pytest
from project import REPOSITORY

pytest.importorskip("sphinx", reason="there is no Sphinx (make api installs it)")


def test_every_docstring_is_read_and_what_it_refers_to_is_there(tmp_path):
    # The tool writes beside what it reads.
    source = tmp_path / "docs/api"
    shutil.copytree(REPOSITORY / "docs/api", source, ignore=shutil.ignore_patterns("html", "modules"))
    (tmp_path / "workflow").symlink_to(REPOSITORY / "workflow")
    options = ("--fail-on-warning", "--quiet", "--builder", "html")
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, source, tmp_path / "html"], capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    page = (tmp_path / "html/modules/workflow.stragglers.geometry.inversion.html").read_text(encoding="utf-8")
    module = "workflow.stragglers.geometry.inversion"
    assert f'id="{module}.find_inversion"' in page and f'href="#{module}.Inversion"' in page
