// The access token is only in this variable. After a reload, the page refreshes.
let access = "";
let expires = 0;

const $ = (id) => document.getElementById(id);

// Sends a request to the API, with the CSRF token, and with the access token if there is one.
function send(method, path, body) {
  const headers = { "X-CSRFToken": document.cookie.match(/csrftoken=(\w+)/)?.[1] ?? "" };
  if (body) headers["Content-Type"] = "application/json";
  if (access) headers.Authorization = `Bearer ${access}`;
  const signal = AbortSignal.timeout(5000);
  return fetch(path, { method, headers, signal, body: body && JSON.stringify(body) });
}

// Returns the data of a response. Throws its error as a sentence.
async function read(response) {
  if (response.status === 204) return {};
  const data = await response.json().catch(() => ({ detail: response.statusText }));
  if (response.ok) return data;
  if (response.status === 403) throw new Error("Reload this page, and try again.");
  throw new Error(data.detail ?? Object.values(data).flat().join(" "));
}

function keep(tokens) {
  access = tokens.access_token;
  expires = Date.now() + tokens.expires_in * 1000;
  $("left").max = tokens.expires_in;
}

// Exchanges the cookie for a new access token. The lock lets one tab at a time do this,
// so that the next tab sends the new cookie.
function refresh() {
  return navigator.locks.request("refresh", async () => {
    const exchange = () => send("POST", "/api/browser/refresh");
    // If the response is lost, the same cookie works once more.
    const response = await exchange().catch(exchange);
    if (response.status === 401) access = "";
    else keep(await read(response));
  });
}

// Returns the data of the API. If the access token has expired, refreshes once.
async function api(method, path, body) {
  let response = await send(method, path, body);
  if (response.status === 401 && access) {
    await refresh();
    if (!access) throw new Error("You are logged out.");
    response = await send(method, path, body);
  }
  return read(response);
}

// Does what the user has asked for, and then shows how things are.
async function run(action) {
  try {
    $("message").textContent = (await action()) ?? "";
    if (access) await load();
  } catch (error) {
    $("message").textContent = error.message;
  }
  const link = location.hash ? $(location.pathname.slice(1))?.id : "";
  const shown = link || (access ? "account" : "start");
  for (const section of document.querySelectorAll("section")) section.hidden = section.id !== shown;
  $("logout").hidden = !access;
}

async function load() {
  const user = await api("GET", "/api/me");
  const sessions = await api("GET", "/api/sessions");
  const claims = access.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  list($("user"), user);
  list($("claims"), JSON.parse(atob(claims)));
  $("sessions").replaceChildren(...sessions.results.map(row));
  countDown();
}

// `textContent` shows text as text. With `innerHTML`, a name could contain a script.
function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function list(target, values) {
  const pairs = Object.entries(values);
  target.replaceChildren(...pairs.flatMap(([key, value]) => [element("dt", key), element("dd", value)]));
}

function row(session) {
  const made = $("session").content.cloneNode(true);
  const [device, dates, end] = made.firstElementChild.children;
  const begun = new Date(session.created_at).toLocaleString();
  const used = new Date(session.refreshed_at).toLocaleString();
  device.textContent = session.user_agent || "Unknown device";
  dates.textContent = `${session.current ? "This session. " : ""}Logged in ${begun}, refreshed ${used}`;
  end.setAttribute("aria-label", `End the session of ${begun}`);
  end.onclick = () => run(() => api("DELETE", `/api/sessions/${session.id}`).then(() => "The session has ended."));
  return made;
}

function countDown() {
  const left = Math.max(0, Math.ceil((expires - Date.now()) / 1000));
  $("left").value = left;
  $("countdown").textContent = left ? `Expires in ${left} seconds` : "Expired: the next request refreshes";
}

for (const form of document.forms) {
  form.onsubmit = (event) => {
    event.preventDefault();
    const path = event.submitter.getAttribute("formaction") ?? form.getAttribute("action");
    const token = location.hash.replace("#token=", "");
    run(async () => {
      const data = await api("POST", path, { ...Object.fromEntries(new FormData(form)), token });
      form.reset();
      history.replaceState(null, "", "/");
      if (data.access_token) keep(data);
      return data.detail ?? form.dataset.done;
    });
  };
}

$("refresh").onclick = () => run(refresh);
$("end-all").onclick = () => run(() => api("DELETE", "/api/sessions").then(() => "All sessions have ended."));
$("logout").onclick = () =>
  run(async () => {
    await read(await navigator.locks.request("refresh", () => send("POST", "/api/browser/logout")));
    access = "";
  });
setInterval(countDown, 1000);
run(refresh);
