// Dropping files on the form, and saying which of the expected ones are chosen. The form works
// without this module: it is a file picker and a button.

const form = document.querySelector("form[data-upload]");
const area = form.querySelector("[data-drop]");
const input = form.querySelector("input[type=file]");
const button = form.querySelector("button[type=submit]");
const wrapped = form.querySelector("[data-wrapped]");
const unexpected = form.querySelector("[data-unexpected]");
const rows = new Map([...form.querySelectorAll("[data-expected]")].map((row) => [row.dataset.expected, row]));
const buttonText = button.textContent;
let chosen = new Map();

const isWrapping = (name) => /\.(zip|ipynb)$/i.test(name);
const size = (bytes) => (bytes < 1000 ? `${bytes} bytes` : `${(bytes / 1000).toFixed(1)} KB`);

/** Adds files to those chosen before; a file of the same name replaces the earlier one. */
function choose(files) {
  const strangers = [];
  for (const file of files) {
    if (rows.has(file.name) || isWrapping(file.name)) chosen.set(file.name, file);
    else strangers.push(file.name);
  }
  const transfer = new DataTransfer();
  for (const file of chosen.values()) transfer.items.add(file);
  input.files = transfer.files;
  const wrappings = [...chosen.values()].filter((file) => isWrapping(file.name));
  const missing = wrappings.length ? "may be in what you chose" : "not chosen yet";
  for (const [name, row] of rows) {
    const file = chosen.get(name);
    row.classList.toggle("chosen", Boolean(file));
    row.querySelector("[data-state]").textContent = file ? `✓ chosen, ${size(file.size)}` : missing;
  }
  wrapped.hidden = wrappings.length === 0;
  wrapped.textContent = wrappings.length
    ? `✓ ${wrappings.map((file) => `${file.name}, ${size(file.size)}`).join("; ")}: opened when you hand it in.`
    : "";
  unexpected.hidden = strangers.length === 0;
  unexpected.textContent = strangers.length
    ? `Left out, because this set does not ask for it: ${strangers.join(", ")}. Rename your file if it is one of those listed.`
    : "";
}

area.classList.add("enhanced");
form.querySelector("[data-hint]").hidden = false;
input.addEventListener("change", () => choose([...input.files]));
area.addEventListener("dragover", (event) => {
  event.preventDefault();
  area.classList.add("over");
});
area.addEventListener("dragleave", () => area.classList.remove("over"));
area.addEventListener("drop", (event) => {
  event.preventDefault();
  area.classList.remove("over");
  choose([...event.dataTransfer.files]);
});
form.addEventListener("submit", () => {
  button.disabled = true;
  button.textContent = "Handing in…";
});
// Coming back with the browser's own button: the form is as it was left, the choice is not.
addEventListener("pageshow", () => {
  button.disabled = false;
  button.textContent = buttonText;
  choose([...input.files]);
});
