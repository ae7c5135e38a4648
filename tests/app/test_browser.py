"""The page in a real browser; skipped, with the reason, where there is none."""

import re
import shutil
from urllib.parse import urlencode

import pytest

playwright = pytest.importorskip(
    "playwright.sync_api", reason="no playwright here: the page is not tested in a browser"
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: the page is not tested in a browser")
ASKED = {"scenario": "treadmill", "population": 200, "horizon": 26, "burn_in": 10, "replicates": 4}
QUERY = "?" + urlencode(ASKED)
AUTOMATION = "arms.proactive.focal.strategy.automation"
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
    _move(page, AUTOMATION, 0.1)
    page.wait_for_function("window.lastAnswer && window.lastAnswer.final", timeout=120_000)
    assert page.text_content("#headline") != before
    assert "automation=0.1" in page.url and "automation=0.1" in page.text_content("#command")
    page.reload()
    _settled(page)
    answer = served.answers({**ASKED, AUTOMATION: 0.1})[-1]
    assert answer["headline"][0]["text"] in page.text_content("#headline")
    for row in answer["metrics"]["proactive"]:
        cells = page.locator(f"[data-metric='proactive {row['key']}'] td").all_text_contents()
        assert cells == [row["baseline"], row["arm"], row["difference"]["text"], row["difference"]["interval"]]


NOTES = """window.notes = []; document.addEventListener("DOMContentLoaded", () => {
  const note = document.getElementById("even-note");
  new MutationObserver(() => window.notes.push(note.textContent)).observe(note, { childList: true, characterData: true, subtree: true });
});"""


@pytest.mark.parametrize(("level", "last"), [(1, "Pays as long as"), (0, "No capability is used.")])
def test_that_no_capability_is_used_is_said_only_once_it_is_known(page, served, level, last):
    page.add_init_script(NOTES)
    page.goto(served.origin + "/?" + urlencode({**ASKED, "capability_level": level}))
    page.wait_for_function(f"window.notes.some((note) => note.startsWith('{last}'))", timeout=120_000)
    notes = page.evaluate("window.notes")
    assert not any(note.startswith("No capability") for note in notes[:-1])
    assert not re.search("[−+](?!\u2060)|\\d %", page.text_content("#words") + page.text_content("#headline small"))


def test_back_leads_from_another_scenario_to_the_state_before(page, served):
    page.goto(served.origin + "/" + QUERY)
    _settled(page)
    page.evaluate("window.lastAnswer = null")
    _move(page, AUTOMATION, 0.1)
    page.wait_for_function("window.lastAnswer && window.lastAnswer.final", timeout=120_000)
    page.evaluate("window.lastAnswer = null")
    page.click("#reset")
    page.wait_for_function("window.lastAnswer && window.lastAnswer.final", timeout=120_000)
    assert "automation" not in page.url
    page.evaluate("window.lastAnswer = null")
    page.go_back()
    page.wait_for_function("window.lastAnswer && window.lastAnswer.final", timeout=120_000)
    assert "automation=0.1" in page.url and "automation=0.1" in page.text_content("#command")


def test_a_burst_of_moves_ends_with_the_last(page, served):
    page.goto(served.origin + "/" + QUERY)
    _settled(page)
    page.evaluate("window.lastAnswer = null")
    for number in range(30):
        _move(page, AUTOMATION, (number + 1) / 31)
    page.wait_for_function(
        "window.lastAnswer && window.lastAnswer.final && location.search.includes('automation=0.97')", timeout=120_000
    )
    assert "automation=0.97" in page.evaluate("window.lastAnswer.address")


def test_the_mark_in_a_figure_is_that_of_the_last_answer(page, served):
    page.goto(served.origin + "/?" + urlencode({**ASKED, "horizon": 156, "burn_in": 52}))
    _settled(page)
    assert page.evaluate("window.lastAnswer.payback") is not None
    page.wait_for_function("Number(document.getElementById('cash').dataset.at) === window.lastAnswer.payback")


def test_a_figure_out_of_view_follows_when_the_hand_rests(page, served):
    """Only figures on the screen are drawn at every move; what a screen reader says of one is set as it is drawn."""
    page.goto(served.origin + "/" + QUERY)
    _settled(page)
    assert page.evaluate("document.getElementById('series2').getBoundingClientRect().top > innerHeight + 100")
    page.evaluate("window.lastAnswer = null")
    _move(page, AUTOMATION, 0.1)
    page.wait_for_function(
        """() => { const line = window.lastAnswer && state.shown.series[2].lines.proactive;
        const said = document.querySelector('#series2 canvas').getAttribute('aria-label');
        return line && said.includes(`proactive ends at ${percent(line.mean.at(-1))}`); }""",
        timeout=60_000,
    )


def test_a_number_that_cannot_be_used_is_said_and_put_back(page, served):
    page.goto(served.origin + "/" + QUERY)
    _settled(page)
    for number, text in enumerate(("-3", "0.5", "9" * 30, ""), start=1):
        page.fill("#seed", text)
        page.dispatch_event("#seed", "change")
        page.wait_for_function("!document.getElementById('fault').hidden")
        assert "seed must be a whole number" in page.text_content("#fault") and page.input_value("#seed") == "1", text
        page.evaluate("window.lastAnswer = null")
        _move(page, AUTOMATION, 0.1 * number)
        page.wait_for_function("window.lastAnswer && window.lastAnswer.final", timeout=120_000)
        assert page.locator("#fault").is_hidden(), text


def test_a_wrong_address_is_said_and_the_page_still_works(page, served):
    page.goto(served.origin + "/?scenario=%3Cscript%3Ealert(1)%3C/script%3E")
    _settled(page)
    assert page.locator("#fault script").count() == 0 and "name a scenario" in page.text_content("#fault")
    page.evaluate("window.lastAnswer = null")
    _move(page, AUTOMATION, 0.1)
    _settled(page)
    assert page.locator("#fault").is_hidden()


def test_it_fits_a_phone_and_is_worked_with_the_keyboard(browser, served):
    phone = browser.new_page(bypass_csp=True, viewport={"width": 390, "height": 800})
    phone.goto(served.origin + "/" + QUERY)
    _settled(phone)
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    slider = phone.locator(f"[data-key='{AUTOMATION}'] input")
    slider.focus()
    phone.evaluate("window.lastAnswer = null")
    phone.keyboard.press("ArrowLeft")
    phone.wait_for_function("window.lastAnswer && window.lastAnswer.final", timeout=120_000)
    assert slider.get_attribute("aria-valuetext") == "0.69"
    assert "interval" in phone.text_content("#live")
    phone.close()


def test_a_lesson_hides_the_answer_until_one_commits(page, served):
    page.goto(served.origin + "/?lesson=funnel_to_loop")
    page.wait_for_selector("#lesson input")
    # The case of the scenario says 4 %.
    assert not any(page.is_visible(part) for part in ("#answer", "#levers", "#case", "#title"))
    page.click("#lesson [type=submit]")
    assert page.locator("#lesson .result").count() == 0
    page.click("#lesson input >> nth=1")
    page.click("#lesson [type=submit]")
    page.wait_for_selector("#lesson .result", timeout=120_000)
    said = page.text_content("#lesson .result")
    assert page.is_visible("#answer") and said.startswith("You predicted: from 10 to 30. The run says")
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) == 1
    page.click("#lesson .tries a >> nth=2")
    page.wait_for_function("window.lastAnswer.address.includes('capability_cost=0.5')", timeout=120_000)
    assert page.is_visible("#lesson .tries") and "capability_cost=0.5" in page.url
    # Committed is committed: the page opened again asks nothing, and shows the state of its address.
    page.reload()
    page.wait_for_selector("#lesson .result", timeout=120_000)
    assert page.text_content("#lesson .result") == said and "capability_cost=0.5" in page.url


