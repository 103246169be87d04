// Moments in the reader's own time zone, and "in 3 hours" that stays true while the page is open.
// Without this module every exact time is shown in UTC, and says so.

const exact = new Intl.DateTimeFormat("en-GB", {
  weekday: "short", day: "numeric", month: "short", year: "numeric",
  hour: "2-digit", minute: "2-digit", timeZoneName: "short",
});
const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });

/** The same words as api/web/words.py. */
function distance(milliseconds) {
  const seconds = Math.abs(milliseconds) / 1000;
  const sign = milliseconds > 0 ? 1 : -1;
  if (seconds < 45) return sign > 0 ? "in less than a minute" : "just now";
  if (seconds < 3600) return relative.format(sign * Math.max(1, Math.floor(seconds / 60)), "minute");
  if (seconds < 48 * 3600) return relative.format(sign * Math.floor(seconds / 3600), "hour");
  if (seconds < 60 * 86400) return relative.format(sign * Math.floor(seconds / 86400), "day");
  return relative.format(sign * Math.floor(seconds / (30 * 86400)), "month");
}

function refresh() {
  for (const element of document.querySelectorAll("time:not([data-exact])")) {
    const words = distance(Date.parse(element.dateTime) - Date.now());
    if (element.textContent !== words) element.textContent = words;
  }
}

for (const element of document.querySelectorAll("time")) {
  const shown = exact.format(new Date(element.dateTime));
  if ("exact" in element.dataset) element.textContent = shown;
  else element.title = shown;
}
refresh();
setInterval(refresh, 20_000);
