/* Plays the recording of a terminal on the start page. Until then, and without this script, all of it is shown. */
for (const screen of document.querySelectorAll(".rc")) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) break;
  const parts = [...screen.querySelectorAll("[data-at]")];
  const END = 2000; // milliseconds that the last part is shown before the recording counts as played
  const seconds = Math.round((Number(parts.at(-1).dataset.at) + END) / 1000);
  const button = document.createElement("button");
  let timers = [];

  function show(playing) {
    timers.forEach(clearTimeout);
    timers = playing ? parts.map((part) => setTimeout(() => part.classList.remove("rc-later"), part.dataset.at)) : [];
    if (playing) timers.push(setTimeout(show, Number(parts.at(-1).dataset.at) + END));
    for (const part of parts) part.classList.toggle("rc-later", Boolean(playing));
    button.textContent = playing ? "Show all" : `Play (${seconds} seconds)`;
  }

  button.type = "button";
  button.className = "md-button";
  button.onclick = () => show(timers.length === 0);
  screen.after(button);
  show(false);
}
