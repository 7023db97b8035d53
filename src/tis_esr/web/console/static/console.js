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
function addCopyButtons(within) {
  for (const place of within.querySelectorAll("[data-copy]")) {
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
}

function sayWhatScrolls(within) {
  for (const place of within.querySelectorAll(".app-scroll")) {
    const hint = place.previousElementSibling?.classList.contains("app-scrolls") ? place.previousElementSibling : null;
    const isCut = place.scrollWidth > place.clientWidth + 1;
    if (isCut && !hint) {
      const text = document.createElement("p");
      text.className = "app-scrolls app-no-print";
      text.textContent = "This is wider than the page: scroll it sideways to see all of it.";
      place.before(text);
    } else if (!isCut && hint) hint.remove();
  }
}

addEventListener("resize", () => sayWhatScrolls(document));
document.addEventListener("toggle", (event) => sayWhatScrolls(event.target), true);
sayWhatScrolls(document);
addCopyButtons(document);
document.addEventListener("refreshed", (event) => {
  addCopyButtons(event.target);
  sayWhatScrolls(event.target);
});
