// Says what went wrong when an answer did not come or could not be used. The sentences come with the page.
const area = document.getElementById("toasts");

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

function closable(toast) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "dismiss";
  button.setAttribute("aria-label", area.dataset.close);
  button.append(icon("x"));
  button.addEventListener("click", () => toast.remove());
  toast.append(button);
}

function say(text, tone) {
  const toast = document.createElement("div");
  toast.className = `note tone-${tone}`;
  const sentence = document.createElement("p");
  sentence.textContent = text;
  toast.append(icon("alert-triangle"), sentence);
  closable(toast);
  area.replaceChildren(toast);
}

if (area) {
  area.querySelectorAll(".note").forEach(closable);
  document.addEventListener("htmx:sendError", () => say(area.dataset.offline, "bad"));
  document.addEventListener("htmx:timeout", () => say(area.dataset.offline, "bad"));
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    const sentences = { 401: "signedOut", 403: "failed", 404: "gone", 429: "busy", 503: "busy" };
    say(area.dataset[sentences[status] ?? "failed"], status === 429 || status === 503 ? "warn" : "bad");
  });
}
