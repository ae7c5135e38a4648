"""The page's server: it answers what `compare` answers, and refuses what does not come from the page."""

import gc
import ipaddress
import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sim import Scenario, compare
from sim.app.question import Book, read_question
from sim.app.server import FILES
from sim.engine.kept import KeptRuns
from sim.scenario.config_path import ConfigPath
from sim.verbs.app import _reached_at


def read(asked):
    return read_question(asked, Book.of(ConfigPath.of()), scenario="treadmill")


SMALL = {"scenario": "treadmill", "population": 200, "horizon": 26, "burn_in": 10, "replicates": 4}
MOVED = {**SMALL, "arms.proactive.focal.strategy.automation": 0.2, "contact_rate": 0.3}


def test_every_number_is_that_of_compare(served):
    answers = served.answers(MOVED)
    assert [answer["replicates"] for answer in answers] == [2, 4, 4]
    scenario = Scenario.load("treadmill", **{key: MOVED[key] for key in ("population", "horizon", "burn_in")})
    from sim.experiments.factors import named_values
    from sim.scenario.dotted_key import with_values

    scenario = with_values(scenario, {"arms.proactive.focal.strategy.automation": 0.2})
    scenario = with_values(scenario, named_values({"contact_rate": 0.3}, scenario))
    summary = compare(scenario, replicates=4, seed=1).summary_json
    found = summary["differences"]["proactive - classic"]
    last = answers[-1]
    assert last["final"] and not answers[0]["final"]
    assert last["verdict"] == [line for line in summary["verdict"].split("\n") if line]
    for row in last["metrics"]["proactive"]:
        entry = found[row["key"]]
        shown = {key: row["difference"][key] for key in ("mean", "low", "high")}
        assert shown == {"mean": entry["mean"], "low": entry["ci_low"], "high": entry["ci_high"]}
    at = found["break_even_effectiveness"]
    assert last["breakEven"] is None or last["breakEven"]["proactive"]["at"]["mean"] == (at and at["mean"])


def test_nothing_but_the_files_of_the_page_is_handed_out(served):
    for name, kind in FILES.items():
        status, headers, data = served.ask(f"/page/{name}")
        assert (status, headers["content-type"]) == (200, kind) and data
    for path in (
        "/page/server.py",
        "/page/../server.py",
        "/page/%2e%2e/server.py",
        "/page/index.html",
        "/etc/passwd",
        "/page//etc/passwd",
    ):
        assert served.ask(path)[0] == 404, path


def test_the_page_is_light_and_names_no_other_host(served):
    total = 0
    for path in ("/", *(f"/page/{name}" for name in FILES)):
        data = served.ask(path)[2]
        total += len(data)
        if "uplot" not in path:
            assert set(re.findall(rb"https?://[a-z0-9.]+", data)) <= {b"http://www.w3.org"}, path
    assert total < 150_000


def test_health(served):
    assert served.ask("/healthz")[::2] == (200, b"ok")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1",
        "127.0.0.1:1",
        "evil.example:{port}",
        "127.0.0.1.evil.example:{port}",
        "",
        "[::ffff:127.0.0.1]:{port}",
    ],
)
def test_a_foreign_host_is_refused(served, host):
    assert served.ask("/", headers={"host": host.format(port=served.port)})[0] in (400, 421)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1:{port}", ""]
)
def test_a_foreign_origin_is_refused(served, origin):
    status, _, data = served.ask(
        "/api/answer", {"question": SMALL}, headers={"origin": origin.format(port=served.port)}
    )
    assert status == 403 and b"Traceback" not in data


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"])
def test_other_methods_are_refused(served, method):
    assert served.ask("/api/answer", method=method)[0] in (400, 405)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"[]", 422),
        (b"nul", 422),
        (b"\xff\xfe", 422),
        (b"[" * 60_000, 422),
        (b'{"question": []}', 422),
        (b'{"question": {"population": NaN}}', 422),
        (b'{"question": {"population": 1e400}}', 422),
        (b'{"question": {"scenario": "<script>alert(1)</script>"}}', 422),
        (b'{"question": {"population": 50000, "replicates": 32}}', 422),
        (b"x" * 70_000, 413),
    ],
)
def test_a_malformed_request_ends_with_one_message(served, body, status):
    found, headers, data = served.ask("/api/answer", body)
    assert found == status, data
    assert b"Traceback" not in data and b"File " not in data
    if status == 422:
        assert headers["content-type"] == "application/json" and json.loads(data)["error"]


def test_a_form_of_another_page_cannot_ask(served):
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert served.ask("/api/answer", {"question": SMALL}, headers=headers)[0] == 415


def test_answers_carry_a_policy_that_loads_nothing_from_elsewhere(served):
    headers = served.ask("/")[1]
    assert "default-src 'self'" in headers["content-security-policy"] and headers["x-content-type-options"] == "nosniff"


