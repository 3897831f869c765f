// The parts marked data-live follow the server. What somebody is typing stays outside them and is never touched.
const times = (node) => [...node.querySelectorAll("time")];
const bare = (node) => node.innerHTML.replace(/<time.*?<\/time>| open=""/gs, "");

const show = (text, parts) => {
  const fresh = new DOMParser().parseFromString(text, "text/html").querySelectorAll(parts);
  document.querySelectorAll(parts).forEach((old, index) => {
    if (!fresh[index]) return;
    if (bare(old) !== bare(fresh[index])) old.innerHTML = fresh[index].innerHTML;
    else times(fresh[index]).forEach((time, place) => { times(old)[place].textContent = time.textContent; });
  });
};
const send = (address, body) => fetch(address, { method: "POST", body: new URLSearchParams(body) });
const refresh = async () => {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.ok) show(await answer.text(), "[data-live]");
  } catch { /* the server restarts; the next turn finds it again */ }
};
const live = document.querySelector("[data-live]");
if (live) setInterval(refresh, Number(live.dataset.live) * 1000);

// Small forms (data-quiet) act in place; without this script they are ordinary forms that lead back to the page.
document.addEventListener("submit", async (event) => {
  if (!event.target.matches("[data-quiet]")) return;
  event.preventDefault();
  const body = new FormData(event.target, event.submitter);
  show(await (await send(event.target.action, body)).text(), "[data-live], [data-notice]");
});
document.addEventListener("change", async ({ target }) => {
  if (target.matches("select[data-submit]")) target.form.requestSubmit();
  if (!target.matches("select[name=person]")) return;
  for (const other of document.querySelectorAll("select[name=person]")) other.value = target.value;
  await send("/person", { person: target.value });
  await refresh();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.matches("textarea")) return;
  event.target.form.requestSubmit(event.target.form.querySelector("button.primary"));
});

// Lines of a file: #L10 and #L10-L20, as GitHub writes them; a click with shift makes a range.
const lines = document.querySelector("table.source");
const range = () => (/^#L(\d+)(?:-L(\d+))?$/.exec(location.hash) ?? []).slice(1).filter(Boolean).map(Number);
const light = () => {
  const [first, last = first] = range().sort((one, other) => one - other);
  for (const row of lines.querySelectorAll(".lit")) row.classList.remove("lit");
  if (first) for (const row of [...lines.rows].slice(first - 1, last)) row.classList.add("lit");
  lines.querySelector(".lit")?.scrollIntoView({ block: "center" });
};
if (lines) {
  light();
  addEventListener("hashchange", light);
  lines.addEventListener("click", (event) => {
    const line = event.target.closest(".at a");
    if (!line || !event.shiftKey || !range().length) return;
    event.preventDefault();
    location.hash = `L${range()[0]}-${line.hash.slice(1)}`;
  });
}

// Drafts and cases: j and k move between them; a key presses what carries it as data-key, in the chosen draft or on the page.
// A decision replaces its own draft alone, so that what is being typed in another one stays.
const drafts = document.querySelector("#drafts");
const card = () => document.activeElement.closest(".draft");
const choose = (next) => { next?.focus(); next?.scrollIntoView({ block: "nearest" }); };
const press = (key) => {
  const all = [card(), document.querySelector("[data-notice]")].flatMap((place) => [...(place?.querySelectorAll(`[data-key="${key}"]`) ?? [])]);
  const control = all.find((one) => one.checkVisibility());
  if (!control?.matches("summary")) return control?.click();
  control.parentElement.open = true;
  control.nextElementSibling.querySelector("[data-first], textarea, button")?.focus();
};
const decide = async (form, submitter) => {
  const old = form.closest(".draft");
  if (old.ariaBusy) return;
  old.ariaBusy = "true";
  const beside = old.nextElementSibling?.closest(".draft") ?? old.previousElementSibling?.closest(".draft");
  const answer = await send(submitter?.getAttribute("formaction") ?? form.action, new FormData(form, submitter)).catch(() => null);
  if (!answer) {
    old.removeAttribute("aria-busy");
    document.querySelector("[data-notice]").textContent = "The server did not answer. Try again.";
    return;
  }
  const text = await answer.text();
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const now = fresh.getElementById(old.id);
  show(text, "[data-notice], h1");
  if (!answer.ok) old.removeAttribute("aria-busy");
  else if (now) { old.replaceWith(now); now.querySelector("details[open] textarea")?.focus(); }
  else if (beside) { old.remove(); choose(beside); }
  else drafts.innerHTML = fresh.querySelector("#drafts").innerHTML;
};
if (drafts) {
  drafts.querySelector(".draft")?.focus({ preventScroll: true });
  document.addEventListener("submit", (event) => {
    if (!event.target.closest(".draft")) return;
    event.preventDefault();
    decide(event.target, event.submitter);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return card()?.querySelectorAll(".acts-on > [open]").forEach((one) => { one.open = false; card().focus(); });
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("textarea, input, select")) return;
    const all = [...drafts.querySelectorAll(".draft")];
    if (event.key === "j") choose(card() ? all[all.indexOf(card()) + 1] : all[0]);
    else if (event.key === "k") choose(all[all.indexOf(card()) - 1]);
    else if (/^[acdersu?1-6]$/.test(event.key)) { event.preventDefault(); press(event.key); }
  });
  drafts.addEventListener("input", ({ target }) => {
    if (!target.matches("[data-preview]")) return;
    clearTimeout(target.typed);
    target.typed = setTimeout(async () => {
      const answer = await send(target.dataset.preview, new FormData(target.form));
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-shown]");
      if (fresh) target.form.querySelector("[data-shown]").innerHTML = fresh.innerHTML;
    }, 300);
  });
}
