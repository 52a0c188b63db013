"""Clicks through the page of an app in Chromium: `browse.py URL SCENARIO FOLDER`.

It runs where playwright is. It prints one line of JSON: the hosts that the page asked, and what the
browser complained about.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, Request, Route, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = [
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-proxy-server",
]
SECONDS = 30_000


def wait_for_value(page: Page, label: str, value: str) -> None:
    """Wait until the value of the field with a label begins so."""
    field = page.get_by_label(label, exact=True)
    page.wait_for_function(
        "([field, value]) => value ? field.value.startsWith(value) : !field.value",
        arg=[field.element_handle(), value],
    )


def click(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def kitchen(page: Page, folder: Path) -> None:
    page.get_by_label("Name").fill('Bob "the\nbaker"')
    click(page, "Greet")
    wait_for_value(page, "Greeting", 'Good evening, Bob "the\nbaker"!!!')
    tab(page, "Toast")
    page.locator("input[type=file]").first.set_input_files(folder / "picture.png")
    page.locator("[data-testid=image] img, .image-container img, .image-frame img").first.wait_for()
    click(page, "Toast")
    page.get_by_text("toasted", exact=True).first.wait_for()
    tab(page, "Stream")
    page.get_by_label("Dumplings").fill("4")
    click(page, "Count")
    wait_for_value(page, "Counted", "1 2 3 4")
    tab(page, "Bake")
    page.get_by_label("Dish").fill("cake")
    click(page, "Bake")
    wait_for_value(page, "Baked", "cake, baked for 10 minutes")
    tab(page, "Order")
    for number, dish in enumerate(["soup", "pie"], 1):
        page.get_by_label("Order", exact=True).fill(dish)
        click(page, "Order")
        wait_for_value(page, "Orders so far", str(number))
    click(page, "Order what is sold out")
    page.get_by_text("There is no more pie today.").first.wait_for()
    tab(page, "Recipe card")
    page.locator("input[type=file][accept*=txt]").first.set_input_files(folder / "Grüße.txt")
    page.get_by_text("Grüße").first.wait_for()
    click(page, "Copy")
    page.get_by_text("shouted").first.wait_for()
    tab(page, "Suggest")
    page.get_by_label("autumn").check()
    page.get_by_label("pesto").first.check()
    click(page, "Suggest")
    wait_for_value(page, "Vegetable", "pumpkin")
    tab(page, "Chat")
    page.get_by_label("Message").fill("Is there cake?")
    page.get_by_label("Message").press("Enter")
    # Gradio 5 takes the app's history for another form of it, and says so.
    failed = page.get_by_test_id("toast-body").get_by_text("Error", exact=True)
    page.get_by_text("Question 1 was: Is there cake?").or_(failed).first.wait_for()


def chat(page: Page, folder: Path) -> None:
    for number, words in enumerate(["hello", "once more"]):
        field = page.locator("textarea").first
        field.fill(words)
        field.press("Enter")
        page.get_by_text(f"you said {words} after {number * 2}").first.wait_for()
        # The page offers the next message when it knows that the answer is whole.
        page.wait_for_function("() => document.querySelector('textarea').value === ''")
        page.wait_for_timeout(500)


def pictures(page: Page, folder: Path) -> None:
    page.locator("input[type=file]").first.set_input_files(folder / "picture.png")
    page.get_by_label("Remove Image").or_(page.get_by_label("Clear")).first.wait_for()
    click(page, "Measure")
    wait_for_value(page, "Size", "40 by 20")
    click(page, "Shade")
    page.locator(".grid-container img, .gallery-item img, .thumbnail-item img").nth(1).wait_for()
    page.locator(".thumbnail-item, .gallery-item").nth(1).click()
    wait_for_value(page, "Chosen", "number ")


def chain(page: Page, folder: Path) -> None:
    wait_for_value(page, "Welcome line", "Welcome")
    page.get_by_label("Topic").fill("rain")
    click(page, "Write")
    wait_for_value(page, "Verdict", "fine")
    click(page, "Write")
    wait_for_value(page, "Draft", "Rain, draft 2.")
    click(page, "Name the page")
    page.wait_for_function("document.title === 'Named'")
    page.get_by_label("Topic").fill("x" * 80)
    click(page, "Write")
    page.get_by_text("That is too long.").first.wait_for()
    click(page, "Reset")
    wait_for_value(page, "Draft", "")


def main(url: str, scenario: str, folder: str) -> None:
    own, hosts, wrong = urlsplit(url).netloc, set[str](), list[str]()

    def pass_on(route: Route) -> None:
        host = urlsplit(route.request.url).netloc
        hosts.add(host)
        # Fonts and the like of other hosts: nothing leaves the machine.
        if host == own:
            route.continue_()
        else:
            route.abort()

    def failed(request: Request) -> None:
        # A page leaves its streams itself when it has seen enough of them.
        if urlsplit(request.url).netloc == own and request.failure != "net::ERR_ABORTED":
            wrong.append(f"{request.failure}: {request.url}")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, chromium_sandbox=False, args=QUIET
        )
        page = browser.new_page()
        page.set_default_timeout(SECONDS)
        page.on("requestfailed", failed)
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on(
            "console",
            lambda said: "CHUNKED" in said.text and wrong.append(f"console: {said.text}"),
        )
        page.route("**/*", pass_on)
        page.goto(url)
        try:
            globals()[scenario](page, Path(folder))
        except Exception:
            page.screenshot(path=Path(folder) / "failed.png")
            raise
        page.wait_for_timeout(300)
        browser.close()
    print(json.dumps({"hosts": sorted(hosts), "wrong": wrong}))


if __name__ == "__main__":
    main(*sys.argv[1:])
