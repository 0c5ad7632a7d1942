/* Everything here is a convenience: without it the page still shows prose, diffs, links and whole files. */
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const codeOf = (line) => line.textContent.replace(/\n$/, "");
  const remembered = {
    get: (key) => {
      try {
        return localStorage.getItem(key);
      } catch {
        return null;
      }
    },
    set: (key, value) => {
      try {
        localStorage.setItem(key, value);
      } catch {
        /* A browser that keeps nothing shows the page all the same. */
      }
    },
  };

  function element(tag, properties, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  const announcer = element("div", { className: "rd-hidden", role: "status" });

  function write(button, text, said) {
    navigator.clipboard.writeText(text).then(() => {
      button.classList.add("rd-done");
      announcer.textContent = said;
      setTimeout(() => button.classList.remove("rd-done"), 1500);
    });
  }

  /** Copy lines of code. */
  function copy(button, lines) {
    const code = lines.map(codeOf).join("\n");
    write(button, `${code}\n`, `${lines.length} ${lines.length === 1 ? "line" : "lines"} copied`);
  }

  const pages = {};

  /** Put into a fold what is on a page of its own. Where that cannot be fetched, as in the copy without a server, the link stays. */
  async function bring(fold) {
    const link = fold.querySelector(":scope > .rd-apart a");
    if (!link) return;
    fold.setAttribute("aria-busy", "true");
    try {
      pages[link.pathname] ??= fetch(link.pathname).then((answer) => answer.text());
      const page = new DOMParser().parseFromString(await pages[link.pathname], "text/html");
      const [, ...parts] = page.getElementById(link.hash.slice(1)).closest("details").children;
      link.parentElement.replaceWith(...parts);
      showCopy(fold);
    } catch {
      delete pages[link.pathname]; // so that opening it once more tries again
    } finally {
      fold.removeAttribute("aria-busy");
    }
  }

  async function showWhole(link) {
    const file = document.getElementById(link.hash.slice(1));
    await bring(file);
    const apart = file.querySelector(".rd-apart a");
    if (apart) return location.assign(apart);
    if (document.querySelector(".rd-dialog")) return; // a second click came while the file was fetched
    const path = file.querySelector(".rd-path").textContent;
    const body = file.querySelector(".rd-scroll").cloneNode(true);
    const dialog = element("dialog", { className: "rd-dialog md-typeset" });
    const close = element("button", { type: "button", className: "rd-tool", textContent: "Close" });
    const copyAll = element("button", { type: "button", className: "rd-tool", textContent: "Copy file" });
    copyAll.hidden = !navigator.clipboard;
    copyAll.onclick = () => copy(copyAll, all(".rd-line", body));
    close.onclick = () => dialog.close();
    dialog.setAttribute("aria-label", path);
    dialog.append(element("header", {}, element("span", { textContent: path }), copyAll, close), body);
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      link.focus();
    });
    document.body.append(dialog);
    dialog.showModal();
    all(".rd-line", body)[link.dataset.line - 1]?.scrollIntoView({ block: "center" });
  }

  /** The switch between the diff and its result, remembered on this device. */
  function addSwitch(intro) {
    const show = (view) => document.body.classList.toggle("rd-result", view === "result");
    const chosen = remembered.get("rd-view") === "result" ? "result" : "diff";
    const choice = (value, label) =>
      element("label", {}, element("input", { type: "radio", name: "rd-view", value, checked: value === chosen }), label);
    const legend = element("legend", { className: "rd-hidden", textContent: "Show the code as" });
    const keys = element("span", { className: "rd-kbd" });
    keys.innerHTML = "<kbd>Alt</kbd> <kbd>↓</kbd> <kbd>↑</kbd> from step to step";
    const bar = element(
      "div",
      { className: "rd-bar" },
      element("fieldset", {}, legend, choice("diff", "Diff"), choice("result", "Result")),
      keys,
    );
    bar.addEventListener("change", (event) => {
      show(event.target.value);
      remembered.set("rd-view", event.target.value);
    });
    show(chosen);
    intro.append(bar);
  }

  /** Mark the line that a word of the prose names, while it is pointed at or focused. */
  function markLines() {
    for (const [name, on] of Object.entries({ mouseover: true, focusin: true, mouseout: false, focusout: false })) {
      addEventListener(name, ({ target }) => {
        const reference = target.closest?.(".rd-ref");
        if (reference) document.getElementById(reference.hash.slice(1))?.classList.toggle("rd-hot", on);
      });
    }
  }

  /** Say in the header, below the head of the chapter, which section and which step one reads. */
  function tellPlace(passed, step, steps) {
    const bar = document.querySelector(".rd-here");
    if (!bar) return;
    const titles = all(".md-typeset > h2");
    document.body.classList.toggle("rd-reading", titles.length > 0 && titles[0].getBoundingClientRect().top < 100);
    bar.querySelector("summary").textContent = titles.findLast(passed)?.firstChild.textContent ?? "Sections";
    bar.querySelector(".rd-here-steps").textContent = `${step ? `${step} of ` : ""}${steps} steps`;
  }

  /** The menu of sections closes when it has led somewhere, when the focus leaves it, and by Escape. */
  function closeSections() {
    const menu = document.querySelector(".rd-here details");
    if (!menu) return;
    menu.addEventListener("click", ({ target }) => target.closest("a") && (menu.open = false));
    menu.addEventListener("focusout", ({ relatedTarget }) => menu.contains(relatedTarget) || (menu.open = false));
    menu.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape") return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  }

  /** Mark the step that is being read, and go from step to step with Alt and the arrows. */
  function followSteps() {
    const steps = all(".rd-step");
    let waiting = false;
    let chosen; // the step that the keys led to: several short ones may be in view
    const passed = (place) => place.getBoundingClientRect().top < innerHeight * 0.4;
    const markActive = () => {
      waiting = false;
      const active = chosen ?? steps.findLast(passed);
      for (const step of steps) step.classList.toggle("rd-active", step === active);
      tellPlace(passed, steps.indexOf(active) + 1, steps.length);
    };
    const onScroll = () => {
      if (!waiting) requestAnimationFrame(markActive);
      waiting = true;
    };
    addEventListener("scroll", onScroll, { passive: true });
    for (const act of ["wheel", "touchmove", "pointerdown"]) {
      addEventListener(act, () => (chosen = undefined), { passive: true });
    }
    markActive();
    addEventListener("keydown", (event) => {
      const direction = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!direction || !event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.target.closest("input, textarea, dialog")) return;
      const next = steps[steps.findIndex((step) => step.classList.contains("rd-active")) + direction];
      if (!next) return;
      event.preventDefault();
      chosen = next;
      markActive();
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      scrollTo({ top: next.getBoundingClientRect().top + scrollY - 90, behavior: calm ? "auto" : "smooth" });
      next.querySelector(".rd-scroll")?.focus({ preventScroll: true });
    });
  }

  /** Lay out all panes with the first thing that the reader does. What is in view then has its place already. */
  function layOut() {
    const finish = () => document.documentElement.classList.remove("rd-far");
    for (const act of ["scroll", "wheel", "pointerdown", "touchstart", "keydown", "hashchange"]) {
      addEventListener(act, finish, { once: true, passive: true, capture: true });
    }
  }

  /** Open what is folded around the element that the address points to. */
  async function unfold() {
    const find = () => location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const target = find();
    if (!target) return;
    const visible = target.checkVisibility?.() ?? false;
    const folds = [];
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) folds.push(fold);
    for (const fold of folds) fold.open = true;
    await Promise.all(folds.map(bring));
    if (!visible) find()?.scrollIntoView();
  }

  /** A click on a line's number writes the address of that line into the address bar. */
  function addressLine(line, event) {
    const gutter = 2.4 * parseFloat(getComputedStyle(document.documentElement).fontSize);
    if (event.clientX - line.getBoundingClientRect().left > gutter) return;
    const { scrollX: x, scrollY: y } = window;
    location.hash = line.id;
    scrollTo(x, y);
  }

  function copyPane(button) {
    const pane = button.closest(".rd-pane");
    copy(button, all("whole" in pane.dataset ? ":not(del) > .rd-line" : "ins > .rd-line", pane));
  }

  function showCopy(root) {
    for (const button of all(".rd-pane .rd-copy", root)) button.hidden = !navigator.clipboard;
  }

  /** One listener for all panes, also for those that come later. */
  function listen() {
    const acts = { ".rd-pane .rd-copy": copyPane, ".rd-whole": showWhole, ".rd-pane .rd-line[id]": addressLine };
    addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      for (const [selector, act] of Object.entries(acts)) {
        const found = event.target.closest(selector);
        if (!found) continue;
        if (act === showWhole) event.preventDefault();
        act(found, event);
      }
    });
    addEventListener("toggle", ({ target }) => target.open && bring(target), { capture: true }); // it does not bubble
  }

  const PROMPTS = { "language-console": /^\$ /, "language-pycon": /^(>>>|\.\.\.)( |$)/, "language-pwsh-session": /^PS> / };

  /** The lines of a block that one types: those behind a prompt, and those that a backslash continues. */
  function typed(shown, prompt) {
    const lines = [];
    let continued = false;
    for (const line of shown.split("\n")) {
      const found = prompt.test(line);
      if (found || continued) lines.push(line.replace(prompt, ""));
      continued = (found || continued) && line.endsWith("\\");
    }
    return lines;
  }

  /** A button that copies commands, or code of an exercise, put at the beginning of `place`. */
  function addCopy(place, lines, code = false) {
    if (!lines.length) return;
    const what = code ? "Copy the code" : lines.length === 1 ? "Copy the command" : "Copy the commands";
    const button = element("button", { type: "button", className: "rd-tool rd-copy", textContent: "Copy", title: what });
    button.setAttribute("aria-label", what);
    button.onclick = () => write(button, lines.join("\n"), code ? "Code copied" : lines.length === 1 ? "Command copied" : "Commands copied");
    place.prepend(button);
  }

  /** Blocks with prompts are copied without prompts and output, all others as they are. */
  function copyCommands() {
    for (const [name, prompt] of Object.entries(PROMPTS)) {
      for (const block of all(`.${name} pre`)) addCopy(block.querySelector("code"), typed(block.textContent, prompt));
    }
    for (const block of all(".language-sh pre")) addCopy(block.querySelector("code"), block.textContent.trim().split("\n"));
    for (const block of all(":is(.language-python, .language-js) pre")) {
      addCopy(block.querySelector("code"), block.textContent.trimEnd().split("\n"), true);
    }
    for (const command of all(".rd-command")) addCopy(command, [command.textContent]);
  }

  /** In browsers that don't know `interestfor`: the pointer and the focus show what a word means, and leaving hides it. */
  function explainWords() {
    if ("interestForElement" in HTMLButtonElement.prototype) return;
    for (const word of all(".gl")) {
      const meaning = word.popoverTargetElement;
      if (!meaning) return; // a browser without popovers leaves it to the glossary
      let waiting;
      let passing = false; // shown by pointer or focus; a click shows it until the reader closes it
      const later = (act) => {
        clearTimeout(waiting);
        waiting = setTimeout(act, 300);
      };
      const show = () => {
        clearTimeout(waiting);
        if (meaning.matches(":popover-open")) return;
        meaning.showPopover({ source: word });
        passing = true;
      };
      const hide = () => later(() => passing && meaning.hidePopover());
      word.addEventListener("pointerenter", ({ pointerType }) => pointerType !== "touch" && later(show));
      word.addEventListener("focus", () => word.matches(":focus-visible") && show());
      for (const leave of ["pointerleave", "blur"]) word.addEventListener(leave, hide);
      for (const enter of ["pointerenter", "focusin"]) meaning.addEventListener(enter, () => clearTimeout(waiting));
      for (const leave of ["pointerleave", "focusout"]) meaning.addEventListener(leave, hide);
      meaning.addEventListener("toggle", ({ newState }) => newState === "closed" && (passing = false));
      word.addEventListener("click", (event) => {
        if (passing) event.preventDefault(); // it would close what the pointer has opened
        passing = false;
      });
    }
  }

  /** The theme opens its menu by a label, which no key reaches. Here it is a button, and Escape shuts what it opened. */
  function openMenuByKey() {
    const toggle = document.getElementById("__drawer");
    const label = document.querySelector(".md-header [for=__drawer]");
    if (!toggle || !label) return;
    const button = element("button", { type: "button", className: `${label.className} rd-menu`, ariaLabel: "Menu" });
    button.append(...label.childNodes);
    label.replaceWith(button);
    const tell = () => button.setAttribute("aria-expanded", toggle.checked);
    toggle.addEventListener("change", tell);
    tell();
    button.onclick = (event) => {
      toggle.click();
      if (toggle.checked && !event.detail) document.querySelector(".md-nav--primary a")?.focus({ preventScroll: true }); // by key
    };
    addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !toggle.checked) return;
      toggle.click();
      button.focus();
    });
  }

  openMenuByKey();
  document.querySelector(".md-search")?.setAttribute("aria-label", "Search"); // the theme's dialog has no name
  /** A table that is too wide scrolls. The Tab key stops at it, so that the arrow keys can scroll it. */
  function reachTables() {
    const sizes = new ResizeObserver((changed) => {
      for (const { target } of changed) {
        if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
        else target.removeAttribute("tabindex");
      }
    });
    all(".md-typeset table").forEach((table) => sizes.observe(table));
  }

  document.body.append(announcer);
  if (navigator.clipboard) copyCommands();
  explainWords();
  showCopy(document);
  listen();
  reachTables();
  markLines();
  const intro = document.querySelector(".rd-intro");
  if (!intro) return;
  layOut();
  addSwitch(intro);
  followSteps();
  closeSections();
  addEventListener("hashchange", unfold);
  unfold();
})();
