// Keeps relative times true while a page stays open, and shows the exact one in the reader's own time zone.
const language = document.documentElement.lang || "en";
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "long" });
const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function sinceThen(moment) {
  const seconds = Math.round((moment - Date.now()) / 1000);
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? units.at(-1);
  return relative.format(Math.round(seconds / size), unit);
}

function refresh() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    const text = sinceThen(moment);
    const known = time.dataset.said;
    time.dataset.said = text;
    time.title = exact.format(moment);
    // the server's words stay until they are no longer true, so that screen readers hear no change that is none
    if (known !== undefined && known !== text) {
      time.textContent = text;
    }
  }
}

refresh();
setInterval(refresh, 20_000);
document.addEventListener("htmx:afterSettle", refresh);
