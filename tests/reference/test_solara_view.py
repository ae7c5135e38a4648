"""Mesa's own view, SolaraViz, shows the model in a real browser; skipped, with the reason, where something is missing."""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="no playwright here: SolaraViz is not tested")
pytest.importorskip("solara", reason='no solara here: SolaraViz is not tested (pip install "mesa[viz]")')
pytest.importorskip("solara_assets", reason="no solara-assets here: SolaraViz would load its page from the net")
ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: SolaraViz is not tested in a browser"),
]


def _documented():
    """Return the view as docs/app.md shows it, with fewer customers."""
    text = (ROOT / "docs" / "app.md").read_text("utf-8")
    code = re.search(r"```py\n(from mesa\.visualization import SolaraViz.*?)```", text, re.DOTALL)[1]
    smaller = code.replace('"population": 300', '"population": 40, "horizon": 30, "burn_in": 4')
    assert smaller != code
    return smaller


@pytest.fixture
def address(tmp_path):
    (tmp_path / "view.py").write_text(_documented(), "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # What the browser loads comes from this server alone: no network is needed.
    told = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        "HOME": str(tmp_path),
    }
    command = [sys.executable, "-m", "solara", "run", "view.py", "--host", "127.0.0.1", "--port", str(port)]
    log = (tmp_path / "log").open("wb")
    server = subprocess.Popen([*command, "--no-open", "--production"], cwd=tmp_path, env=told, stdout=log, stderr=log)
    yield f"http://127.0.0.1:{port}/"
    server.terminate()
    server.wait(30)
    log.close()


def _opened(page, address):
    for _ in range(120):
        try:
            page.goto(address)
            return
        except playwright.Error:
            page.wait_for_timeout(1_000)
    pytest.fail("the server did not come up in two minutes")


def test_the_documented_view_opens_and_steps(address):
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        _opened(page, address)
        # Mesa 3.5 calls it the time.
        steps = page.get_by_text(re.compile(r"(Step|Time): \d+"))
        steps.first.wait_for(timeout=90_000)
        before = int(re.search(r"\d+", steps.first.inner_text())[0])
        page.get_by_role("button", name="Step", exact=True).click()
        page.get_by_text(re.compile(rf"(Step|Time): {before + 1}\b")).first.wait_for(timeout=60_000)
        assert page.locator("img, svg, canvas").count() > 0
        browser.close()
