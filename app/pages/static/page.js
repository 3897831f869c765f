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
