// Fills the page while a submission is graded, check by check, then loads the report. Without this
// module the page loads itself again every two seconds and shows the same.

const live = document.querySelector("[data-live]");
const headline = live.querySelector("[data-headline]");
const bar = live.querySelector("progress");
const template = live.querySelector("[data-check-template]");
const tones = { passed: "good", skipped: "quiet", "internal error": "incident" };
const number = new Intl.NumberFormat("en", { maximumFractionDigits: 2, useGrouping: false });

function say(sentence) {
  if (sentence && headline.textContent !== sentence) headline.textContent = sentence;
}

/** Text goes in as text: nothing a submission says is ever read as markup. */
function addCheck(problem, check) {
  const section = live.querySelector(`[data-problem="${CSS.escape(problem)}"]`);
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

/** The same words as api/web/views/submission.py. */
function inQueue(position) {
  if (position === 1) return "In the queue, next to be graded.";
  return `In the queue, ${position - 1} ${position === 2 ? "submission" : "submissions"} ahead.`;
}

function forget() {
  for (const list of live.querySelectorAll("[data-checks]")) list.replaceChildren();
  bar.removeAttribute("value");
}

const events = new EventSource(live.dataset.live);
let wasRunning = false;

events.addEventListener("state", ({ data }) => {
  const state = JSON.parse(data);
  if (state.state === "queued" && wasRunning) forget();
  wasRunning = state.state === "running";
  if (state.message) say(state.message);
  else if (state.state === "queued" && state.queue_position) say(inQueue(state.queue_position));
  else if (state.state === "running" && !bar.hasAttribute("value")) say("Being graded.");
});
events.addEventListener("check", ({ data }) => {
  const { problem, index, total, check } = JSON.parse(data);
  bar.max = total;
  bar.value = index;
  say(`Checking, ${index} of ${total} done.`);
  addCheck(problem, check);
});
for (const end of ["report", "incident"]) {
  events.addEventListener(end, () => {
    events.close();
    location.reload();
  });
}
