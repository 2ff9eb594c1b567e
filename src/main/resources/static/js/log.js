// Follows a log: what the page already shows stays, what comes later is added at the end. The browser reconnects by
// itself and says with Last-Event-ID how far it got, so nothing is lost and nothing doubled.
const LONGEST = 2_000_000;

function follow(log) {
  const source = new EventSource(`${log.dataset.events}?from=${log.dataset.offset}`);
  let length = log.textContent.length;

  function add(text) {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    log.append(text);
    length += text.length;
    if (length > LONGEST) {
      log.textContent = log.textContent.slice(-LONGEST / 2);
      length = log.textContent.length;
    }
    if (atEnd) {
      log.scrollTop = log.scrollHeight;
    }
  }

  log.scrollTop = log.scrollHeight;
  source.addEventListener("output", (event) => add(JSON.parse(event.data).data));
  source.addEventListener("complete", () => source.close());
  addEventListener("pagehide", () => source.close());
}

const log = document.getElementById("log");
if (log?.dataset.events) {
  follow(log);
}
