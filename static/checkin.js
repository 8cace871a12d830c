// Check-in without reloading, and a list that narrows while one types. The page works fully with this file missing.
const list = document.getElementById("list");
const field = document.getElementById("q");
const nobody = document.getElementById("none");
const told = document.getElementById("told");
const AGAIN = 4000;
const LONGEST = 60000;

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

// Presses that no answer has come to yet, in their order. None is forgotten while this page stays open.
const waiting = [];
let busy = false;
let pause = 0;

const read = async (address, sent) => {
  const answer = await fetch(address, sent);
  return { answer, page: new DOMParser().parseFromString(await answer.text(), "text/html") };
};

const asksToSignIn = (page) => page.querySelector("[type=password]");
const isBusy = (answer) => answer.status >= 500 || answer.status === 429;

const tryLater = (answer) => {
  told.textContent = list.dataset.trying;
  const asked = 1000 * Number(answer?.headers.get("Retry-After")) || 0;
  pause = setTimeout(() => {
    pause = 0;
    send();
  }, Math.min(Math.max(asked, AGAIN), LONGEST));
};

// Whoever comes back to this tab may have signed in in another one.
const askToSignIn = () => {
  for (const press of waiting) press.renewed = false;
  const link = document.createElement("a");
  link.href = list.dataset.signIn;
  link.target = "_blank";
  link.textContent = list.dataset.signInWords;
  told.replaceChildren(list.dataset.signedOut.replace("#", waiting.length), " ", link);
};

// After signing in anew the old forms are refused: what waits goes out with the token of a fresh page.
const takeNewToken = async () => {
  const { answer, page } = await read(list.action);
  if (isBusy(answer)) return tryLater(answer);
  if (asksToSignIn(page)) return askToSignIn();
  const token = page.querySelector("#list [name=csrf_token]")?.value;
  if (!token) return giveUp(waiting.shift());
  for (const input of document.querySelectorAll("[name=csrf_token]")) input.value = token;
  for (const press of waiting) {
    press.body.set("csrf_token", token);
    press.renewed = true;
  }
  return true;
};

const setDisabled = (person, off) => {
  for (const button of document.querySelectorAll(`#${person} button`)) button.disabled = off;
};

const show = (page, { person }) => {
  renew(page);
  for (const press of waiting) if (press.person !== "told") setDisabled(press.person, true);
  narrow();
  const same = document.querySelector(`#${person} button`) || told.querySelector("button");
  if (field.value || !same) field.select();
  else same.focus({ preventScroll: true });
};

// The page cannot be had any more, or will not have this press.
const giveUp = ({ person }) => {
  setDisabled(person, false);
  told.textContent = list.dataset.refused;
  return true;
};

// True if the next press may be sent.
const sendOne = async (press) => {
  const { answer, page } = await read(press.address, { method: "POST", body: press.body });
  if (isBusy(answer)) return tryLater(answer);
  if (asksToSignIn(page)) return askToSignIn();
  if ([400, 401, 403].includes(answer.status) && !press.renewed) return takeNewToken();
  waiting.shift();
  if (page.getElementById("list")) show(page, press);
  else giveUp(press);
  return true;
};

const send = async () => {
  if (busy || pause || !waiting.length) return;
  busy = true;
  const goOn = await sendOne(waiting[0]).catch(() => tryLater());
  busy = false;
  if (goOn) send();
};

addEventListener("focus", send);
addEventListener("visibilitychange", send);
addEventListener("beforeunload", (event) => {
  if (waiting.length) event.preventDefault();
});

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
