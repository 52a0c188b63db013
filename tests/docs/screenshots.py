"""Look at every page of the built site in Chromium: `make docs-look`.

Each page is opened at the width of a desktop and of a phone, light and dark. Screenshots go to
build/screenshots. It fails where a page is wider than its window, where the browser reports an
error, and where a page asks any host but the one that serves it.

CHROMIUM names the browser; without it /usr/bin/chromium is taken.
"""

from __future__ import annotations

import contextlib
import functools
import http.server
import os
import sys
import tempfile
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Error, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "build" / "docs"
SCREENSHOTS = ROOT / "build" / "screenshots"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
WIDTHS = {1280: 900, 390: 844}  # With the heights of the windows.
TALLEST = 16_384  # Pixels of a page in its picture; the browser may crash with more.
SCHEMES = ("light", "dark")
QUIET = [
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-proxy-server",
]
# What reaches over the right edge and does not scroll in itself.
TOO_WIDE = """() => {
    const found = [];
    for (const one of document.querySelectorAll('main *')) {
        const box = one.getBoundingClientRect();
        if (box.width && box.right > window.innerWidth + 1) {
            let above = one.parentElement;
            while (above && !['auto', 'scroll', 'hidden'].includes(getComputedStyle(above).overflowX))
                above = above.parentElement;
            if (!above) found.push(one.tagName + ' ' + one.textContent.trim().slice(0, 60));
        }
    }
    return found.slice(0, 3);
}"""


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


class Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the browser's own errors are reported."""


@contextlib.contextmanager
def served(folder: Path) -> Generator[str, None, None]:
    """Serve a folder on loopback, and give the address."""
    with Server(("127.0.0.1", 0), functools.partial(Files, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def look(page: Page, url: str, name: str, width: int, scheme: str) -> list[str]:
    """Open a page, keep a picture of it, and return what is wrong with it."""
    wrong: list[str] = []
    page.on(
        "console",
        lambda said: (
            said.type == "error"
            and wrong.append(f"console: {said.text} ({said.location.get('url', '')})")
        ),
    )
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("requestfailed", lambda request: wrong.append(f"no answer: {request.url}"))
    page.on(
        "request",
        lambda request: (
            urlsplit(request.url).hostname in ("127.0.0.1", None)
            or wrong.append(f"asks another host: {request.url}")
        ),
    )
    page.goto(f"{url}/{name}", wait_until="load")
    real = page.evaluate("document.documentElement.scrollWidth")
    if real > width:
        wide = "; ".join(page.evaluate(TOO_WIDE))
        wrong.append(f"is {real} pixels wide: {wide}")
    shot = SCREENSHOTS / f"{name.removesuffix('.html').replace('/', '-')}-{width}-{scheme}.png"
    height = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
    page.screenshot(
        path=shot, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": height}
    )
    return wrong


def looked(
    context: BrowserContext, url: str, name: str, width: int, scheme: str, tries: int = 2
) -> list[str]:
    """Look at a page; again if the browser crashed, which says nothing about the page."""
    page = context.new_page()
    try:
        return look(page, url, name, width, scheme)
    except Error as error:
        if tries == 1 or "crashed" not in str(error):
            raise
    finally:
        page.close()
    return looked(context, url, name, width, scheme, tries - 1)


def contexts(profile: Path) -> Generator[tuple[BrowserContext, int, str], None, None]:
    """Give a browser for each width and colour scheme, with a profile of its own."""
    with sync_playwright() as playwright:
        for width, height in WIDTHS.items():
            for scheme in SCHEMES:
                context = playwright.chromium.launch_persistent_context(
                    profile / f"{width}-{scheme}",
                    executable_path=CHROMIUM,
                    headless=True,
                    chromium_sandbox=False,
                    args=QUIET,
                    viewport={"width": width, "height": height},
                    color_scheme="dark" if scheme == "dark" else "light",
                )
                with context:
                    yield context, width, scheme


def main(wanted: list[str]) -> int:
    """Look at every page, or at those that are named; return 1 where something is wrong."""
    names = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
    names = [name for name in names if not name.startswith(("_modules/", "genindex-"))]
    names = [name for name in names if not wanted or name.removesuffix(".html") in wanted]
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    failures = 0
    with served(SITE) as url, tempfile.TemporaryDirectory() as profile:
        for context, width, scheme in contexts(Path(profile)):
            for name in names:
                for wrong in looked(context, url, name, width, scheme):
                    failures += 1
                    print(f"{name} at {width}, {scheme}: {wrong}", flush=True)
    print(f"{len(names)} pages, {failures} faults; screenshots are in {SCREENSHOTS}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
