"use strict";
/* The page's state is its address: levers write it, the server answers it, and what was answered last is shown. */
const $ = (id) => document.getElementById(id);
const state = { question: {}, levers: [], scenario: null, lowest: null, shown: null, mapOf: "" };
const flight = { control: null, waiting: false, resting: 0 };
const opened = new URLSearchParams(location.search), lesson = opened.get("lesson"), teacher = opened.get("teacher"), code = opened.get("code");
let revealed = opened.get("revealed");
const life = { pick: ["winner", "typical", "loser"].find((pick) => pick === opened.get("life")), look: opened.has("life") };

const query = (question) => new URLSearchParams(Object.entries(question).map(([key, value]) => [key, String(value)])).toString();
const post = (path, body, signal) => fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal });

/* Ask what an address says. What cannot be asked is said, and the scenario or lesson opens as its file has it. */
async function start(search, note = "") {
  let reply, found;
  try {
    reply = await fetch("/api/start?" + search);
    found = await reply.json();
  } catch (error) {
    fault(reachable(error));
    return retry(() => start(search, note));
  }
  if (!reply.ok) {
    const given = new URLSearchParams(search), plain = given.has("lesson") ? query({ lesson: given.get("lesson") }) : given.has("scenario") ? query({ scenario: given.get("scenario") }) : "";
    if (search) return start(search === plain ? "" : plain, note || found.error);
    return fault(found.error);
  }
  Object.assign(state, { question: found.question, levers: found.levers, scenario: found.scenario, mapOf: "", first: null, note });
  describe(found);
  controls();
  move(true);
}

function describe(found) {
  const { scenario } = found;
  if (!lesson) document.title = `${scenario.title}: what if`;
  $("title").textContent = scenario.title; $("case").textContent = scenario.case;
  options($("scenario"), found.scenarios, scenario.name);
  options($("population"), with_(["1000", "2000", "5000", "10000", "20000"], found.question.population), String(found.question.population));
  options($("replicates"), with_(["2", "4", "8", "16", "32"], found.question.replicates), String(found.question.replicates));
  $("seed").value = found.question.seed;
  $("copied").checked = found.question.copy_after != null; $("copied").disabled = !scenario.rivals;
  if (found.question.copy_after != null) $("copy-after").value = found.question.copy_after;
  for (const place of document.querySelectorAll("[data-steps]")) place.textContent = scenario.step + place.dataset.steps;
  $("assumed").replaceChildren(...scenario.assumptions.map((item) => { const li = document.createElement("li"); li.textContent = `${item.what} (${item.source})`; return li; }));
}
const with_ = (list, value) => (list.includes(String(value)) ? list : [...list, String(value)]);
function options(select, names, chosen) {
  select.replaceChildren(...names.map((name) => new Option(/^\d+$/.test(name) ? Number(name).toLocaleString("en") : name, name, false, name === chosen)));
  select.value = chosen;
}

/* A slider stands at a share of its way; a log scale divides the way in proportions. */
const toShare = (lever, value) => lever.scale === "log" ? Math.log(value / lever.low) / Math.log(lever.high / lever.low) : (value - lever.low) / (lever.high - lever.low);
function toValue(lever, share) {
  if (lever.scale === "log") return Number((lever.low * (lever.high / lever.low) ** share).toPrecision(3));
  return Number((Math.round((lever.low + share * (lever.high - lever.low)) / lever.step) * lever.step).toFixed(6));
}
const written = (value) => (value < 0 ? "−" : "") + String(Math.abs(Number(Number(value).toPrecision(4))));

function controls() {
  const groups = new Map();
  for (const lever of state.levers) {
    if (!groups.has(lever.group)) { const set = document.createElement("fieldset"), legend = document.createElement("legend"); legend.textContent = lever.group; set.append(legend); groups.set(lever.group, set); }
    groups.get(lever.group).append(slider(lever));
  }
  $("groups").replaceChildren(...groups.values());
}

