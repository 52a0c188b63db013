"""How Sphinx builds these pages: `make docs` puts them into build/docs, without any network."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

from sphinx.domains.python import PyObject

sys.path.insert(0, str(Path(__file__).parent / "_sphinx"))

project = "hubsmith"
author = "the hubsmith authors"
project_copyright = "the hubsmith authors"
version = release = version_of("hubsmith")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "docstrings",
    "task_types",
    "usage",
]
source_suffix = {".md": "markdown"}
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# Docstrings are Markdown-like: what stands in single backticks is a name, linked where it is known.
default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_type_aliases = {
    name: f"hubsmith.{name}" for name in ("FileInput", "ObjectInput", "ListInput", "Event", "Stage")
}
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 60
napoleon_numpy_docstring = False
napoleon_use_ivar = True

copybutton_prompt_text = "$ "
copybutton_exclude = ".linenos, .gp, .go"
copybutton_only_copy_prompt_lines = True

for field in PyObject.doc_field_types:
    if field.name == "variable":
        field.label = "Attributes"

html_theme = "furo"
html_title = f"hubsmith {release}"
html_copy_source = False
html_show_sphinx = False
html_favicon = "_static/icon.svg"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_theme_options = {
    "source_repository": "https://github.com/hubsmith/hubsmith/",
    "source_branch": "main",
    "source_directory": "docs/",
}
# Text is set in fonts of the reader's machine, so a page loads nothing from elsewhere.
pygments_style = "friendly"
pygments_dark_style = "monokai"
