// Fills the page while a submission is graded, check by check, then loads the report. Without this
// module the page loads itself again every two seconds and shows the same.

const live = document.querySelector("[data-live]");
const headline = live.querySelector("[data-headline]");
const bar = live.querySelector("progress");
const problems = [...live.querySelectorAll("[data-problem]")];
const template = live.querySelector("[data-check-template]");
const tones = { passed: "good", skipped: "quiet", "internal error": "incident" };
const number = new Intl.NumberFormat("en", { maximumFractionDigits: 2, useGrouping: false });

function say(sentence) {
  if (sentence && headline.textContent !== sentence) headline.textContent = sentence;
}

/** Text goes in as text: nothing a submission says is ever read as markup. */
function addCheck(problem, check) {
  const section = problems.find((each) => each.dataset.problem === problem);
  const list = section?.querySelector("[data-checks]");
  if (!list || list.querySelector(`[data-check="${CSS.escape(check.name)}"]`)) return;
  const row = template.content.firstElementChild.cloneNode(true);
  row.dataset.check = check.name;
  row.classList.add(tones[check.verdict] ?? "bad");
  row.querySelector("use").setAttribute("href", `#icon-${check.verdict.replaceAll(" ", "-")}`);
  row.querySelector("[data-verdict]").textContent = check.verdict;
  row.querySelector("[data-title]").textContent = check.title;
  row.querySelector("[data-message]").textContent = check.message;
  row.querySelector("[data-message]").hidden = !check.message;
  row.querySelector("[data-earned]").textContent =
    check.max_score > 0 ? `${number.format(check.score)} / ${number.format(check.max_score)}` : "";
  section.hidden = false;
  list.append(row);
}

/** How far the problem at hand is, and with it the whole. */
function advance(problem, index, total) {
  const before = Math.max(0, problems.findIndex((section) => section.dataset.problem === problem));
  const which = problems.length > 1 ? `Problem ${before + 1} of ${problems.length}: ` : "";
  say(`${which}${index} of ${total} ${total === 1 ? "check" : "checks"} done.`);
  bar.value = before + index / total;
}

function forget() {
  for (const list of live.querySelectorAll("[data-checks]")) list.replaceChildren();
  bar.removeAttribute("value");
}

function reload() {
  events.close();
  location.reload();
}

/** Some networks let no stream through: then the page asks again now and then. */
function waitAWhile() {
  clearTimeout(patience);
  patience = setTimeout(reload, 30_000);
}

const events = new EventSource(live.dataset.live);
let wasRunning = false;
let patience;
waitAWhile();

events.addEventListener("state", ({ data }) => {
  waitAWhile();
  const state = JSON.parse(data);
  if (state.state === "queued" && wasRunning) forget();
  wasRunning = state.state === "running";
  if (["superseded", "quarantined"].includes(state.state)) reload();
  else if (state.message) say(state.message);
  else if (state.problem && state.total) advance(state.problem, state.index, state.total);
});
events.addEventListener("check", ({ data }) => {
  waitAWhile();
  const { problem, index, total, check } = JSON.parse(data);
  advance(problem, index, total);
  addCheck(problem, check);
});
events.addEventListener("report", reload);
events.addEventListener("incident", reload);
events.addEventListener("error", () => {
  // The browser tries again by itself, except where it was refused.
  if (events.readyState === EventSource.CLOSED) setTimeout(reload, 5_000);
});