function slider(lever) {
  const row = document.createElement("div"), label = document.createElement("label"), output = document.createElement("output"), input = document.createElement("input");
  row.className = "lever"; row.dataset.key = lever.key; input.type = "range"; input.min = 0; input.step = lever.scale === "log" ? 0.01 : lever.step / (lever.high - lever.low); input.max = 1;
  const id = "lever-" + lever.key.replace(/\W/g, "-"); input.id = id; label.htmlFor = id; output.htmlFor = id; label.textContent = lever.title; label.title = `${lever.about} (${lever.key})`;
  const value = lever.key in state.question ? Number(state.question[lever.key]) : lever.own;
  const show = (number) => { output.textContent = written(number); input.setAttribute("aria-valuetext", written(number)); row.classList.toggle("moved", lever.key in state.question); };
  input.value = toShare(lever, value); show(value);
  input.addEventListener("input", () => {
    const number = toValue(lever, Number(input.value));
    if (Math.abs(number - lever.own) < 1e-9) delete state.question[lever.key]; else state.question[lever.key] = number;
    show(number); move();
  });
  row.append(label, output, input);
  return row;
}

/* One question is under way at a time. A move during the first answer waits for it; during refinement it ends it. */
function move(now = false) {
  if (!now) state.note = "";
  clearTimeout(flight.resting);
  if (flight.control && !flight.refining && !now) { flight.waiting = true; return; }
  if (flight.control) flight.control.abort();
  ask();
}

async function ask() {
  const control = new AbortController(), question = { ...state.question }, asked = performance.now();
  Object.assign(flight, { control, refining: false, waiting: false });
  document.body.classList.add("busy");
  try {
    const reply = await post("/api/answer", { question }, control.signal);
    if (!reply.ok) throw new Error((await reply.json()).error || reply.statusText);
    await lines(reply, (found) => {
      show(found, performance.now() - asked);
      if (!flight.refining) { flight.refining = true; address(found.address); document.body.classList.remove("busy"); }
      return flight.waiting;
    });
    // The last answer has the curve wherever a capability is used.
    if (!flight.waiting && !state.shown.breakEven) $("even-note").textContent = "No capability is used.";
    if (!flight.waiting) flight.resting = setTimeout(() => { map(question); if (life.pick) story(life.pick); }, 500);
  } catch (error) {
    if (control.signal.aborted && !flight.waiting) return;
    if (!control.signal.aborted) { fault(reachable(error)); if (error instanceof TypeError) retry(); }
  } finally {
    if (flight.control === control) { flight.control = null; document.body.classList.remove("busy"); if (flight.waiting) ask(); }
  }
}

/* Read answers line by line; stop when a newer move waits. */
async function lines(reply, each) {
  const reader = reply.body.getReader(), decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      const line = text.slice(0, end); text = text.slice(end + 1);
      if (line && each(JSON.parse(line))) { await reader.cancel(); return; }
    }
  }
}

const reachable = (error) => (error instanceof TypeError ? "The server does not answer; the page tries again and keeps its state." : error.message);
function retry(again = () => move(true)) { clearTimeout(flight.again); flight.again = setTimeout(() => fetch("/healthz").then(again).catch(() => retry(again)), 1500); }
function fault(words) { $("fault").hidden = !words; $("fault").textContent = words || ""; }
function address(search) {
  const extra = (lesson ? `&lesson=${encodeURIComponent(lesson)}` : "") + (teacher ? `&teacher=1${code ? `&code=${encodeURIComponent(code)}` : ""}` : "") + (revealed ? "&revealed=1" : "") + (life.pick ? `&life=${life.pick}` : "");
  history.replaceState(null, "", "?" + search + extra);
}

function show(found, took) {
  fault(state.note);
  const previous = state.shown;
  state.shown = found; state.command = found.command;
  window.lastAnswer = { replicates: found.replicates, final: found.final, took, address: found.address, payback: found.cash && found.cash.payback[found.headline[0].arm].mean };
  const same = previous && previous.address === found.address && state.first;
  if (!same) state.first = found;
  $("headline").replaceChildren(...found.headline.map((item) => headline(item, found.covers)));
  $("progress").textContent = found.final ? `${found.scope}, ${found.replicates} replicates, common random numbers. Intervals cover ${found.covers}.` : `${found.replicates} replicates so far; the interval, of ${found.covers}, is getting narrower.`;
  const left = same ? found.headline.find((item, index) => { const first = state.first.headline[index]; return first.low != null && (item.mean < first.low || item.mean > first.high); }) : null;
  if (left) $("progress").textContent += ` The first answer was off: the difference of ${left.arm} has left the interval that ${state.first.replicates} replicates gave.`;
  $("words").textContent = tied(found.verdict[0] || "");
  $("all-words").replaceChildren(...found.verdict.map((line) => { const p = document.createElement("p"); p.textContent = tied(line); return p; }));
  $("command").textContent = found.command;
  if (found.final) $("live").textContent = found.headline.map((item) => `${item.arm}: ${item.text}, interval ${item.interval}`).join(". ");
  charts(found); table(found); pins();
}

