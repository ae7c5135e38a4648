"""The page in a real browser; skipped, with the reason, where there is none."""

import shutil

import pytest

playwright = pytest.importorskip(
    "playwright.sync_api", reason="no playwright here: the page is not tested in a browser"
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: the page is not tested in a browser")
QUERY = "?scenario=treadmill&population=200&horizon=26&burn_in=10&replicates=4"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser, served):
    # The page's policy forbids evaluating text; the test's own waiting needs it.
    made = browser.new_page(bypass_csp=True, viewport={"width": 1200, "height": 900})
    faults, foreign = [], []
    made.on("pageerror", lambda error: faults.append(str(error)))
    made.on(
        "request",
        lambda request: foreign.append(request.url) if not request.url.startswith((served.origin, "data:")) else None,
    )
    yield made
    assert faults == [] and foreign == []
    made.close()


def _settled(page):
    page.wait_for_function(
        "window.lastAnswer && window.lastAnswer.final && !document.body.classList.contains('busy')", timeout=120_000
    )


def _move(page, key, share):
    page.evaluate(
        "([key, share]) => { const input = document.querySelector(`[data-key='${key}'] input`); input.value = share; input.dispatchEvent(new Event('input')); }",
        [key, share],
    )


def test_a_moved_lever_changes_the_answer_and_the_address(page, served):
    page.goto(served.origin + "/" + QUERY)
    _settled(page)
    before = page.text_content("#headline")
    page.evaluate("window.lastAnswer = null")
    _move(page, "arms.proactive.focal.strategy.automation", 0.1)
    page.wait_for_function("window.lastAnswer && window.lastAnswer.final", timeout=120_000)
    assert page.text_content("#headline") != before
    assert "automation=0.1" in page.url and "automation=0.1" in page.text_content("#command")
    page.reload()
    _settled(page)
    asked = {"scenario": "treadmill", "population": 200, "horizon": 26, "burn_in": 10, "replicates": 4}
    answer = served.answers({**asked, "arms.proactive.focal.strategy.automation": 0.1})[-1]
    assert answer["headline"][0]["text"] in page.text_content("#headline")
    for row in answer["metrics"]["proactive"]:
        cells = page.locator(f"[data-metric='proactive {row['key']}'] td").all_text_contents()
        assert cells == [row["baseline"], row["arm"], row["difference"]["text"], row["difference"]["interval"]]


def test_a_burst_of_moves_ends_with_the_last(page, served):
    page.goto(served.origin + "/" + QUERY)
    _settled(page)
    page.evaluate("window.lastAnswer = null")
    for number in range(30):
        _move(page, "arms.proactive.focal.strategy.automation", (number + 1) / 31)
    page.wait_for_function(
        "window.lastAnswer && window.lastAnswer.final && location.search.includes('automation=0.97')", timeout=120_000
    )
    assert "automation=0.97" in page.evaluate("window.lastAnswer.address")


def test_a_wrong_address_is_said_and_the_page_still_works(page, served):
    page.goto(served.origin + "/?scenario=%3Cscript%3Ealert(1)%3C/script%3E")
    page.wait_for_function(
        "!document.getElementById('fault').hidden || (window.lastAnswer && window.lastAnswer.final)", timeout=120_000
    )
    _settled(page)
    assert page.locator("#fault script").count() == 0


def test_it_fits_a_phone_and_is_worked_with_the_keyboard(browser, served):
    phone = browser.new_page(bypass_csp=True, viewport={"width": 390, "height": 800})
    phone.goto(served.origin + "/" + QUERY)
    _settled(phone)
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    slider = phone.locator("[data-key='arms.proactive.focal.strategy.automation'] input")
    slider.focus()
    phone.evaluate("window.lastAnswer = null")
    phone.keyboard.press("ArrowLeft")
    phone.wait_for_function("window.lastAnswer && window.lastAnswer.final", timeout=120_000)
    assert slider.get_attribute("aria-valuetext") == "0.69"
    assert "interval" in phone.text_content("#live")
    phone.close()


def test_a_lesson_hides_the_answer_until_one_commits(page, served):
    page.goto(served.origin + "/?lesson=two_lives")
    page.wait_for_selector("#lesson input")
    assert not page.is_visible("#answer") and not page.is_visible("#levers")
    page.click("#lesson input >> nth=0")
    page.click("#lesson button")
    page.wait_for_selector("#lesson .result", timeout=120_000)
    assert page.is_visible("#answer") and "The run says" in page.text_content("#lesson .result")


def test_a_server_that_comes_back_finds_the_page_with_its_state(browser, start_server):
    first = start_server()
    page = browser.new_page(bypass_csp=True)
    page.goto(first.origin + "/" + QUERY)
    _settled(page)
    first.stop()
    first.taken.close()
    _move(page, "arms.proactive.focal.strategy.automation", 0.5)
    page.wait_for_function("!document.getElementById('fault').hidden", timeout=60_000)
    assert "automation" in str(page.evaluate("state.question"))
    page.close()
