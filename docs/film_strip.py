"""Take the pictures of the page in `docs/app.md`: `python docs/film_strip.py`, with Chromium and playwright.

Eight pictures of today's page, in one: before a move, while a lever is dragged, after it; on a phone; dark; the journey
map; a lesson before its prediction and after the reveal.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

STRIP = Path(__file__).resolve().parent / "figures" / "app.png"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
LEVER = "[data-key='arms.proactive.focal.strategy.automation'] input"
DESK, PHONE = {"width": 1200, "height": 900}, {"width": 390, "height": 844}
SETTLED = "window.lastAnswer && window.lastAnswer.final && !document.body.classList.contains('busy')"
_STYLE = """
body { margin: 0; padding: 16px; width: 2000px; font: 15px system-ui, sans-serif; background: #fff; color: #1c2430; }
div { display: grid; grid-template-columns: repeat(4, 1fr); gap: 16px; }
figure { margin: 0; } figcaption { margin: 0 0 4px; }
img { width: 100%; height: 360px; object-fit: contain; object-position: left top; }"""


@contextmanager
def served() -> Iterator[str]:
    """Start the server on a free port; yield its address."""
    command = [sys.executable, "-m", "sim.cli", "app", "port=0", "open=false"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.wait(30)


def opened(browser: Browser, address: str, viewport: Any = DESK, **options: Any) -> Page:
    """Open the page and wait until its figures, its break-even and its map are there."""
    page = browser.new_page(viewport=viewport, bypass_csp=True, **options)
    page.goto(address)
    settle(page)
    page.wait_for_selector("#maps svg", timeout=120_000)
    return page


def settle(page: Page) -> None:
    """Wait for the last answer, and until it is drawn."""
    page.wait_for_function(SETTLED, timeout=300_000)
    page.wait_for_function("!document.getElementById('even').classList.contains('stale')", timeout=300_000)
    page.wait_for_timeout(600)


def explorer(browser: Browser, address: str) -> Iterator[tuple[str, bytes]]:
    """Yield words and picture of the explorer: before, during and after a drag, on a phone, dark, the map."""
    page = opened(browser, address)
    yield "Before", page.screenshot()
    box = page.locator(LEVER).bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.7 * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.2 * box["width"], middle, steps=12)
    page.wait_for_function("window.lastAnswer.address.includes('automation=') && !window.lastAnswer.final")
    yield "While the lever is dragged: two replicates so far", page.screenshot()
    page.mouse.up()
    settle(page)
    yield "After", page.screenshot()
    page.locator("#map").scroll_into_view_if_needed()
    page.evaluate("document.getElementById('map').scrollIntoView(); Journey.at(120)")
    page.wait_for_timeout(600)
    yield "The journey of both arms, and their difference", page.screenshot()
    page.close()
    phone = opened(browser, address, PHONE, device_scale_factor=2)
    yield "On a phone", phone.screenshot()
    phone.close()
    dark = opened(browser, address, color_scheme="dark")
    yield "Dark", dark.screenshot()
    dark.close()


def lesson(browser: Browser, address: str) -> Iterator[tuple[str, bytes]]:
    """Yield words and picture of a lesson before the prediction and after the reveal."""
    page = browser.new_page(viewport=DESK, bypass_csp=True)
    page.goto(address + "?lesson=two_lives")
    page.wait_for_selector("#lesson input")
    page.click("#lesson input >> nth=1")
    yield "A lesson: the learner commits to a prediction", page.screenshot()
    page.click("#lesson [type=submit]")
    page.wait_for_selector("#lesson .result", timeout=300_000)
    page.wait_for_timeout(600)
    yield "and only then sees the answer", page.screenshot()
    page.close()


def strip(browser: Browser, pictures: list[tuple[str, bytes]]) -> bytes:
    """Put pictures with their words side by side."""
    page = browser.new_page(viewport={"width": 2032, "height": 400})
    figures = "".join(
        f"<figure><figcaption>{words}</figcaption>"
        f"<img src='data:image/png;base64,{base64.b64encode(picture).decode()}'></figure>"
        for words, picture in pictures
    )
    page.set_content(f"<style>{_STYLE}</style><div>{figures}</div>")
    return page.screenshot(full_page=True)


def main() -> None:
    """Take the pictures and write them."""
    from playwright.sync_api import sync_playwright

    with served() as address, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        pictures = [*explorer(browser, address), *lesson(browser, address)]
        STRIP.write_bytes(strip(browser, pictures))
        browser.close()
    print(f"{STRIP.relative_to(STRIP.parents[2])}: {STRIP.stat().st_size:,} bytes, {len(pictures)} pictures")


if __name__ == "__main__":
    main()