function headline(item, covers) {
  const box = document.createElement("div"), number = document.createElement("span"), small = document.createElement("small");
  const sure = item.low != null && (item.low > 0 || item.high < 0);
  number.className = "big " + (sure ? (item.mean > 0 ? "good" : "bad") : ""); number.textContent = item.text + " ";
  small.textContent = tied(`${item.of}; 95 % interval${covers === "luck alone" ? " of luck alone" : ""} ${item.interval}${sure ? "" : ", which holds zero"}`);
  number.append(small); box.append(number);
  return box;
}

/* A line is not broken between a number and its sign, or its per cent. */
const tied = (text) => text.replaceAll("−", "−\u2060").replaceAll("+", "+\u2060").replace(/(\d) %/g, "$1\u00a0%");

const short = (value) => { const size = Math.abs(value), [scale, unit] = size >= 1e6 ? [1e6, " M"] : size >= 1e4 ? [1e3, " k"] : [1, ""]; return (value < 0 ? "−" : "") + Number((size / scale).toPrecision(3)) + unit; };
const percent = (value) => `${written(Number((100 * value).toFixed(1)))} %`;

function charts(found) {
  const arm = found.headline[0].arm;
  // Where nothing is bought there is no money to draw.
  for (const id of ["cash", "even"]) card(id).hidden = !found.cash;
  for (const index of [0, 1, 2]) card(`series${index}`).hidden = index >= found.series.length;
  $("personas-title").textContent = found.personasTitle;
  if (found.cash) cash(found, arm);
  found.series.forEach((series, index) => {
    $(`series${index}-title`).textContent = series.title;
    const says = series.title + ": " + Object.entries(series.lines).map(([name, line]) => `${name} ends at ${percent(line.mean.at(-1) ?? 0)}`).join(", ");
    Charts.lines($(`series${index}`), series.weeks, series.lines, { tick: percent, write: percent, x: found.step, says });
    $(`series${index}-note`).textContent = series.note;
  });
  Charts.rows($("personas"), found.personas);
  if (found.cash) even(found, arm);
}

const card = (id) => $(id).closest(".card");

function cash({ cash, step }, arm) {
  $("cash-title").textContent = cash.title;
  const back = cash.payback[arm];
  $("cash-note").textContent = back.nothing_to_pay ? `${arm} earns what ${state.scenario.baseline} earns.` : back.mean == null ? `${arm} does not pay back.` : `${arm} pays back${back.often && `${back.often},`} in ${step} ${back.text}${back.interval === "–" ? "" : ` [${back.interval}]`}.`;
  Charts.lines($("cash"), cash.weeks, cash.lines, { first: 1, tick: short, write: short, at: back.mean, x: step, says: `${cash.title}: ${$("cash-note").textContent}` });
}

function even(found, arm) {
  $("even").classList.toggle("stale", !found.breakEven);
  if (!found.breakEven) { $("even-note").textContent = "Computed when the levers rest."; return; }
  const curve = found.breakEven[arm];
  if (!curve) return;
  $("even-note").textContent = curve.at.mean == null ? "Contribution does not cross zero between no effect and twice the assumed one." : `Pays as long as the capabilities work at least ${curve.at.text} as well as assumed${curve.at.interval === "–" ? "" : ` [${curve.at.interval}]`}.`;
  Charts.lines($("even"), curve.grid, { [arm]: curve }, { first: 1, tick: short, write: short, x: "multiple of the assumed effectiveness", at: curve.at.mean, says: $("even-note").textContent });
}

