/* The list of faults: the counts of the buttons follow the other rows, a link to a fault opens it, and an opened fault
   is in the address bar. */
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const faults = all(".er");
  const rows = all(".er-filter");
  const shown = document.querySelector(".er-shown");
  const kindOf = (input) => input.id.split("-")[1];
  const fits = (fault, kind) => kind === "all" || fault.classList.contains(`er-${kind}`);

  function count() {
    const chosen = rows.map((row) => kindOf(row.querySelector("input:checked")));
    rows.forEach((row, own) => {
      const left = faults.filter((fault) => chosen.every((kind, other) => other === own || fits(fault, kind)));
      for (const input of all("input", row)) {
        input.nextElementSibling.querySelector("span").textContent = left.filter((one) => fits(one, kindOf(input))).length;
      }
    });
    for (const title of all(".md-typeset > h2")) {
      const own = [];
      for (let next = title.nextElementSibling; next?.matches(".er"); next = next.nextElementSibling) own.push(next);
      title.hidden = own.length > 0 && !own.some((fault) => fault.checkVisibility());
    }
    shown.textContent = `${faults.filter((one) => chosen.every((kind) => fits(one, kind))).length} of ${faults.length}`;
  }

  function openTarget() {
    const fault = document.getElementById(location.hash.slice(1))?.closest(".er");
    if (fault) fault.open = true;
  }

  shown.hidden = false;
  for (const fault of faults) {
    fault.querySelector("summary").addEventListener("click", () => {
      if (!fault.open) history.replaceState(null, "", `#${fault.querySelector("h3").id}`);
    });
  }
  for (const row of rows) row.addEventListener("change", count);
  addEventListener("hashchange", openTarget);
  count();
  openTarget();
})();
