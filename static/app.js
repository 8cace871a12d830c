// Progressive enhancement only: every page works with this file missing.
const all = (selector) => document.querySelectorAll(selector);

// Leave fast: this page is replaced in the history; Escape three times does the same.
for (const exit of all("[data-exit]")) {
  let pressed = 0, forget;
  const leave = () => {
    document.body.hidden = true;
    location.replace(exit.href);
  };
  exit.addEventListener("click", (event) => {
    event.preventDefault();
    leave();
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    clearTimeout(forget);
    forget = setTimeout(() => { pressed = 0; }, 1500);
    if (++pressed > 2) leave();
  });
}

// Menus close on Escape and on a click elsewhere.
for (const menu of all("details.lang, details.menu")) {
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.firstElementChild.focus();
  });
  addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
}

// Another language keeps what was typed: the same page shows the form again in it, and does nothing else.
for (const form of all("form[data-typed]")) {
  let typed = form.dataset.typed;
  form.addEventListener("input", () => { typed = "yes"; });
  for (const link of all(".lang a")) link.addEventListener("click", (event) => {
    if (!typed) return;
    event.preventDefault();
    const left = document.documentElement.lang;
    form.insertAdjacentHTML("beforeend", `<input type="hidden" name="only_show" value="${left}">`);
    form.action = link.href;
    form.submit();
  });
}

// Copy buttons appear only where copying works.
for (const button of all("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.append(" ✓");
  });
}

// Print buttons appear only where there is something to press them with.
for (const button of all("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// The summary of errors takes the focus.
all(".errors").forEach((summary) => summary.focus());