/* All metrics as rows of words. A table with the same rows as before only gets new words. */
function table(found) {
  const rows = Object.entries(found.metrics).flatMap(([arm, metrics]) => [
    { key: "", cells: [`${arm} against ${state.scenario.baseline}`, state.scenario.baseline, arm, "difference", "95 % interval"] },
    ...metrics.map((item) => ({ key: `${arm} ${item.key}`, about: item.about, cells: [item.title, item.baseline, item.arm, item.difference.text, item.difference.interval] })),
  ]);
  const had = [...$("metrics").rows];
  if (had.length !== rows.length || had.some((row, index) => row.dataset.metric !== rows[index].key)) $("metrics").replaceChildren(...rows.map(tableRow));
  [...$("metrics").rows].forEach((row, index) => rows[index].cells.forEach((text, cell) => { if (row.cells[cell].textContent !== text) row.cells[cell].textContent = text; }));
}

function tableRow({ key, about, cells }) {
  const row = document.createElement("tr");
  row.dataset.metric = key;
  row.append(...cells.map((_, index) => document.createElement(key && index ? "td" : "th")));
  for (const cell of row.cells) cell.scope = key ? "row" : "col";
  if (about) { row.cells[0].title = about; row.cells[0].style.fontWeight = 400; }
  return row;
}

async function map(question) {
  const key = query(question);
  if (state.mapOf === key || flight.control) return;
  const reply = await post("/api/journey", { question }).catch(() => null);
  if (!reply || !reply.ok || query(state.question) !== key) return;
  state.mapOf = key;
  Journey.show($("maps"), await reply.json());
}

/* Pinned states live in this browser: yesterday's can be compared with today's. */
const pinsKept = () => { try { return JSON.parse(localStorage.getItem("journey-pin") || "null"); } catch { return null; } };
function pins() {
  const kept = pinsKept(), box = $("pinned");
  box.hidden = $("unpin").hidden = !kept;
  if (!kept) return;
  const link = document.createElement("a"), words = document.createElement("p");
  link.href = "?" + kept.address; link.textContent = `${kept.title}, pinned ${kept.when}`;
  words.textContent = kept.headline.map((item) => `${item.arm}: ${item.text} [${item.interval}]`).join("; ") + (kept.address === state.shown.address ? " (the state shown)" : ` · now ${state.shown.headline.map((item) => `${item.arm}: ${item.text} [${item.interval}]`).join("; ")}`);
  box.querySelector("div").replaceChildren(link, words);
}

/* A number that cannot be used is said and put back: it must not spoil the moves after it. */
function typed(input, key, before) {
  if (input.tagName === "SELECT" || (input.value !== "" && input.checkValidity())) return true;
  fault(`${key} must be a whole number from ${Number(input.min).toLocaleString("en")} to ${Number(input.max).toLocaleString("en")}; it stays ${before}.`);
  input.value = before;
  return false;
}

function say(words) { $("said").textContent = words; }
async function copy(text, words) { try { await navigator.clipboard.writeText(text); say(words); } catch { const range = document.createRange(); range.selectNodeContents($("command")); getSelection().removeAllRanges(); getSelection().addRange(range); say("Select and copy: " + text); } }