def test_several_pages_at_once_get_their_own_answers(served):
    levels = [0.0, 0.3, 0.6, 0.9]
    found = {}

    def ask(level):
        question = {**SMALL, "arms.proactive.focal.strategy.automation": level}
        found[level] = [served.answers(question, effectiveness=False)[-1] for _ in range(3)]

    threads = [threading.Thread(target=ask, args=(level,)) for level in levels]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    for level in levels:
        alone = served.answers({**SMALL, "arms.proactive.focal.strategy.automation": level}, effectiveness=False)[-1]
        assert all(answer == alone for answer in found[level])


def test_a_page_that_leaves_frees_the_explorer(served, wait_until):
    import http.client

    big = {"question": {"scenario": "treadmill", "population": 50_000, "replicates": 16}}
    for _ in range(3):
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=120)
        connection.request(
            "POST", "/api/answer", json.dumps(big), {"content-type": "application/json", "origin": served.origin}
        )
        connection.sock.close()
    assert served.answers(SMALL, refine=False)[0]["replicates"] == 2


def test_a_page_that_leaves_during_its_first_answer_ends_it(served, wait_until):
    import http.client

    big = {"question": {"scenario": "treadmill", "population": 50_000, "horizon": 1_000, "replicates": 3}}
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=120)
    headers = {"content-type": "application/json", "origin": served.origin}
    explorer, before = served.pages.explorer, served.pages.explorer.kept.size
    connection.request("POST", "/api/answer", json.dumps(big), headers)
    wait_until(lambda: explorer.busy)
    connection.sock.close()
    wait_until(lambda: not explorer.busy)
    assert explorer.kept.size == before


def test_a_first_answer_waits_for_no_refinement_of_another_page(served, monkeypatch):
    """All else stops between two weeks until it is given, and then goes on to its end."""
    explorer, calm, done = served.pages.explorer, threading.Event(), []
    new = read({**SMALL, "seed": 77})  # no other test asks it, so that nothing of it is kept
    with monkeypatch.context() as patch:
        patch.setattr(explorer, "_calm", calm)
        refining = threading.Thread(target=lambda: done.append(explorer.compare(new, 4, threading.Event())))
        refining.start()
        refining.join(1)
        waited = refining.is_alive() and not done
        first = explorer.compare(read(MOVED), 2, first=True)
        calm.set()
        refining.join()
    assert waited and first.replicates == 2 and done[0].replicates == 4


def test_the_journey_counts_every_customer_and_the_lives_are_those_of_the_log(served):
    status, _, data = served.ask("/api/journey", {"question": SMALL})
    found = json.loads(data)
    assert status == 200
    for weeks in found["occupancy"].values():
        assert len(weeks) == SMALL["horizon"] and all(abs(sum(row) - 1) < 1e-3 for row in weeks)
    one, other = found["lives"].values()
    assert len(one) == len(other) > 50


def test_a_story_is_told(served):
    status, _, data = served.ask("/api/story", {"question": SMALL, "pick": "winner"})
    found = json.loads(data)
    assert status == 200 and found["arms"] == ["classic", "proactive"] and found["reason"]
    assert all(len(cells) == 2 for _, cells in found["rows"])
    assert found["week"] is None or found["week"] in [week for week, _ in found["rows"]]
    assert served.ask("/api/story", {"question": SMALL, "pick": "best"})[0] == 422


def test_save_writes_a_result_folder_that_runs_again(served, undrawn):
    from pathlib import Path

    status, _, data = served.ask("/api/save", {"question": MOVED})
    folder = Path(json.loads(data)["folder"])
    assert status == 200 and (folder / "report.html").is_file()
    kept = json.loads((folder / "summary.json").read_text())
    shown = served.answers(MOVED)[-1]["headline"][0]
    assert kept["differences"]["proactive - classic"]["contribution"]["mean"] == shown["mean"]


def test_a_lesson_says_its_answer_only_after_the_prediction(served):
    status, _, data = served.ask("/api/lesson?lesson=the_copy")
    lesson = json.loads(data)
    assert status == 200 and "explain" not in lesson and len(lesson["lessons"]) == 6
    status, _, data = served.ask("/api/prediction", {"lesson": "the_copy", "pupil": "a", "choice": 0})
    answer = json.loads(data)
    assert status == 200 and answer["choice"] == 2 and len(answer["tries"]) == 3
    assert json.loads(served.ask("/api/predictions?lesson=the_copy")[2])["counts"] == [1, 0, 0, 0]
    # The first prediction stands: the second is made knowing the answer. The teacher's page predicts nothing.
    again = json.loads(served.ask("/api/prediction", {"lesson": "the_copy", "pupil": "a", "choice": 2})[2])
    assert (again["said"], again["counts"]) == (0, [1, 0, 0, 0])
    shown = json.loads(served.ask("/api/reveal", {"lesson": "the_copy"})[2])
    assert shown["counts"] == [1, 0, 0, 0] and shown["choice"] == 2 and "said" not in shown
    assert served.ask("/api/reveal", {"lesson": "nothing"})[0] == 422
    for wrong in (
        {"lesson": "nothing"},
        {"lesson": "the_copy", "pupil": "a", "choice": 9},
        {"lesson": "../the_copy", "pupil": "a", "choice": 0},
        {"lesson": 3},
    ):
        assert served.ask("/api/prediction", wrong)[0] == 422


