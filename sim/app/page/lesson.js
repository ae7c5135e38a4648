"use strict";
/* A lesson: a question, a prediction that one must commit to, and only then the answer; for the teacher, the class's predictions. */
const LessonPage = (() => {
  const node = (tag, text, attributes = {}) => { const made = document.createElement(tag); if (text != null) made.textContent = text; for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value); return made; };
  const pupil = () => { let name = sessionStorage.getItem("journey-pupil"); if (!name) { name = crypto.getRandomValues(new Uint32Array(4)).join("-"); sessionStorage.setItem("journey-pupil", name); } return name; };
  /* Which prediction this tab has committed to: a page that is opened again shows the answer, and asks no second time. */
  const said = (name) => { const kept = sessionStorage.getItem("journey-said-" + name); return kept == null ? null : Number(kept); };
  const ask = async (path, body) => { const reply = await fetch(path, body && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }), found = await reply.json(); if (!reply.ok) throw new Error(found.error); return found; };
  const reason = (error) => (error instanceof TypeError ? "The server does not answer; try again." : error.message);
  const hide = (hidden) => document.body.classList.toggle("predicting", hidden);
  const box = () => document.getElementById("lesson");

  async function open(name, { teacher, code, revealed }) {
    box().hidden = false;
    let found;
    try { found = await ask("/api/lesson?lesson=" + encodeURIComponent(name)); } catch { hide(false); box().hidden = true; document.body.classList.remove("in-lesson"); return names(); } // the explorer says why
    list(found.lessons, name);
    document.title = `Lesson ${found.number}. ${found.title}`;
    const print = node("button", "Print this page", { type: "button", class: "print" });
    print.addEventListener("click", () => window.print());
    box().replaceChildren(node("h2", `Lesson ${found.number}. ${found.title}`, { id: "lesson-title" }), print, node("p", found.idea));
    const before = said(name);
    if (teacher) return watch(found, code);
    if (before != null && before < found.choices.length) return commit(found, before, node("p", "Running …", { role: "status" }));
    if (!revealed) return predict(found);
    hide(false);
    box().append(node("a", "To the question of this lesson", { href: "?lesson=" + encodeURIComponent(name) }));
  }

  function list(lessons, chosen) {
    const select = document.getElementById("lessons");
    select.replaceChildren(new Option("none", ""), ...lessons.map((item) => new Option(item.title, item.name)));
    select.value = chosen || "";
  }

  function predict(found) {
    const form = node("form"), set = node("fieldset"), button = node("button", "Commit to this prediction", { type: "submit" }), fault = node("p", null, { role: "alert" });
    set.append(node("legend", found.question));
    found.choices.forEach((says, place) => { const label = node("label", null, { class: "choice" }), input = node("input", null, { type: "radio", name: "choice", value: place, required: "" }); label.append(input, " " + says); set.append(label); });
    form.append(set, button, fault); box().append(form);
    form.addEventListener("submit", (event) => { event.preventDefault(); commit(found, Number(new FormData(form).get("choice")), form); });
  }

  /* Send a prediction and show the answer in the place of what asked for it. */
  async function commit(found, choice, asking) {
    if (!asking.parentNode) box().append(asking);
    const button = asking.querySelector("button"), fault = asking.querySelector("[role=alert]");
    if (button) { button.disabled = true; button.textContent = "Running …"; fault.textContent = ""; }
    try {
      const answer = await ask("/api/prediction", { lesson: found.name, pupil: pupil(), choice });
      sessionStorage.setItem("journey-said-" + found.name, answer.said);
      asking.remove(); reveal(found, answer, answer.said);
    } catch (error) {
      if (button) { button.disabled = false; button.textContent = "Commit to this prediction"; fault.textContent = reason(error); } else { asking.remove(); predict(found); }
    }
  }

  function reveal(found, answer, choice) {
    hide(false);
    const right = found.choices[answer.choice], run = `${answer.value} (${answer.run})`;
    const words = choice == null ? `The run says ${run}: ${right}.` : `You predicted: ${found.choices[choice]}. The run says ${run}: ${choice === answer.choice ? "as you predicted" : right}.`;
    const result = node("p", words, { class: "result", role: "status" });
    box().append(...(choice == null ? [] : [node("p", found.question)]), choices(found.choices, choice), result, node("p", answer.explain));
    const count = answer.counts.reduce((a, b) => a + b, 0);
    if (choice != null && count > 1) box().append(node("h3", "Predictions of the class"), histogram(found.choices, answer.counts, answer.choice));
    box().append(node("h3", "Three things to try"), tries(found, answer), teacherPart(answer.teacher));
    dispatchEvent(new Event("resize-charts"));
    if (choice == null || result.getBoundingClientRect().bottom > innerHeight) result.scrollIntoView({ block: "center" });
  }

  /* On paper the choices stand with a box to tick; on the screen the words say which was chosen. */
  function choices(says, choice) {
    const made = node("ul", null, { class: "paper" });
    made.append(...says.map((text, place) => node("li", (place === choice ? "☒ " : "☐ ") + text)));
    return made;
  }

  function tries(found, answer) {
    const made = node("ol", null, { class: "tries" });
    answer.tries.forEach((item) => {
      const href = `?${item.address}&lesson=${encodeURIComponent(found.name)}&revealed=1${item.life ? `&life=${item.life}` : ""}`;
      const row = node("li", item.does + " "), link = node("a", item.life ? "Show the lives" : "Set the levers", { href });
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        for (const other of made.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
        link.setAttribute("aria-current", "true");
        history.pushState(null, "", href);
        dispatchEvent(new CustomEvent("try", { detail: item }));
      });
      row.append(link); made.append(row);
    });
    return made;
  }

  function teacherPart(items) {
    const part = node("details"), pairs = node("dl");
    part.append(node("summary", "For the teacher: 45 minutes, questions and answers"), node("p", "5 minutes for the idea, 5 for the predictions, 10 for the answer and why, 15 for the three things to try in pairs, 10 for the questions."));
    items.forEach((item) => pairs.append(node("dt", item.asks), node("dd", item.answers)));
    part.append(pairs);
    return part;
  }

  function histogram(says, counts, right) {
    const made = node("div", null, { class: "histogram" }), most = Math.max(1, ...counts);
    says.forEach((text, place) => { const row = node("div"), bar = node("b"), line = node("span"); line.style.width = `${(80 * counts[place]) / most}%`; bar.append(line, ` ${counts[place]}`); row.append(node("span", text + (place === right ? " ✓ the run" : ""), { class: "says" }), bar); made.append(row); });
    return made;
  }

  /* The teacher's page: the class's predictions as they come, and nothing of the answer until it is asked for. */
  function watch(found, code) {
    const heading = node("h3", "Predictions of the class"), place = node("div", null, { "aria-live": "polite" }), button = node("button", "Show the answer", { type: "button" }), fault = node("p", null, { role: "alert" });
    box().append(node("p", found.question, { class: "result" }));
    if (code) box().append(node("p", `Pupils open ${location.origin}/?code=${code}&lesson=${found.name}`, { class: "address" }));
    box().append(heading, place, button, fault);
    let shown = "", right = -1;
    const draw = (counts) => {
      const now = JSON.stringify([counts, right]), count = counts.reduce((a, b) => a + b, 0);
      if (now === shown) return;
      shown = now; heading.textContent = `Predictions of the class: ${count || "none yet"}`; place.replaceChildren(histogram(found.choices, counts, right));
    };
    const look = async () => { try { draw((await ask("/api/predictions?lesson=" + encodeURIComponent(found.name))).counts); } catch { /* the next look may find the server again */ } setTimeout(look, 2000); };
    button.addEventListener("click", async () => {
      button.disabled = true; button.textContent = "Running …";
      try { const answer = await ask("/api/reveal", { lesson: found.name }); button.remove(); right = answer.choice; draw(answer.counts); reveal(found, answer, null); } catch (error) { button.disabled = false; button.textContent = "Show the answer"; fault.textContent = reason(error); }
    });
    look();
  }

  async function names() { try { list((await ask("/api/lesson?lesson=two_lives")).lessons, ""); } catch { /* the page works without its lessons */ } }

  /* What is folded on the screen is read on paper. */
  addEventListener("beforeprint", () => { for (const part of box().querySelectorAll("details")) { part.dataset.was = part.open ? "open" : ""; part.open = true; } });
  addEventListener("afterprint", () => { for (const part of box().querySelectorAll("details")) part.open = part.dataset.was === "open"; });
  return { open, names };
})();
