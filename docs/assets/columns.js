/* The two columns of a chapter have about the same height: what is long is shortened, and what is short goes below the prose.
   The order of all parts stays, so a narrow window, a screen reader and paper have it too. Without this file, panes are whole. */
(() => {
  const MOST = 26; // a pane with more lines is shortened in every window,
  const FIRST = 22; // to these
  const FEWEST = 8; // and next to little prose down to these
  const HIDDEN = 3; // a button for fewer lines would save nothing
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const gap = 12; // px between two paragraphs

  /** The parts of a step that stand in the right column, each with what decides about its height. */
  function measure(part) {
    const lines = all(":scope > .rd-scroll .rd-line", part);
    const line = 19.8;
    return { part, lines, line, frame: part.offsetHeight + 20 - lines.length * line };
  }

  const height = ({ frame, line, lines }, shown) => frame + line * (shown < lines.length ? shown + 1.4 : shown);

  /** The rows that lines of code take in the left column, where they wrap. */
  const wrapped = ({ lines }) => lines.reduce((sum, line) => sum + Math.ceil(line.textContent.length / 72), 0) - lines.length;

  /** How many lines of each part are shown if those of `low` are below the prose, and what that costs: room and lines. */
  function plan(prose, parts, low) {
    const shown = parts.map(({ lines }) => (lines.length > MOST ? FIRST : lines.length));
    const right = parts.map((_, n) => n).filter((n) => !low.includes(n));
    const sum = (some) => some.reduce((total, n) => total + height(parts[n], shown[n]), 0);
    const left = prose + sum(low) + low.reduce((total, n) => total + wrapped(parts[n]) * parts[n].line, 0);
    while (sum(right) * 0.8 > left) {
      const longest = right.reduce((found, n) => (shown[n] > shown[found] ? n : found));
      if (shown[longest] <= FEWEST) break;
      shown[longest] -= 1;
    }
    parts.forEach(({ lines }, n) => lines.length - shown[n] < HIDDEN && (shown[n] = lines.length));
    const hidden = parts.reduce((total, { lines }, n) => total + lines.length - shown[n], 0);
    const turned = low.reduce((total, n) => total + right.filter((other) => other > n).length, 0);
    return { low, shown, cost: Math.max(sum(right) - left, 0.7 * (left - sum(right))) + 8 * hidden + 30 * low.length + 20 * turned };
  }

  /** Show so many lines of a pane: those that the prose names, then the changed ones from the first on. */
  function shorten(scroll, lines, most, named) {
    const changed = lines.filter((line) => line.parentElement.tagName !== "SPAN");
    const near = lines.slice(lines.indexOf(changed[0])).concat(lines);
    const kept = new Set([...lines.filter((line) => named.has(line.id)), lines[0]]); // the first says what the others belong to
    for (const line of [...changed, ...near]) if (kept.size < most) kept.add(line);
    if (lines.length - kept.size < HIDDEN) return;
    for (const [n, line] of lines.entries()) {
      line.classList.toggle("rd-left", !kept.has(line));
      line.classList.toggle("rd-skip", kept.has(line) && n > 0 && !kept.has(lines[n - 1]));
    }
    const button = Object.assign(document.createElement("button"), { type: "button", className: "rd-more" });
    button.textContent = `Show all ${lines.length} lines`;
    scroll.classList.add("rd-capped");
    scroll.style.setProperty("--lines", kept.size);
    scroll.showAll = () => {
      scroll.classList.remove("rd-capped");
      scroll.style.setProperty("--lines", lines.length);
      for (const line of lines) line.classList.remove("rd-left", "rd-skip");
      button.remove();
    };
    button.onclick = () => {
      scroll.showAll();
      scroll.focus({ preventScroll: true });
    };
    scroll.after(button);
  }

  function layStep(step, wide) {
    const side = step.querySelector(":scope > .rd-side");
    const words = step.querySelector(":scope > .rd-prose");
    if (!side) return;
    const parts = [...side.children].map(measure);
    const named = new Set(all(".rd-ref", words).map((link) => link.hash.slice(1)));
    const prose = [...words.children].reduce((total, { offsetHeight }) => total + offsetHeight + gap, 0);
    const choices = wide ? 2 ** parts.length - 1 : 1; // one part at least stays in the right column
    const lows = Array.from({ length: choices }, (_, bits) => parts.map((_, n) => n).filter((n) => (bits >> n) & 1));
    const best = lows.map((low) => plan(wide ? prose : Infinity, parts, low)).reduce((found, other) => (other.cost < found.cost ? other : found));
    return () => {
      parts.forEach(({ part, lines }, n) => {
        if (best.shown[n] < lines.length) shorten(part.querySelector(".rd-scroll"), lines, best.shown[n], named);
      });
      if (!best.low.length) return;
      const low = Object.assign(document.createElement("div"), { className: "rd-side rd-low" });
      low.append(...best.low.map((n) => parts[n].part));
      side.after(low);
    };
  }

  /** What is before and after commands goes next to them, as far as it fits. */
  function layRow(row) {
    const blocks = row.querySelector(":scope > .rd-blocks");
    const outer = ({ offsetHeight }) => offsetHeight + gap;
    let room = 60 + blocks.offsetHeight - [...row.children].reduce((sum, e) => sum + (e === blocks ? 0 : outer(e)), 0);
    const fits = (e) => e?.matches("p, ul, ol, .admonition, details") && outer(e) <= room;
    const before = [];
    const after = [];
    for (let e = row.previousElementSibling; fits(e); e = e.previousElementSibling) before.unshift(e), (room -= outer(e));
    const leads = (e) => e.matches("p") && e.nextElementSibling?.matches(".rd-row, .rd-step, .md-typeset__scrollwrap, table");
    for (let e = row.nextElementSibling; fits(e) && !leads(e); e = e.nextElementSibling) after.push(e), (room -= outer(e));
    return () => {
      row.prepend(...before);
      row.append(...after);
      row.style.setProperty("--rows", row.children.length - 1);
    };
  }

  /** The tree of files is open where the right half of the head has room for it, so nothing below the head moves. */
  function layHead() {
    const [left, right] = [".rd-intro", ".rd-chapter"].map((half) => document.querySelector(half).offsetHeight);
    const tree = document.querySelector(".rd-head details");
    const row = (item) => (item.matches(".rd-same") ? Math.ceil(item.textContent.length / 55) : 1);
    const rows = all("li", tree).reduce((sum, item) => sum + row(item), 2);
    const fits = right + (rows / 2) * 24 < left; // in two columns
    return () => fits && (tree.open = true);
  }

  const steps = all(".rd-step:not(.rd-spread)");
  if (!steps.length) return;
  const wide = matchMedia("screen and (min-width: 76.25em)").matches;
  const acts = steps.map((step) => layStep(step, wide));
  if (wide) acts.push(layHead(), ...all(".rd-row").map(layRow));
  for (const act of acts) act?.();
  const reveal = () => document.querySelector(":target")?.closest(".rd-capped")?.showAll();
  addEventListener("hashchange", reveal);
  addEventListener("beforeprint", () => all(".rd-capped").forEach((scroll) => scroll.showAll()));
  reveal();
})();