def test_what_a_lesson_sets_at_its_scenario_is_where_it_opens(served):
    own = {"arms.proactive.focal.strategy.doubt": "none", "precision_method": "plain"}
    opened = json.loads(served.ask("/api/start?lesson=luck_or_effect&code=x&teacher=1")[2])["question"]
    assert opened.items() >= own.items()
    moved = json.loads(served.ask("/api/start?lesson=luck_or_effect&scenario=treadmill&seed=2")[2])["question"]
    assert not moved.keys() & own.keys()


def test_the_address_for_a_room_is_one_that_others_reach():
    assert _reached_at("127.0.0.1") == "127.0.0.1" and _reached_at("192.0.2.7") == "192.0.2.7"
    assert _reached_at("0.0.0.0") != "0.0.0.0" and ipaddress.ip_address(_reached_at("0.0.0.0")).version == 4


def test_open_to_a_room_it_wants_the_code(start_server):
    room = start_server(code="abc123")
    try:
        assert room.ask("/")[0] == 401 and room.ask("/?code=wrong")[0] == 401
        status, headers, _ = room.ask("/?code=abc123")
        assert status == 200
        cookie = headers["set-cookie"].split(";")[0]
        assert room.ask("/api/lesson?lesson=the_copy", headers={"cookie": cookie})[0] == 200
        assert room.ask("/", headers={"host": f"evil.example:{room.port}", "cookie": cookie})[0] == 421
    finally:
        room.stop()


def test_a_lesson_can_be_what_it_opens_with(start_server):
    lesson = start_server(lesson="the_copy")
    try:
        status, headers, _ = lesson.ask("/")
        assert (status, headers["location"]) == (303, "/?lesson=the_copy")
    finally:
        lesson.stop()


def test_ctrl_c_ends_it_during_a_run_and_a_taken_port_is_said(tmp_path, wait_for_processor_time):
    command = [sys.executable, "-m", "sim.cli", "app", "port=0", "open=false", f"output_dir={tmp_path}"]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    address = running.stdout.readline().strip()
    port = address.rstrip("/").rpartition(":")[2]
    taken = subprocess.run(
        [*command[:4], f"port={port}", "open=false"], capture_output=True, text=True, env=environment
    )
    assert taken.returncode == 2 and f"port={port}" in taken.stderr and "Traceback" not in taken.stderr

    def ask():
        import http.client

        connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=60)
        headers = {"content-type": "application/json", "origin": address.rstrip("/")}
        try:
            connection.request(
                "POST", "/api/answer", json.dumps({"question": {"population": 50_000, "replicates": 12}}), headers
            )
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            pass

    asking = threading.Thread(target=ask)
    asking.start()
    wait_for_processor_time(running, 2.5)
    assert asking.is_alive(), "it answered before it was interrupted"
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    asking.join(30)
    assert running.returncode == 0 and "Traceback" not in errors, errors


def test_amounts_a_customer_are_of_the_real_market(served):
    asked = {
        "scenario": "treadmill",
        "population": 5_000,
        "horizon": 26,
        "burn_in": 10,
        "replicates": 2,
        "market.customers": 200,
    }
    answer = served.answers(asked, refine=False)[0]
    everybody = answer["personas"]["proactive"][0]
    assert everybody["customers"] == 200 and "200 customers (5,000 simulated)" in answer["scope"]
    assert everybody["mean"] == pytest.approx(answer["headline"][0]["mean"] / 200)


def test_memory_is_given_back_when_nothing_is_asked(start_server, wait_until, monkeypatch):
    from sim.app import explorer

    given = []
    monkeypatch.setattr(explorer, "_IDLE", 0.05)
    monkeypatch.setattr(explorer, "give_back", lambda: given.append(threading.current_thread().name))
    running = start_server()
    try:
        running.answers(SMALL, refine=False)
        wait_until(lambda: given)
        count = len(given)
        running.answers(MOVED, refine=False)
        wait_until(lambda: len(given) > count)
    finally:
        running.stop()
    assert all(name.startswith("refinement") for name in given)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not tell its processes' memory")
def test_a_thousand_moves_take_no_more_memory(start_server):
    """What is kept is bounded, and nothing else grows: pages, answers, futures, the queue."""
    running = start_server()
    running.pages.explorer.kept = KeptRuns(2_000_000)
    small = {"scenario": "treadmill", "population": 100, "horizon": 8, "burn_in": 4, "replicates": 2}

    def moves(first, last):
        for number in range(first, last):
            question = {**small, "arms.proactive.focal.strategy.automation": round(number % 997 / 997, 4)}
            running.answers(question, effectiveness=False)
            if number % 10 == 0:
                running.ask("/api/journey", {"question": question})
        gc.collect()
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    before = moves(0, 300)
    after = moves(300, 1300)
    kept = running.pages.explorer.kept
    running.stop()
    assert kept.size <= kept.limit
    assert after - before < 10_000_000
