/* Which chapters were visited and which steps are done. It is kept on this device only, and nobody is told. */
(() => {
  const KEY = "rd-progress";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const stageOf = (path) => /\/chapters\/([^/]+?)(?:\/|\/index\.html|\.html)?$/.exec(path)?.[1];

  function read() {
    try {
      const kept = Object.entries(JSON.parse(localStorage.getItem(KEY)) ?? {});
      return Object.fromEntries(kept.filter(([, known]) => known.steps > 0 && Array.isArray(known.done)));
    } catch {
      return {}; // a browser that keeps nothing, or something else under this name
    }
  }
  function write(progress) {
    try {
      localStorage.setItem(KEY, JSON.stringify(progress));
    } catch {
      /* Then nothing is remembered, and the page works all the same. */
    }
  }

  function element(tag, properties, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  /** What is known of a chapter, in words: "visited", "3 of 18 steps done", "done". */
  function words({ steps, done }) {
    if (!done.length) return "visited";
    return done.length < steps ? `${done.length} of ${steps} steps done` : "done";
  }

  /** Say at every link to a chapter, in the navigation and in what lists the chapters, how far one has come. */
  function tell() {
    const progress = read();
    all(".rd-badge").forEach((badge) => badge.remove());
    for (const link of all(".rd-way a, .md-nav--primary a.md-nav__link, .wy a")) {
      if (link.hash) continue; // a place on this page
      const known = progress[stageOf(link.pathname)];
      link.toggleAttribute("data-visited", Boolean(known));
      const said = known && words(known);
      if (!known || (said === "visited" && link.matches("[aria-current]"))) continue; // that one is here, one sees
      const sign = said === "done" ? "✓" : said === "visited" ? "•" : `${known.done.length}/${known.steps}`;
      const badge = element("span", { className: "rd-badge", title: said });
      badge.append(
        element("span", { className: "rd-hidden", textContent: `, ${said}` }),
        element("span", { ariaHidden: "true", textContent: sign }),
      );
      link.append(badge);
    }
    const place = document.querySelector(".rd-progress");
    if (place) place.replaceChildren(...summary(progress));
  }

  /** A link to the chapter in which one has come furthest, or to the one after it when that is done. */
  function onward(progress) {
    const chapters = all(".wy a");
    const furthest = chapters.findLastIndex((link) => progress[stageOf(link.pathname)]);
    const known = progress[stageOf(chapters[furthest]?.pathname)];
    const next = chapters[known && words(known) === "done" ? furthest + 1 : furthest];
    if (!next) return [];
    const link = element("a", { href: next.href, textContent: next.firstChild.textContent.trim() });
    return [element("p", {}, "Go on with ", link, ".")];
  }

  /** How far one has come in all, where to go on, and a way to forget it. */
  function summary(progress) {
    const visited = Object.keys(progress).length;
    if (!visited) return [];
    const steps = Object.values(progress).reduce((sum, { done }) => sum + done.length, 0);
    const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
    const forget = element("button", { type: "button", className: "md-button", textContent: "Forget my progress" });
    forget.onclick = () => {
      write({});
      tell();
      document.querySelector("h1")?.focus();
    };
    return [
      element("p", {
        textContent: `You have visited ${count(visited, "chapter")}${steps ? ` and done ${count(steps, "step")}` : ""}. `
          + "This is kept on this device only.",
      }),
      ...onward(progress),
      forget,
    ];
  }

  const steps = all(".rd-step[id]");
  const stage = steps.length ? stageOf(location.pathname) : undefined;

  function here(progress) {
    return (progress[stage] ??= { steps: steps.length, done: [] });
  }

  /** A box at each step to tick when it is done, and how many are in the chapter's head. */
  function addBoxes() {
    const known = here(read());
    for (const step of steps) {
      const box = element("input", { type: "checkbox", checked: known.done.includes(step.id) });
      box.addEventListener("change", () => {
        const progress = read();
        const done = new Set(here(progress).done);
        if (box.checked) done.add(step.id);
        else done.delete(step.id);
        progress[stage].done = steps.map(({ id }) => id).filter((id) => done.has(id));
        write(progress);
        tell();
      });
      step.querySelector(".rd-foot")?.prepend(element("label", {}, box, element("span", { textContent: "Done" })));
    }
  }

  if (stage) {
    const progress = read();
    const known = here(progress);
    known.steps = steps.length;
    known.done = known.done.filter((id) => steps.some((step) => step.id === id)); // the chapter may have changed
    write(progress);
    addBoxes();
  }
  tell();
})();
