/* What has to run before the theme does. */

/* These classes decide what is laid out, so they are set before anything is. The theme would set `js` after the first layout. */
document.documentElement.classList.replace("no-js", "js");
if (!location.hash) document.documentElement.classList.add("rd-far");
// A chapter is wider than other pages. Without this, it would be laid out twice while it is read from the network.
// In the copy without a server, the pages with its files and tests are next to it.
if (/\/chapters\/(?!.*-(files|tests-.*)\.html$)[^/]+(\/|\.html)$/.test(location.pathname)) document.documentElement.classList.add("rd-wide");

/* The theme marks the body while it switches colours, and each mark makes the browser compute the style of every element again.
   It does so on each load too, when the colours are there already. Only where the system is dark, they may come late. */
HTMLBodyElement.prototype.setAttribute = function (name, value) {
  const loads = document.readyState === "loading" && !matchMedia("(prefers-color-scheme: dark)").matches;
  if (name !== "data-md-color-switching" || !loads) Element.prototype.setAttribute.call(this, name, value);
};

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

/* The search has a language of its own, in which `:`, `"`, `+`, `-`, `~`, `^` and `*` are commands. Error messages are full of
   them, and readers paste error messages. So the search gets words only. In a name without spaces, such as `managers.py`, all
   words but the last one are required. `^9` asks for exactly this word; the last word is still being typed, so it counts as the
   beginning of other words too, with less weight. */
(({ postMessage }) => {
  const QUERY = 2; // the theme's number for this kind of message

  /* The words with which this site says a thing, and what else people call it. */
  const SYNONYMS = {
    logout: /\b(?:log|sign)(?:ging|ing)?[ -]?(?:out|off)\b/gi,
    login: /\b(?:log|sign)(?:ging|ing)?[ -]?in\b/gi,
    registration: /\bsign(?:ing)?[ -]?up\b|\bregister\b|\bcreat\w+ (?:an )?account\b/gi,
    "second factor": /\b(?:2fa|mfa|t?otp|(?:two|multi)[ -]factor)\b(?: auth\w*)?|\bauthenticator app\b/gi,
    "reset password": /\b(?:forg[eo]t\w*|lost|recover)(?: (?:a|my|the|your))? (?:password|account)\b|\bpassword (?:forgotten|recovery)\b/gi,
    revoke: /\b(?:token )?(?:black|block|deny) ?list\w*|\brevok\w+ (?:an? |the )?tokens?\b/gi,
    "guess password": /\bbrute[ -]?forc\w*|\bcredential stuffing\b|\block(?:ed)?[ -]?out\b/gi,
    "google login": /\bo ?auth ?2?\b|\bopenid\b|\bsso\b|\b(?:social|facebook|github) login\b/gi,
    browser: /\breact\b|\bvue\b|\bangular\b|\bspa\b|\bfront[ -]?end\b|\bjavascript\b/gi,
    roles: /\brbac\b/gi,
    CORS: /\bcross[ -]origin\b|\bpreflight\b/gi,
    "delete account": /\b(?:close|delete|remove) (?:an? |my |the )?(?:account|user)\b/gi,
    "verify email": /\b(?:confirm|activat)\w* (?:an? |the )?email\b|\bemail (?:confirm|verif)\w*/gi,
    "unknown hashes": /\buser enumeration\b|\benumerat\w+ users\b|\btiming attacks?\b/gi,
    "tokens be valid": /\b(?:token )?(?:lifetimes?|expiry|expiration)\b/gi,
    algorithm: /\balg\b/gi,
    hash: /\bargon2\w*|\bbcrypt\b|\bpbkdf2\w*|\bscrypt\b/gi,
    outbox: /\bcelery\b|\bbackground tasks?\b/gi,
    curl: /\bhttpie\b|\bpostman\b/gi,
    refresh: /\bremember me\b|\bstay\w* logged in\b/gi,
  };

  function plain(typed) {
    for (const [word, others] of Object.entries(SYNONYMS)) typed = typed.replace(others, word);
    const words = typed.match(/\w+/g) ?? [];
    const last = words.pop();
    if (!last) return "";
    if (words.length && !/\s/.test(typed.trim())) return [...words.map((word) => `+${word}^9`), `${last}^1`].join(" ");
    const begun = words.length && last.length < 3 ? [] : [last];
    return [...words, last].map((word) => `${word}^9`).concat(begun).join(" ");
  }

  Worker.prototype.postMessage = function (message, ...more) {
    const asked = message?.type === QUERY && typeof message.data === "string";
    return postMessage.call(this, asked ? { ...message, data: plain(message.data) } : message, ...more);
  };
})(Worker.prototype);
