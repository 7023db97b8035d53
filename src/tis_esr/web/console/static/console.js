// The pages work without this: it sets up the NHS components, puts the search box on "/", and adds buttons that copy.
import { initAll } from "./nhsuk-frontend.js";

document.body.classList.add("js-enabled", "nhsuk-frontend-supported");
initAll();

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const box = document.getElementById("search-field");
  if (!box) return;
  event.preventDefault();
  box.focus();
  box.select();
});

const said = document.getElementById("said");
for (const place of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "app-copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy ${place.dataset.copy}`);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(place.dataset.copy);
    said.textContent = `${place.dataset.copy} was copied`;
  });
  place.after(button);
}

// A part with data-refresh is fetched again in so many seconds, unless it is paused, hidden, in use, or nobody is here.
const lively = [...document.querySelectorAll("[data-refresh]")];
if (lively.length) {
  const quiet = 10 * 60 * 1000;
  let paused = false;
  let touched = Date.now();
  for (const kind of ["keydown", "pointerdown", "scroll"]) document.addEventListener(kind, () => (touched = Date.now()));
  const button = document.createElement("button");
  button.type = "button";
  button.className = "app-copy app-refresh";
  const word = () => (button.textContent = paused ? "Resume updates of this page" : "Pause updates of this page");
  button.addEventListener("click", () => {
    paused = !paused;
    word();
  });
  word();
  lively[0].before(button);
  const refresh = async () => {
    if (!paused && Date.now() - touched > quiet) {
      paused = true;
      word();
    }
    if (paused || document.hidden || lively.some((part) => part.contains(document.activeElement))) return;
    const answer = await fetch(location.href).catch(() => null);
    if (!answer || !answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of lively) {
      const found = fresh.getElementById(part.id);
      if (!found) continue;
      part.replaceChildren(...document.importNode(found, true).childNodes);
      if (!found.dataset.refresh) delete part.dataset.refresh;
    }
    if (lively.some((part) => part.dataset.refresh)) return;
    clearInterval(timer);
    button.remove();
    said.textContent = "This page is complete, and is not updated any more";
  };
  const timer = setInterval(refresh, 1000 * Number(lively[0].dataset.refresh));
}
