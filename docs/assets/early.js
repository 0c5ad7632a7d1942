/* What has to run before the theme does. */

/* A browser that denies storage throws at its very name, and the theme would end there: no search, no switch between light
   and dark. It gets a storage that lasts as long as the page. */
for (const name of ["localStorage", "sessionStorage"]) {
  try {
    window[name].length;
  } catch {
    const kept = new Map();
    const getItem = (key) => kept.get(key) ?? null;
    const setItem = (key, value) => kept.set(key, String(value));
    const removeItem = (key) => kept.delete(key);
    Object.defineProperty(window, name, { value: { getItem, setItem, removeItem } });
  }
}

/* The index of the search is as large as a chapter. It is fetched when somebody turns to the search, and not before:
   the theme would ask for it at once, on every page. */
(({ open, send }) => {
  const index = new WeakSet();
  const turned = new Promise((resolve) => {
    for (const turn of ["focusin", "pointerover"])
      addEventListener(turn, ({ target }) => target.closest?.(".md-search, [for=__search]") && resolve());
  });
  XMLHttpRequest.prototype.open = function (method, address, ...more) {
    if (String(address).endsWith("/search_index.json")) index.add(this);
    open.call(this, method, address, ...more);
  };
  XMLHttpRequest.prototype.send = function (body) {
    if (index.has(this)) turned.then(() => send.call(this, body));
    else send.call(this, body);
  };
})(XMLHttpRequest.prototype);
