// The access token is only in this variable. After a reload, the page refreshes.
export let access = "";
export let expires = 0;
export let lifetime = 0;

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

export function keep(tokens) {
  access = tokens.access_token;
  expires = Date.now() + tokens.expires_in * 1000;
  lifetime = tokens.expires_in;
}

// Exchanges the cookie for a new access token. The lock lets one tab at a time do this,
// so that the next tab sends the new cookie.
export function refresh() {
  return navigator.locks.request("refresh", async () => {
    const exchange = () => send("POST", "/api/browser/refresh");
    // If the response is lost, the same cookie works once more.
    const response = await exchange().catch(exchange);
    if (response.status === 401) access = "";
    else keep(await read(response));
  });
}

// Returns the data of the API. If the access token has expired, refreshes once.
export async function api(method, path, body) {
  let response = await send(method, path, body);
  if (response.status === 401 && access) {
    await refresh();
    if (!access) throw new Error("You are logged out.");
    response = await send(method, path, body);
  }
  return read(response);
}

// Waits for a refresh that is under way, because it would bring a new cookie after the logout.
export function logout() {
  return navigator.locks.request("refresh", async () => {
    await read(await send("POST", "/api/browser/logout"));
    access = "";
  });
}