def test_the_teacher_sees_the_class_and_shows_the_answer(page, served):
    for pupil, choice in (("one", 0), ("two", 3), ("three", 3)):
        body = {"lesson": "who_pays", "pupil": pupil, "choice": choice}
        assert served.ask("/api/prediction", body)[0] == 200
    page.goto(served.origin + "/?lesson=who_pays&teacher=1")
    page.wait_for_selector("#lesson .histogram")
    assert page.locator("#lesson .histogram b").all_text_contents() == [" 1", " 0", " 0", " 2"]
    assert not page.is_visible("#answer") and "The run says" not in page.text_content("#lesson")
    page.click("text=Show the answer")
    page.wait_for_selector("#lesson .tries", timeout=120_000)
    assert page.is_visible("#answer") and "more than 60 ✓" in page.text_content("#lesson .histogram")


def test_what_a_lesson_shows_of_a_customer_is_shown_and_follows_the_levers(page, served):
    page.goto(served.origin + QUERY + "&lesson=two_lives&revealed=1&life=loser")
    page.wait_for_selector("#story tr", timeout=60_000)
    assert page.get_attribute("[data-pick=loser]", "aria-pressed") == "true"
    assert "Here the lives part" in page.text_content("#story") and page.evaluate("scrollY") > 0
    page.click("[data-pick=winner]")
    page.wait_for_function("document.querySelector('[data-pick=winner]').getAttribute('aria-pressed') === 'true'")
    assert "life=winner" in page.url
    before = page.text_content("#lives")
    page.fill("#seed", "2")
    page.dispatch_event("#seed", "change")
    # The story is told again when the levers rest.
    page.wait_for_function(
        "(before) => document.querySelector('#lives').textContent !== before", arg=before, timeout=60_000
    )
    assert "life=winner" in page.url


