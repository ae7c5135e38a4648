"use strict";
/* Lines with their 95 % intervals (uPlot), bars of personas, all in the colours of the style sheet. */
const Charts = (() => {
  const drawn = new Map(), colours = new Map(), seen = new Set(), put = new Map();
  const dashes = [[6, 4], [], [2, 3]];
  /* Asking the style sheet makes the browser lay the page out anew: once for each colour. */
  const colour = (name) => { if (!colours.has(name)) colours.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim()); return colours.get(name); };
  const arm = (position) => colour(`--a${Math.min(position, 2)}`);

  /* What is on the screen is drawn at once, the rest when it comes into view or no answer has come for a moment. */
  let resting = 0;
  const rest = () => { clearTimeout(resting); for (const draw of put.values()) draw(); put.clear(); };
  const view = new IntersectionObserver((entries) => { for (const { target, isIntersecting } of entries) {
    if (isIntersecting) seen.add(target); else seen.delete(target);
    if (isIntersecting && put.has(target)) { put.get(target)(); put.delete(target); }
  } }, { rootMargin: "100px" });
  addEventListener("beforeprint", rest);

  /* Draw lines {arm: {mean, low, high}} over xs into a box, said in words too. */
  function lines(box, xs, lines, options = {}) {
    const draw = () => { plot(box, xs, lines, options); says(box, options.says || ""); };
    if (!drawn.has(box)) view.observe(box);
    if (!drawn.has(box) || seen.has(box)) { put.delete(box); draw(); return; }
    put.set(box, draw);
    clearTimeout(resting); resting = setTimeout(rest, 300);
  }

  /* A box that was drawn before only gets new data. */
  function plot(box, xs, lines, options) {
    const names = Object.keys(lines), first = options.first || 0;
    const data = [xs], series = [{ label: options.x || "week" }], bands = [];
    names.forEach((name, position) => {
      const line = lines[name], stroke = arm(position + first);
      const write = (_, value) => (value == null ? "–" : options.write ? options.write(value) : value.toPrecision(3));
      series.push({ label: name, stroke, width: 2, dash: dashes[(position + first) % 3], value: write, points: { show: false } });
      data.push(line.mean);
      if (line.low) {
        const base = series.length;
        series.push({ label: `${name}, high`, stroke: "transparent", points: { show: false }, class: "hidden" });
        series.push({ label: `${name}, low`, stroke: "transparent", points: { show: false }, class: "hidden" });
        data.push(line.high, line.low);
        bands.push({ series: [base, base + 1], fill: stroke + "33" });
      }
    });
    const key = names.join() + bands.length + (options.x || ""), had = drawn.get(box);
    if (had && had.key === key) { had.options = options; had.plot.setData(data); return; }
    if (had) had.plot.destroy();
    const kept = { key, options };
    box.replaceChildren();
    const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
    const made = new uPlot({
      width: Math.max(240, box.clientWidth), height: 210, series, bands, legend: { live: true },
      scales: { x: { time: false } }, cursor: { drag: { x: false, y: false } },
      axes: [{ ...axis }, { ...axis, size: 62, values: (_, ticks) => ticks.map((tick) => (options.tick ? options.tick(tick) : tick)) }],
      hooks: { draw: [(self) => zero(self, kept.options)] },
    }, data, box);
    made.root.querySelectorAll(".u-legend .u-series").forEach((row, index) => { if (series[index].class) row.style.display = "none"; });
    made.root.querySelector("canvas").setAttribute("role", "img");
    kept.plot = made; drawn.set(box, kept);
  }

  function zero(self, options) {
    const ctx = self.ctx, mark = (x0, y0, x1, y1, dash) => {
      ctx.save(); ctx.strokeStyle = colour("--muted"); ctx.setLineDash(dash); ctx.beginPath(); ctx.moveTo(x0, y0); ctx.lineTo(x1, y1); ctx.stroke(); ctx.restore();
    };
    const { left, top, width, height } = self.bbox;
    const y = self.valToPos(0, "y", true);
    if (y >= top && y <= top + height) mark(left, y, left + width, y, []);
    self.root.parentNode.dataset.at = options.at ?? "";
    if (options.at != null) { const x = self.valToPos(options.at, "x", true); mark(x, top, x, top + height, [4, 3]); }
  }

  function says(box, words) { const canvas = box.querySelector("canvas"); if (canvas) canvas.setAttribute("aria-label", words); }

  /* Bars of differences with whiskers, one row each, arm by arm on one scale; every row says its number in words too. */
  function rows(box, arms) {
    const ends = Object.values(arms).flat().flatMap((item) => [item.mean, item.low, item.high, 0]).filter((value) => value != null);
    const low = Math.min(...ends), span = Math.max(...ends) - low || 1, place = (value) => (100 * (value - low)) / span;
    const heading = (arm) => { const made = document.createElement("h3"); made.textContent = arm; return made; };
    const line_ = (item) => {
      const row = document.createElement("div"); row.className = "persona";
      const name = document.createElement("span"); name.textContent = `${item.title} (${item.customers.toLocaleString("en")})`;
      const number = document.createElement("span"); number.className = "number"; number.textContent = `${item.text} [${item.interval}]${item.each}`;
      row.append(name, bar(item, place), number);
      return row;
    };
    const several = Object.keys(arms).length > 1;
    box.classList.toggle("several", several);
    box.replaceChildren(...Object.entries(arms).map(([arm, items]) => { const part = document.createElement("div"); part.append(...(several ? [heading(arm)] : []), ...items.map(line_)); return part; }));
  }

  function bar(item, place) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 100 18"); svg.setAttribute("preserveAspectRatio", "none"); svg.setAttribute("aria-hidden", "true");
    const line = (x0, x1, y0, y1, stroke, width) => {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "line");
      for (const [key, value] of Object.entries({ x1: x0, x2: x1, y1: y0, y2: y1, stroke, "stroke-width": width, "vector-effect": "non-scaling-stroke" })) path.setAttribute(key, value);
      svg.append(path);
    };
    if (item.mean != null) line(place(0), place(item.mean), 9, 9, item.mean < 0 ? colour("--bad") : colour("--a1"), 8);
    if (item.low != null) line(place(item.low), place(item.high), 9, 9, colour("--ink"), 1.5);
    line(place(0), place(0), 0, 18, colour("--muted"), 1);
    return svg;
  }

  function forget() { for (const { plot } of drawn.values()) plot.destroy(); drawn.clear(); put.clear(); colours.clear(); }
  return { lines, rows, forget, arm, colour };
})();
