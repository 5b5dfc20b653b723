// What pages do beyond links and forms; all of it can be done without.

// A page that waits for the system looks again by itself.
const waiting = document.querySelector("[data-again]");
if (waiting) {
  const look = () => {
    const typing = document.activeElement?.matches("input,select,textarea") || [...document.querySelectorAll("input[type=file]")].some((field) => field.files.length);
    if (document.hidden || typing) setTimeout(look, 2000);
    else location.reload();
  };
  setTimeout(look, Number(waiting.dataset.again) * 1000);
}

// A form that was sent is not sent twice by an impatient hand. (The server would carry it out once all the same.)
for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    const button = event.submitter;
    if (button && form.enctype === "multipart/form-data") button.textContent = "正在上传……";
  });
}
addEventListener("pageshow", () => { for (const form of document.forms) delete form.dataset.sent; });

for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => print());

// Keys: J and K walk through a list, X goes to the row's first field, U clears the row, / goes to the search, ? to the help.
const rows = [...document.querySelectorAll("[data-keys] tbody tr")];
let at = -1;
const go = (to) => {
  if (!rows[to]) return;
  rows[at]?.removeAttribute("aria-selected");
  at = to;
  rows[at].setAttribute("aria-selected", "true");
  (rows[at].querySelector("a,input:not([type=hidden]),select") ?? rows[at]).focus();
  rows[at].scrollIntoView({ block: "nearest" });
};
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox]),select,textarea")) return;
  const search = document.querySelector("[data-search]");
  if (event.key === "j") go(at + 1);
  else if (event.key === "k") go(Math.max(at - 1, 0));
  else if (event.key === "x" && rows[at]) rows[at].querySelector("input:not([type=hidden]),select")?.focus();
  else if (event.key === "u" && rows[at]) for (const field of rows[at].querySelectorAll("input:not([type=hidden])")) field.value = "";
  else if (event.key === "/" && search) search.focus();
  else if (event.key === "?") location.href = "/console/help";
  else return;
  event.preventDefault();
});
