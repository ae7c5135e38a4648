"""How fast the page answers: `python -m benchmarks.app_latency`, with a Chromium and playwright.

Measured in headless Chromium on a server of its own: from a moved slider to the redrawn picture (5,000 customers, two
arms, two replicates, 260 weeks); the same comparison in a loop in one warm process; four pages of one browser that all
move without a pause; a burst of 30 moves; the first picture.
"""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MOVES = 60
KEY = "arms.proactive.focal.strategy.automation"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: Moves a slider again and again, each time when the answer to the last move has been drawn; keeps the milliseconds.
SCRIPT = """([key, shares]) => {
  const input = document.querySelector(`[data-key='${key}'] input`);
  Object.assign(window, { moved: [], wanted: shares.length });
  const move = () => {
    if (window.moved.length === shares.length) return;
    const before = performance.now();
    window.lastAnswer = null; input.value = shares[window.moved.length]; input.dispatchEvent(new Event('input'));
    const drawn = () => { window.moved.push(performance.now() - before); setTimeout(move, 0); };
    const look = () => requestAnimationFrame(window.lastAnswer ? drawn : look);
    look();
  };
  move(); }"""


def _quantiles(times: list[float]) -> dict[str, float]:
    return {"p50_ms": round(float(np.quantile(times, 0.5)), 1), "p95_ms": round(float(np.quantile(times, 0.95)), 1)}


def _opened(browser: Browser, address: str) -> tuple[Page, float]:
    """Open the page; return it, with the milliseconds to its first picture."""
    page = browser.new_page(bypass_csp=True, viewport={"width": 1200, "height": 900})
    began = time.perf_counter()
    page.goto(address)
    page.wait_for_function("window.lastAnswer", timeout=300_000)
    first = 1000 * (time.perf_counter() - began)
    page.wait_for_function("window.lastAnswer.final", timeout=300_000)
    page.wait_for_timeout(2_000)
    return page, first


def _moves(pages: list[Page], count: int) -> list[float]:
    """Return milliseconds of moves, each page moving again as soon as its last move has been drawn."""
    draw = np.random.default_rng(1)
    for page in pages:
        page.evaluate(SCRIPT, [KEY, draw.uniform(0.05, 0.95, count).tolist()])
    for page in pages:
        page.wait_for_function("window.moved.length === window.wanted", timeout=300_000)
    return [float(value) for page in pages for value in page.evaluate("window.moved")]


def _burst(page: Page) -> float:
    """Return milliseconds until a burst of 30 moves has settled after its last."""
    page.evaluate(
        """(key) => { const input = document.querySelector(`[data-key='${key}'] input`);
        for (let i = 1; i <= 29; i++) { input.value = i / 31; input.dispatchEvent(new Event('input')); } }""",
        KEY,
    )
    found = page.evaluate(
        """(key) => new Promise((done) => { const input = document.querySelector(`[data-key='${key}'] input`);
        const before = performance.now(); input.value = 30 / 31; input.dispatchEvent(new Event('input'));
        const look = () => window.lastAnswer && window.lastAnswer.address.includes('automation=0.97')
          ? done(performance.now() - before) : requestAnimationFrame(look); look(); })""",
        KEY,
    )
    return float(found)


def _in_process(count: int = MOVES) -> list[float]:
    """Return milliseconds of the same comparison in a loop, nothing kept between its rounds."""
    from sim import Scenario, compare

    times = []
    for share in np.linspace(0.05, 0.95, count + 3):
        began = time.perf_counter()
        scenario = Scenario.load("treadmill", population=5_000, **{KEY: round(float(share), 2)})
        compare(scenario, replicates=2, seed=1, effectiveness=False)
        times.append(1000 * (time.perf_counter() - began))
    return times[3:]


def main() -> None:
    """Measure, print, and keep the figures in `benchmarks/app_latency.json`."""
    from playwright.sync_api import sync_playwright

    command = [sys.executable, "-m", "sim.cli", "app", "port=0", "open=false"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    address = server.stdout.readline().strip() + "?scenario=treadmill&population=5000&replicates=2"
    found: dict[str, object] = {"machine": platform.machine(), "avx512": "avx512f" in Path("/proc/cpuinfo").read_text()}
    try:
        with sync_playwright() as started:
            browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            page, _ = _opened(browser, address)
            _moves([page], 10)
            page.close()
            page, first = _opened(browser, address)
            found["first_picture_ms"] = round(first)
            found["one_page"] = one = _quantiles(_moves([page], MOVES))
            found["burst_after_last_ms"] = round(_burst(page))
            several = [page, *(_opened(browser, address)[0] for _ in range(3))]
            found["four_pages"] = four = _quantiles(_moves(several, MOVES))
            browser.close()
    finally:
        server.terminate()
    found["same_comparison_in_a_loop"] = loop = _quantiles(_in_process())
    found["against_the_loop"] = {key: round(one[key] / loop[key], 2) for key in one}
    found["four_pages_against_one"] = {key: round(four[key] / one[key], 2) for key in one}
    print(json.dumps(found, indent=2))
    Path(__file__).with_suffix(".json").write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
