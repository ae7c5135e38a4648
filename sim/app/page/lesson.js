"use strict";
/* A lesson: a question, a prediction that one must commit to, and only then the answer; for the teacher, the class's predictions. */
const LessonPage = (() => {
  const node = (tag, text, attributes = {}) => { const made = document.createElement(tag); if (text != null) made.textContent = text; for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value); return made; };
  const pupil = () => { let name = sessionStorage.getItem("journey-pupil"); if (!name) { name = crypto.getRandomValues(new Uint32Array(4)).join("-"); sessionStorage.setItem("journey-pupil", name); } return name; };

  async function open(name, teacher) {
    const box = document.getElementById("lesson"), reply = await fetch("/api/lesson?lesson=" + encodeURIComponent(name)), found = await reply.json();
    if (!reply.ok) { box.hidden = false; box.replaceChildren(node("p", found.error)); return; }
    list(found.lessons, name);
    box.hidden = false;
    box.replaceChildren(node("h2", `Lesson ${found.number}. ${found.title}`, { id: "lesson-title" }), node("p", found.idea));
    if (teacher) { box.append(node("p", found.question)); watch(box, name); return; }
    ask(box, found);
  }

  function list(lessons, chosen) {
    const select = document.getElementById("lessons");
    select.replaceChildren(new Option("none", ""), ...lessons.map((item) => new Option(item.title, item.name)));
    select.value = chosen || "";
  }

  function ask(box, found) {
    document.body.classList.add("predicting");
    document.getElementById("answer").hidden = document.getElementById("levers").hidden = true;
    const form = node("form"), set = node("fieldset"), commit = node("button", "Commit to this prediction", { type: "submit" });
    set.append(node("legend", found.question));
    found.choices.forEach((says, place) => { const label = node("label", null, { class: "choice" }), input = node("input", null, { type: "radio", name: "choice", value: place, required: "" }); label.append(input, " " + says); set.append(label); });
    form.append(set, commit); box.append(form);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const choice = Number(new FormData(form).get("choice"));
      commit.disabled = true; commit.textContent = "Running …";
      const reply = await fetch("/api/prediction", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ lesson: found.name, pupil: pupil(), choice }) });
      const answer = await reply.json();
      if (!reply.ok) { commit.disabled = false; commit.textContent = answer.error; return; }
      form.remove(); reveal(box, found, choice, answer);
    });
  }

  function reveal(box, found, choice, answer) {
    document.body.classList.remove("predicting");
    document.getElementById("answer").hidden = document.getElementById("levers").hidden = false;
    const right = choice === answer.choice;
    box.append(node("p", found.question), node("p", `You predicted: ${found.choices[choice]}. The run says ${answer.value} (${answer.run}): ${right ? "as you predicted." : found.choices[answer.choice] + "."}`, { class: "result", role: "status" }), node("p", answer.explain));
    if (answer.counts.reduce((a, b) => a + b, 0) > 1) box.append(node("h3", "Predictions of the class"), histogram(found.choices, answer.counts));
    const tries = node("ol");
    answer.tries.forEach((item) => { const row = node("li", item.does + " "); row.append(node("a", item.life ? "Show the lives" : "Set the levers", { href: `?${item.address}&lesson=${encodeURIComponent(found.name)}&revealed=1${item.life ? `&life=${item.life}` : ""}` })); tries.append(row); });
    box.append(node("h3", "Three things to try"), tries, teacherPart(answer.teacher));
    dispatchEvent(new Event("resize-charts"));
  }

  function teacherPart(items) {
    const part = node("details"), pairs = node("dl");
    part.append(node("summary", "For the teacher: 45 minutes, questions and answers"), node("p", "5 minutes for the idea, 5 for the predictions, 10 for the answer and why, 15 for the three things to try in pairs, 10 for the questions."));
    items.forEach((item) => pairs.append(node("dt", item.asks), node("dd", item.answers)));
    part.append(pairs);
    return part;
  }

  function histogram(choices, counts) {
    const box = node("div", null, { class: "histogram" }), most = Math.max(1, ...counts);
    choices.forEach((says, place) => { const row = node("div"), bar = node("b"), line = node("span"); line.style.width = `${(80 * counts[place]) / most}%`; bar.append(line, ` ${counts[place]}`); row.append(node("span", says, { class: "says" }), bar); box.append(row); });
    return box;
  }

  function watch(box, name) {
    const place = node("div", null, { "aria-live": "polite" }); box.append(node("h3", "Predictions of the class"), place);
    const look = async () => { const reply = await fetch("/api/predictions?lesson=" + encodeURIComponent(name)).catch(() => null); if (reply && reply.ok) { const found = await reply.json(); place.replaceChildren(histogram(found.choices, found.counts)); } setTimeout(look, 2000); };
    look();
  }

  async function revealed(name) {
    const box = document.getElementById("lesson"), found = await (await fetch("/api/lesson?lesson=" + encodeURIComponent(name))).json();
    list(found.lessons, name); box.hidden = false;
    box.replaceChildren(node("h2", `Lesson ${found.number}. ${found.title}`, { id: "lesson-title" }), node("a", "Back to the lesson", { href: "?lesson=" + encodeURIComponent(name) }));
  }

  async function names() { const reply = await fetch("/api/lesson?lesson=two_lives"); if (reply.ok) list((await reply.json()).lessons, ""); }
  return { open, revealed, names };
})();
