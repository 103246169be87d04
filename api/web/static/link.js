// A link to set a password carries its secret after the "#", which browsers send to no server.
// Put it into the form; without this script, people copy it there themselves.

const field = document.querySelector("#secret");
const secret = location.hash.slice(1);

if (field && secret) {
  field.value = secret;
  field.closest("[data-from-link]").hidden = true;
  history.replaceState(null, "", location.pathname);
}
