"""How Sphinx builds these pages: `make docs` puts them into build/docs, without any network."""

from __future__ import annotations

from importlib.metadata import version as version_of

project = "hubsmith"
author = "the hubsmith authors"
project_copyright = "the hubsmith authors"
version = release = version_of("hubsmith")

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"hubsmith {release}"
html_copy_source = False
html_show_sphinx = False
# Text is set in fonts of the reader's machine, so a page loads nothing from elsewhere.
pygments_style = "friendly"
pygments_dark_style = "monokai"
