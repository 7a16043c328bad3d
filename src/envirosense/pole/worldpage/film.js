"use strict";
(() => {
  const film = JSON.parse(document.getElementById("film").textContent);
  const slider = document.querySelector(".controls input"), output = document.querySelector(".moment");
  const play = document.querySelector(".play"), arrow = document.querySelector(".windarrow");
  const windText = document.querySelector(".wind span");
  const switches = [...document.querySelectorAll(".switch button")];
  const first = +slider.value, start = +document.body.dataset.start;
  const pad = (n) => String(Math.floor(n)).padStart(2, "0");
  const images = [...document.querySelectorAll("img[data-film]")].map((image) => {
    const pictures = film.pictures[image.dataset.film];
    pictures.moments[first] = image.src;
    return { image, pictures };
  });
  let isMean = false, timer = 0;
  const show = () => {
    const i = +slider.value, t = film.t_s[i], s = start + t;
    for (const { image, pictures } of images) image.src = isMean ? pictures.mean : pictures.moments[i];
    if (arrow) arrow.style.setProperty("--turn", `${film.turn[i]}deg`);
    if (windText) windText.textContent = `${film.speed[i].toFixed(1)} m/s from ${film.from[i]}`;
    const ppb = film.ppb ? film.ppb[i] : 0, amount = Math.abs(ppb) < 0.01 ? "below 0.01" : ppb;
    const gas = film.ppb ? ` \u00b7 ${amount} ppb ${film.gas} at the device` : "";
    output.textContent = `${Math.floor(t / 60)} min ${pad(t % 60)} s \u00b7 ${pad(s / 3600 % 24)}:${pad(s / 60 % 60)}:${pad(s % 60)}${gas}`;
  };
  const stop = () => { clearInterval(timer); timer = 0; play.textContent = "\u25b6"; play.setAttribute("aria-label", "play"); };
  slider.addEventListener("input", () => { stop(); show(); });
  play.addEventListener("click", () => {
    if (timer) return stop();
    play.textContent = "\u275a\u275a"; play.setAttribute("aria-label", "pause");
    timer = setInterval(() => { slider.value = (+slider.value + 1) % film.t_s.length; show(); }, 450);
  });
  for (const button of switches) button.addEventListener("click", () => {
    isMean = button.dataset.mean === "1";
    for (const other of switches) other.setAttribute("aria-pressed", String(other === button));
    show();
  });
  show();
})();