function wire() {
  $("levers").addEventListener("submit", (event) => event.preventDefault());
  // What changes everything is a page of its own: back leads to the state before.
  const anew = (search) => { history.pushState(null, "", location.href); start(search); };
  $("scenario").addEventListener("change", () => anew(query({ scenario: $("scenario").value })));
  for (const name of ["population", "replicates", "seed"]) $(name).addEventListener("change", () => { if (!typed($(name), name, state.question[name])) return; state.question[name] = Number($(name).value); move(); });
  let steps = $("copy-after").value;
  const copied = () => {
    if (!typed($("copy-after"), "copy_after", state.question.copy_after ?? steps)) return;
    steps = $("copy-after").value;
    if ($("copied").checked) state.question.copy_after = Number(steps); else delete state.question.copy_after;
    Charts.forget(); move();
  };
  $("copied").addEventListener("change", copied); $("copy-after").addEventListener("change", () => $("copied").checked && copied());
  if (lesson) $("reset").textContent = "As the lesson says";
  $("reset").addEventListener("click", () => anew(query(lesson ? { lesson } : { scenario: state.scenario.name })));
  $("copy").addEventListener("click", () => copy(state.command, "The command is copied; it prints the numbers of this page."));
  $("link").addEventListener("click", () => copy(location.href, "The link is copied; it opens this state."));
  $("pin").addEventListener("click", () => { localStorage.setItem("journey-pin", JSON.stringify({ address: state.shown.address, headline: state.shown.headline, title: state.scenario.title, when: new Date().toISOString().slice(0, 16).replace("T", " ") })); pins(); say("Pinned in this browser."); });
  $("unpin").addEventListener("click", () => { localStorage.removeItem("journey-pin"); pins(); });
  $("save").addEventListener("click", async () => {
    say("Writing the report …");
    try { const reply = await post("/api/save", { question: state.question }), found = await reply.json(); say(reply.ok ? `Written: ${found.folder}` : found.error); } catch (error) { say(reachable(error)); }
  });
  $("play").addEventListener("click", Journey.play);
  $("scrub").addEventListener("input", () => { Journey.stop(); Journey.at(Number($("scrub").value)); });
  document.querySelectorAll("[data-pick]").forEach((button) => button.addEventListener("click", () => { life.pick = button.dataset.pick; if (state.shown) address(state.shown.address); story(life.pick); }));
  let width = 0;
  new ResizeObserver(([entry]) => { const now = Math.round(entry.contentRect.width); if (now !== width && state.shown) { Charts.forget(); charts(state.shown); } width = now; }).observe($("charts"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => state.shown && (Charts.forget(), charts(state.shown)));
  addEventListener("resize-charts", () => state.shown && (Charts.forget(), charts(state.shown)));
  $("lessons").addEventListener("change", () => { location.search = query($("lessons").value ? { lesson: $("lessons").value } : { scenario: state.scenario.name }); });
  addEventListener("popstate", () => start(location.search.slice(1)));
  addEventListener("try", ({ detail }) => {
    revealed = "1"; life.pick = detail.life; life.look = Boolean(detail.life);
    start(detail.address);
    if (!life.look) $("verdict").scrollIntoView();
    $("verdict").focus({ preventScroll: true });
  });
}

/* A story is a table: a row for each step in which anything happens, a column for each life. */
async function story(pick) {
  const asked = query(state.question), reply = await post("/api/story", { question: state.question, pick }).catch(() => null);
  if (!reply) return;
  const found = await reply.json();
  if (asked !== query(state.question) || pick !== life.pick) return;
  if (!reply.ok) return fault(found.error);
  const make = (tag, text, about = {}) => Object.assign(document.createElement(tag), { textContent: text }, about), step = state.scenario.step;
  const traits = Object.entries(found.traits || {}).filter(([, names]) => names.length).map(([level, names]) => `${level}: ${names.join(", ")}`).join("; ");
  $("who").textContent = found.persona ? `${found.persona}, customer ${found.customer}. ${traits ? traits[0].toUpperCase() + traits.slice(1) + ". " : ""}${found.need}` : found.reason.join(" ");
  $("lead").replaceChildren(...[...(found.lead || []), ...(found.lead && found.week == null ? found.reason : [])].map((line) => make("p", line)));
  const head = document.createElement("tr"), rows = [head];
  head.append(make("th", step, { scope: "col" }), ...(found.arms || []).map((arm) => make("th", arm, { scope: "col" })));
  for (const [week, cells] of found.rows) {
    if (week === found.week) {
      const row = document.createElement("tr"), cell = make("td", "", { colSpan: cells.length + 1 });
      row.className = "parting"; cell.append(make("strong", "Here the lives part."), ...found.reason.map((line) => make("p", line)));
      row.append(cell); rows.push(row);
    }
    const row = document.createElement("tr");
    row.append(make("th", `${step} ${week}`, { scope: "row" }), ...cells.map((text, index) => { const cell = make("td", text); cell.dataset.label = found.arms[index]; return cell; }));
    rows.push(row);
  }
  $("story").replaceChildren(...(found.rows.length ? rows : []));
  for (const button of document.querySelectorAll("[data-pick]")) button.setAttribute("aria-pressed", button.dataset.pick === pick);
  if (life.look) { life.look = false; $("lives").scrollIntoView(); }
}

wire();
document.body.classList.toggle("in-lesson", Boolean(lesson));
document.body.classList.toggle("predicting", Boolean(lesson && !revealed));
if (lesson) LessonPage.open(lesson, { teacher, code, revealed }); else LessonPage.names();
start(location.search.slice(1));
