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
  if (form.dataset.direct) continue;
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
}
addEventListener("pageshow", () => { for (const form of document.forms) delete form.dataset.sent; });

// Where the browser reads QR codes, that of a certificate is looked for.
const scan = document.querySelector("[data-scan]");
if (scan && "BarcodeDetector" in globalThis && navigator.mediaDevices) {
  scan.hidden = false;
  scan.addEventListener("click", async () => {
    const video = document.createElement("video");
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      scan.textContent = "没有可用的摄像头";
      return;
    }
    video.playsInline = true;
    scan.after(video);
    await video.play();
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    const look = async () => {
      const [found] = await detector.detect(video).catch(() => []);
      if (!found) return setTimeout(look, 200);
      for (const track of video.srcObject.getTracks()) track.stop();
      scan.form.elements[scan.dataset.scan].value = found.rawValue;
      scan.form.requestSubmit();
    };
    look();
  });
}

// An upload tells how far it is. Where it breaks off the file stays chosen, and it is sent again by the same button.
const uploads = [...document.querySelectorAll("form[data-direct]")];
for (const form of uploads) {
  const [field, bar, told, button] = ["[type=file]", "progress", "[role=status]", "button"].map((part) => form.querySelector(part));
  const tell = (text, wrong) => {
    told.textContent = text;
    told.className = wrong ? "bad" : "";
  };
  const ended = (text) => {
    bar.hidden = true;
    button.disabled = false;
    tell(text, true);
  };
  const send = () => {
    const direct = JSON.parse(form.dataset.direct);
    const data = new FormData();
    for (const [name, value] of Object.entries(direct.fields)) data.append(name, value);
    data.append("file", field.files[0]);
    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded, total }) => {
      bar.value = total ? Math.floor((loaded / total) * 100) : 0;
      tell(`已上传 ${bar.value}%`);
    };
    request.onerror = request.ontimeout = () => ended("上传中断，文件没有传完。文件仍在，请检查网络后再点一次“上传”。");
    request.onload = () => {
      if (request.status === 403) return ended("上传表单已过期（30 分钟），请刷新本页后重新选择文件上传。");
      if (request.status >= 300) return ended(`服务器没有收下文件（${request.status}），文件仍在，请再点一次“上传”。`);
      bar.hidden = true;
      field.value = "";
      tell("文件已收到，系统正在检查");
      button.disabled = false;
      if (!uploads.some((other) => other.querySelector("[type=file]").files.length)) location.assign(form.dataset.then);
    };
    request.open("POST", direct.url);
    request.send(data);
    bar.hidden = false;
    bar.value = 0;
    button.disabled = true;
    tell("正在上传……");
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const file = field.files[0];
    if (file.size > Number(form.dataset.max)) ended("文件超过上限，请缩小后重新选择。");
    else send();
  });
  // Anywhere on the form a file can be dropped.
  const over = (event, is) => {
    event.preventDefault();
    form.classList.toggle("over", is);
  };
  form.addEventListener("dragover", (event) => over(event, true));
  form.addEventListener("dragleave", (event) => over(event, false));
  form.addEventListener("drop", (event) => {
    over(event, false);
    if (event.dataTransfer.files.length) field.files = event.dataTransfer.files;
  });
}
// Dropped beside a field a file is not shown in the place of the page.
if (uploads.length) for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());

for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => print());

// What was typed and not sent is not left behind without a word; what is looked for on the page is not sent.
for (const form of document.querySelectorAll("form[data-kept]")) {
  form.addEventListener("input", (event) => { if (!event.target.closest("[data-find]")) form.dataset.typed = "1"; });
}
addEventListener("beforeunload", (event) => {
  if ([...document.querySelectorAll("form[data-typed]")].some((form) => !form.dataset.sent)) event.preventDefault();
});

// Keys: J and K walk through a list, X goes to the row's first field, U empties the row's texts and once more brings them back, / goes to
// the search, ? to the help. What can be typed into keeps its letters.
const rows = [...document.querySelectorAll("[data-keys] tbody tr")];
const texts = (row) => [...row.querySelectorAll("input:not([type=hidden]):not([type=checkbox])")];
let at = -1;
const go = (to) => {
  if (!rows[to]) return;
  rows[at]?.removeAttribute("aria-selected");
  at = to;
  rows[at].setAttribute("aria-selected", "true");
  const focused = rows[at].querySelector("a,input[type=checkbox]") ?? rows[at];
  if (focused === rows[at]) focused.tabIndex = -1;
  focused.focus();
  rows[at].scrollIntoView({ block: "nearest" });
};
const undo = (row) => {
  const fields = texts(row);
  const typed = fields.some((field) => field.value);
  for (const field of fields) {
    if (typed) field.dataset.was = field.value;
    field.value = typed ? "" : field.dataset.was ?? "";
  }
  const box = row.querySelector("input[type=checkbox]");
  if (box) box.checked = false;
};
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox]),select,textarea")) return;
  const search = document.querySelector("[data-search]");
  if (event.key === "j") go(at + 1);
  else if (event.key === "k") go(Math.max(at - 1, 0));
  else if (event.key === "x" && rows[at]) rows[at].querySelector("input:not([type=hidden]),select")?.focus();
  else if (event.key === "u" && rows[at]) undo(rows[at]);
  else if (event.key === "/" && search) search.focus();
  else if (event.key === "?") location.href = "/console/help";
  else return;
  event.preventDefault();
});

// Looks for a row of this page: Enter goes to the next that has the text.
const find = document.querySelector("[data-find]");
if (find) {
  find.hidden = false;
  find.querySelector("input").addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const text = event.target.value.trim();
    const order = [...rows.keys()].map((place) => (at + 1 + place) % rows.length);
    const next = text ? order.find((place) => rows[place].textContent.includes(text)) : undefined;
    if (next !== undefined) go(next);
  });
}