def test_a_server_that_comes_back_finds_the_pages_with_their_states(browser, start_server):
    first = start_server()
    pages = [browser.new_page(bypass_csp=True) for _ in range(2)]
    for page in pages:
        page.goto(first.origin + "/" + QUERY)
        _settled(page)
    first.stop()
    first.taken.close()
    for page, share in zip(pages, (0.5, 0.25), strict=True):
        page.evaluate("window.lastAnswer = null")
        _move(page, AUTOMATION, share)
        page.wait_for_function("!document.getElementById('fault').hidden", timeout=60_000)
        assert f"{share}" in str(page.evaluate("state.question"))
    second = start_server(port=first.port)
    for page, share in zip(pages, (0.5, 0.25), strict=True):
        _settled(page)
        assert f"automation={share}" in page.url and page.locator("#fault").is_hidden()
        page.close()
    second.stop()


def test_many_tabs_keep_apart_and_one_that_is_closed_or_asleep_holds_up_no_other(browser, served):
    """Ten tabs, two of them on one state: one is closed during its run, one sleeps through a move of the others."""
    shares = [0.1, 0.2, 0.3, 0.4, 0.4, 0.5, 0.6, 0.8, 0.9, 1.0]
    window = browser.new_context(bypass_csp=True, viewport={"width": 900, "height": 700})
    tabs = [window.new_page() for _ in shares]
    asked = {**ASKED, "population": 100, "replicates": 2}
    for tab in tabs:
        tab.goto(served.origin + "/?" + urlencode(asked), wait_until="commit")
    for tab, share in zip(tabs, shares, strict=True):
        tab.wait_for_function("window.lastAnswer")
        tab.evaluate("window.lastAnswer = null")
        _move(tab, AUTOMATION, share)
    tabs.pop(0).close()
    sleeper = tabs[0]
    session = window.new_cdp_session(sleeper)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    for tab in tabs[1:]:
        _settled(tab)
    session.send("Page.setWebLifecycleState", {"state": "active"})
    _settled(sleeper)
    for tab in tabs[2:4]:
        # Of one state, both with the doubt that is counted in once the levers rest.
        tab.wait_for_function("!document.getElementById('even').classList.contains('stale')", timeout=120_000)
    shown = [(tab.evaluate("window.lastAnswer.address"), tab.text_content("#metrics")) for tab in tabs]
    for (address, table), share in zip(shown, shares[1:], strict=True):
        assert f"automation={share:g}" in address
        answer = served.answers({**asked, AUTOMATION: share}, effectiveness=False)[-1]
        assert all(row["difference"]["text"] in table for row in answer["metrics"]["proactive"])
    assert shown[2] == shown[3]
    window.close()


def test_names_of_stages_stay_within_their_boxes(page, served):
    page.goto(f"{served.origin}/{QUERY}")
    _settled(page)
    names = [
        "Pay",
        "Product page, after Search Home Search",
        "Auftragsbestätigung gesendet, after Angebot",
        "支払い方法の確認" * 3,
    ]
    wide = page.evaluate(
        """(names) => {
          const flow = { classic: 1, proactive: 2 }, last = names.length - 1;
          const edges = [{ from: 0, to: last, flow, change: 1, sure: true }, { from: last, to: 0, flow, change: 1, sure: true }];
          const empty = names.map(() => 0);
          Journey.show(document.getElementById("maps"), {
            stages: names.map((title) => ({ name: title, title })), edges, step: 1, stageNames: names,
            occupancy: { classic: [empty], proactive: [empty] }, lives: { classic: [], proactive: [] } });
          return [...document.querySelectorAll("#maps svg")].map((svg) => {
            const box = svg.querySelector("rect").getBBox(), all = svg.viewBox.baseVal;
            const texts = [...svg.querySelectorAll("text")].filter((text) => text.querySelector("title"));
            const lines = [...svg.querySelectorAll("path")].map((line) => line.getBBox());
            return { box: box.width, widest: Math.max(...texts.map((text) => text.getBBox().width)), count: texts.length,
              full: texts.map((text) => text.querySelector("title").textContent),
              left: Math.min(...lines.map((line) => line.x)), right: Math.max(...lines.map((line) => line.x + line.width)), all: all.width };
          });
        }""",
        names,
    )
    assert len(wide) == 3
    for found in wide:
        assert found["full"] == names
        assert found["widest"] <= found["box"]
        assert found["left"] >= 0 and found["right"] <= found["all"]
