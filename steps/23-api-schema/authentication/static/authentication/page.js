import { access, api, expires, keep, lifetime, logout, refresh } from "./tokens.js";

const $ = (id) => document.getElementById(id);

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
  const [begun, used] = [session.created_at, session.refreshed_at].map((at) => new Date(at).toLocaleString());
  device.textContent = session.user_agent || "Unknown device";
  dates.textContent = `${session.current ? "This session. " : ""}Logged in ${begun}, refreshed ${used}`;
  end.setAttribute("aria-label", `End the session of ${begun}`);
  end.onclick = () => run(() => api("DELETE", `/api/sessions/${session.id}`).then(() => "The session has ended."));
  return made;
}

function countDown() {
  const left = Math.max(0, Math.ceil((expires - Date.now()) / 1000));
  $("left").max = lifetime;
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
$("logout").onclick = () => run(logout);
setInterval(countDown, 1000);
run(refresh);
