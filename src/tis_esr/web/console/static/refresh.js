// A page with an element "data-live" asks for itself every so many seconds, and shows what changed, until it is paused.
const live = document.querySelector("[data-live]");
const controls = document.getElementById("refreshing");
const said = document.getElementById("said");
let paused = false;
let skipped = 0;

const button = document.createElement("button");
button.type = "button";
button.className = "nhsuk-button nhsuk-button--secondary nhsuk-button--small";
button.textContent = "Pause refreshing";
button.addEventListener("click", () => {
  paused = !paused;
  button.textContent = paused ? "Resume refreshing" : "Pause refreshing";
  said.textContent = paused ? "The page does not refresh" : `The page refreshes every ${live.dataset.live} seconds`;
});
controls.append(" ", button);

function isInUse() {
  return document.hidden || live.contains(document.activeElement) || !getSelection().isCollapsed;
}

function show(fresh) {
  for (const open of live.querySelectorAll("details[open][id]")) fresh.querySelector(`#${open.id}`)?.setAttribute("open", "");
  const before = [...live.querySelectorAll(".app-scroll")].map((one) => one.scrollLeft);
  live.replaceChildren(...fresh.childNodes);
  live.querySelectorAll(".app-scroll").forEach((one, place) => { one.scrollLeft = before[place] ?? 0; });
  live.dispatchEvent(new Event("refreshed", { bubbles: true }));
}

function end() {
  clearInterval(timer);
  button.remove();
  said.textContent = "The page does not refresh any more: nothing in it changes now";
}

function tellStale(text) {
  if (!controls.classList.contains("app-stale")) said.textContent = text;
  controls.classList.add("app-stale");
}

async function refresh() {
  if (paused || document.hidden) return;
  if (isInUse()) {
    skipped += 1;
    if (skipped >= 3) tellStale("The page does not refresh while something in it is selected: reload it");
    return;
  }
  try {
    const answer = await fetch(location.href, { headers: { "X-Refresh": "1" }, redirect: "error" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-live]");
    if (!fresh) throw new Error("not this page");
    if (!paused && !isInUse()) {
      show(fresh);
      if (!page.getElementById("refreshing")) end();
    }
    skipped = 0;
    controls.classList.remove("app-stale");
  } catch {
    tellStale("The page could not be refreshed: reload it");
  }
}

const timer = setInterval(refresh, Number(live.dataset.live) * 1000);
