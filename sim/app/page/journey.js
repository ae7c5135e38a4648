"use strict";
/* The journey map of both arms and their difference, with the customers of every week. */
const Journey = (() => {
  const NS = "http://www.w3.org/2000/svg", WIDTH = 340, NARROW = 124, BROAD = 190, SMALL = 8.5, TALL = 34, GAP = 26, TOP = 34;
  let data = null, playing = 0, week = 0, dots = [], BOX = NARROW, left = 0;
  const make = (name, attributes, text) => {
    const node = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text != null) node.textContent = text;
    return node;
  };
  const middle = (stage) => TOP + stage * (TALL + GAP) + TALL / 2;
  /* Letters of East Asia and emoji are as wide as two. */
  const long = (text) => [...text].reduce((sum, letter) => sum + (letter.codePointAt(0) >= 0x1100 ? 2 : 1), 0);

  /* A name too long for its box is written smaller, then cut; pointing at it shows all of it. */
  function named(text, y) {
    const room = BOX - 8, size = Math.min(12, Math.max(SMALL, room / (0.56 * long(text))));
    let shown = text;
    while (0.56 * size * long(shown) > room) shown = shown.replace(/…?$/u, "").slice(0, -1) + "…";
    const node = make("text", { x: WIDTH / 2, y, "text-anchor": "middle", style: `font-size: ${size.toFixed(1)}px` }, shown);
    node.append(make("title", {}, text));
    return node;
  }

  function path(from, to, lane) {
    const a = middle(from), b = middle(to), out = Math.min(13 + lane * 7, 66, (left - 6) / 1.17);
    if (to === from + 1) return `M ${WIDTH / 2} ${a + TALL / 2} L ${WIDTH / 2} ${b - TALL / 2}`;
    if (to > from) return `M ${left + BOX} ${a + 6} C ${left + BOX + out * 1.55} ${a + 6} ${left + BOX + out * 1.55} ${b - 6} ${left + BOX} ${b - 6}`;
    return `M ${left} ${a - 6} C ${left - out * 1.55} ${a - 6} ${left - out * 1.55} ${b + 6} ${left} ${b + 6}`;
  }

  function draw(box, title, edge, arm) {
    const height = TOP + data.stages.length * (TALL + GAP);
    const svg = make("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": title });
    svg.append(make("text", { x: 8, y: 18, "font-weight": 600 }, title));
    data.edges.forEach((item) => {
      const look = edge(item);
      if (!look) return;
      const line = make("path", { d: path(item.from, item.to, Math.abs(item.to - item.from)), class: "edge", "stroke-width": look.width, stroke: look.stroke || "" });
      if (look.stroke) line.style.stroke = look.stroke;
      if (look.dash) line.setAttribute("stroke-dasharray", look.dash);
      line.append(make("title", {}, look.says));
      svg.append(line);
    });
    const fills = data.stages.map((stage, index) => {
      const y = middle(index) - TALL / 2;
      svg.append(make("rect", { x: left, y, width: BOX, height: TALL, rx: 5, class: "stage" }));
      const fill = make("rect", { x: left, y, width: 0, height: TALL, rx: 5, fill: Charts.arm(arm == null ? 0 : arm), "fill-opacity": 0.35 });
      svg.append(fill, named(stage.title, y + 15));
      const share = make("text", { x: WIDTH / 2, y: y + 29, "text-anchor": "middle", "font-size": 11 }, "");
      svg.append(share);
      return { fill, share };
    });
    box.append(svg);
    return { svg, fills };
  }

  function show(box, found) {
    data = found; stop();
    BOX = Math.min(BROAD, Math.max(NARROW, 6.8 * Math.max(...found.stages.map((stage) => long(stage.title))) + 8));
    left = (WIDTH - BOX) / 2;
    const arms = Object.keys(found.occupancy), most = Math.max(1e-9, ...found.edges.flatMap((edge) => Object.values(edge.flow)));
    box.replaceChildren(); dots = [];
    const index = found.stageNames.map((name) => found.stages.findIndex((stage) => stage.name === name));
    arms.forEach((arm, position) => {
      const map = draw(box, arm, (edge) => ({ width: edge.flow[arm] ? 0.6 + 9 * edge.flow[arm] / most : 0.3,
        says: `${found.stages[edge.from].title} → ${found.stages[edge.to].title}: ${edge.flow[arm].toPrecision(3)} of 100 customers a ${state.scenario.step}` }), position);
      const layer = make("g", {}); map.svg.append(layer);
      const moving = found.lives[arm].map((way, place) => {
        const dot = make("circle", { r: 2.6, fill: Charts.arm(position), "fill-opacity": 0.85 }); layer.append(dot);
        return { dot, way: way.map((value, at) => (at % 2 ? index[value] : value)), place };
      });
      dots.push({ arm, map, moving });
    });
    const largest = Math.max(1e-9, ...found.edges.map((edge) => Math.abs(edge.change || 0)));
    draw(box, `${arms[1]} minus ${arms[0]}`, (edge) => edge.change == null || edge.change === 0 ? { width: 0.3, says: "no change" } : {
      width: edge.sure ? 1.5 + 8 * Math.abs(edge.change) / largest : 1, dash: edge.sure ? "" : "3 3",
      stroke: Charts.colour(edge.change > 0 ? "--a1" : "--a2"),
      says: `${found.stages[edge.from].title} → ${found.stages[edge.to].title}: ${(edge.change > 0 ? "+" : "−") + Math.abs(edge.change).toPrecision(3)} of 100 customers a ${state.scenario.step}${edge.sure ? "" : ", not sure"}` }, null);
    const scrub = document.getElementById("scrub");
    scrub.max = found.occupancy[arms[0]].length - 1;
    at(Math.min(week, Number(scrub.max)));
  }

  function stageAt(way, now) { let stage = way[1]; for (let i = 0; i < way.length && way[i] <= now; i += 2) stage = way[i + 1]; return stage; }

  function at(position) {
    if (!data) return;
    week = position;
    const now = position * data.step;
    document.getElementById("scrub").value = position;
    document.getElementById("week").textContent = now;
    for (const { arm, map, moving } of dots) {
      const shares = data.occupancy[arm][position];
      map.fills.forEach(({ fill, share }, stage) => {
        fill.setAttribute("width", BOX * Math.min(1, shares[stage])); share.textContent = `${(100 * shares[stage]).toFixed(1)} %`;
      });
      for (const { dot, way, place } of moving) {
        const stage = stageAt(way, now);
        dot.setAttribute("cx", left + 6 + (place % 24) * ((BOX - 12) / 23)); dot.setAttribute("cy", middle(stage) - TALL / 2 - 4 + Math.floor(place / 24) * -4.5);
      }
    }
  }

  function stop() { clearInterval(playing); playing = 0; const button = document.getElementById("play"); button.textContent = "Play"; button.setAttribute("aria-pressed", "false"); }
  function play() {
    if (playing) return stop();
    if (!data) return;
    const last = Number(document.getElementById("scrub").max);
    if (week >= last) at(0);
    const button = document.getElementById("play"); button.textContent = "Pause"; button.setAttribute("aria-pressed", "true");
    playing = setInterval(() => (week >= last ? stop() : at(week + 1)), 90);
  }
  return { show, at, play, stop, get week() { return week; } };
})();
