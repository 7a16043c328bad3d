"use strict";
(() => {
  const body = document.body, clock = document.querySelector(".clock");
  const duration = +body.dataset.duration, start = +body.dataset.start;
  const pad = (n) => String(Math.floor(n)).padStart(2, "0");
  const rank = (line) => (line.matches(".reading, .c0") ? 0 : line.matches(".c1") ? 1 : 2);
  const charts = [...document.querySelectorAll("figure.chart")].map((figure) => {
    const plot = figure.querySelector(".plot");
    return { plot, readout: figure.querySelector(".readout"), low: +plot.dataset.low, high: +plot.dataset.high,
      lines: [...plot.querySelectorAll(".line:not(.faint)")].sort((a, b) => rank(a) - rank(b)), points: null };
  });
  const parse = (path) => {
    const points = [];
    for (const m of path.getAttribute("d").matchAll(/[ML]([\d.]+) (-?\d+)/g)) points.push([+m[1], +m[2]]);
    return points;
  };
  const valueAt = (points, x) => {
    let a = 0, b = points.length - 1;
    while (b - a > 1) { const c = (a + b) >> 1; points[c][0] <= x ? (a = c) : (b = c); }
    const best = Math.abs(points[a][0] - x) <= Math.abs(points[b][0] - x) ? a : b;
    if (Math.abs(points[best][0] - x) > 40) return null;
    const same = points.filter((p) => p[0] === points[best][0]);
    return same.reduce((sum, p) => sum + p[1], 0) / same.length;
  };
  const show = (value, span) => {
    const digits = Math.max(0, Math.min(4, 2 - Math.floor(Math.log10(span))));
    return value.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "\u2212");
  };
  const place = (share) => {
    body.classList.add("at");
    body.style.setProperty("--at", share);
    const t = share * duration, s = start + t;
    clock.textContent = `${(t / 60).toFixed(1)} min \u00b7 ${pad(s / 3600 % 24)}:${pad(s / 60 % 60)}:${pad(s % 60)}`;
    for (const c of charts) {
      c.points ??= c.lines.map(parse);
      c.readout.replaceChildren(...c.points.flatMap((points, i) => {
        const y = points.length ? valueAt(points, 1000 * share) : null;
        if (y === null) return [];
        const text = document.createElement("span");
        text.textContent = show(c.high - (y / 1000) * (c.high - c.low), c.high - c.low);
        text.style.color = getComputedStyle(c.lines[i]).stroke;
        return [text];
      }));
    }
  };
  const leave = () => { body.classList.remove("at"); for (const c of charts) c.readout.textContent = ""; };
  for (const plot of document.querySelectorAll(".plot")) {
    const move = (event) => {
      const box = plot.getBoundingClientRect();
      place(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
    };
    plot.addEventListener("pointermove", move);
    plot.addEventListener("pointerdown", move);
    plot.addEventListener("pointerleave", leave);
  }
  const large = document.querySelector(".picture.large"), thumbs = [...document.querySelectorAll(".thumb")];
  for (const thumb of thumbs) thumb.addEventListener("click", () => {
    for (const other of thumbs) other.classList.toggle("on", other === thumb);
    large.innerHTML = thumb.querySelector(".picture").innerHTML;
  });
})();
