"""How fast the page answers: `python -m benchmarks.app_latency`, with a Chromium and playwright.

Measured in headless Chromium on a server of its own: from a moved slider to the redrawn picture (5,000 customers, two
arms, two replicates, 260 weeks); the same comparison in a loop in one warm process; four pages at once; a burst of 30
moves; the first picture.
"""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

MOVES = 60
KEY = "arms.proactive.focal.strategy.automation"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: Moves a slider and resolves when its first answer has been drawn, with the milliseconds that took.
SCRIPT = """([key, share]) => new Promise((done) => {
  const input = document.querySelector(`[data-key='${key}'] input`);
  const before = performance.now();
  window.lastAnswer = null; input.value = share; input.dispatchEvent(new Event('input'));
  const drawn = () => done(performance.now() - before);
  const look = () => requestAnimationFrame(window.lastAnswer ? drawn : look);
  look(); })"""


def _quantiles(times: list[float]) -> dict[str, float]:
    return {"p50_ms": round(float(np.quantile(times, 0.5)), 1), "p95_ms": round(float(np.quantile(times, 0.95)), 1)}


def _moves(address: str, seed: int, count: int = MOVES) -> tuple[list[float], float, float]:
    """Return milliseconds of moves, of the first picture, and of a burst of 30 moves after its last."""
    from playwright.sync_api import sync_playwright

    draw = np.random.default_rng(seed)
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(bypass_csp=True, viewport={"width": 1200, "height": 900})
        began = time.perf_counter()
        page.goto(address)
        page.wait_for_function("window.lastAnswer", timeout=300_000)
        first = 1000 * (time.perf_counter() - began)
        page.wait_for_function("window.lastAnswer.final", timeout=300_000)
        times = [float(page.evaluate(SCRIPT, [KEY, float(share)])) for share in draw.uniform(0.05, 0.95, count)]
        page.evaluate(
            """(key) => { const input = document.querySelector(`[data-key='${key}'] input`);
            for (let i = 1; i <= 29; i++) { input.value = i / 31; input.dispatchEvent(new Event('input')); } }""",
            KEY,
        )
        burst = page.evaluate(
            """(key) => new Promise((done) => { const input = document.querySelector(`[data-key='${key}'] input`);
            const before = performance.now(); input.value = 30 / 31; input.dispatchEvent(new Event('input'));
            const look = () => window.lastAnswer && window.lastAnswer.address.includes('automation=0.97')
              ? done(performance.now() - before) : requestAnimationFrame(look); look(); })""",
            KEY,
        )
        browser.close()
    return times, first, float(burst)


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
    command = [sys.executable, "-m", "sim.cli", "app", "port=0", "open=false"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    address = server.stdout.readline().strip() + "?scenario=treadmill&population=5000&replicates=2"
    found: dict[str, object] = {"machine": platform.machine(), "avx512": "avx512f" in Path("/proc/cpuinfo").read_text()}
    try:
        _moves(address, 0, 5)
        times, first, burst = _moves(address, 1)
        found["one_page"] = _quantiles(times)
        found["first_picture_ms"], found["burst_after_last_ms"] = round(first), round(burst)
        several: list[list[float]] = []
        threads = [threading.Thread(target=lambda n=n: several.append(_moves(address, n, 20)[0])) for n in range(2, 6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found["four_pages"] = _quantiles([value for part in several for value in part])
    finally:
        server.terminate()
    found["same_comparison_in_a_loop"] = _quantiles(_in_process())
    print(json.dumps(found, indent=2))
    Path(__file__).with_suffix(".json").write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
