// Check-in without reloading, and a list that narrows while one types. The page works fully with this file missing.
const list = document.getElementById("list");
const field = document.getElementById("q");
const nobody = document.getElementById("none");
const told = document.getElementById("told");
const AGAIN = 4000;

// Names are compared without case and accents, as the server does.
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

const narrow = () => {
  const words = fold(field.value).split(/\s+/).filter(Boolean);
  let found = 0;
  for (const section of list.querySelectorAll("section")) {
    let here = 0;
    for (const person of section.querySelectorAll(".person")) {
      const who = fold(person.querySelector(".who").textContent);
      person.hidden = !words.every((word) => who.includes(word) || who.replace("-", "").includes(word));
      here += !person.hidden;
    }
    section.hidden = !here;
    found += here;
  }
  nobody.hidden = found > 0 || !words.length;
};
field.addEventListener("input", narrow);

// What stands on the fetched page takes the place of what stood here; the list itself only where it changed.
const renew = (page) => {
  for (const id of ["now", "told", "tabs"]) {
    const fresh = page.getElementById(id);
    if (fresh) document.getElementById(id).innerHTML = fresh.innerHTML;
  }
  list.innerHTML = page.getElementById("list").innerHTML;
};

const waiting = [];
let busy = false;

const send = async () => {
  if (busy || !waiting.length) return;
  busy = true;
  const { address, body, person } = waiting[0];
  try {
    const answer = await fetch(address, { method: "POST", body });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.getElementById("list")) {
      location.reload();
      return;
    }
    waiting.shift();
    renew(page);
    narrow();
    const same = document.querySelector(`#${person} button`) || told.querySelector("button");
    if (field.value || !same) field.select();
    else same.focus({ preventScroll: true });
  } catch {
    told.textContent = list.dataset.trying;
    setTimeout(send, AGAIN);
    return;
  } finally {
    busy = false;
  }
  send();
};

addEventListener("submit", (event) => {
  const button = event.submitter;
  const inside = event.target === list || told.contains(event.target);
  if (!button || !inside) return;
  event.preventDefault();
  button.disabled = true;
  const person = button.closest(".person")?.id || "told";
  const address = button.hasAttribute("formaction") ? button.formAction : event.target.action;
  const body = new FormData(event.target);
  if (button.name) body.append(button.name, button.value);
  waiting.push({ address, body, person });
  send();
});
