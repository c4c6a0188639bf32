// The code that does what the panel shows, as a magic line and as Python, with a button that copies it.

function codeView(view) {
  const texts = { line: "Magic line", code: "Python" };
  const id = unique("code");
  const shown = make("pre", { id, role: "tabpanel", tabindex: "0" });
  const copied = make("span", { class: "nbreg-copied", "aria-hidden": "true" });
  const tabs = Object.entries(texts).map(([trait, words]) => {
    const tab = make("button", { type: "button", role: "tab", id: unique("tab"), "aria-controls": id }, words);
    tab.addEventListener("click", () => choose(trait));
    return [trait, tab];
  });
  let chosen = "line";
  const choose = (trait, focused = false) => {
    chosen = trait;
    for (const [name, tab] of tabs) {
      tab.setAttribute("aria-selected", String(name === trait));
      tab.tabIndex = name === trait ? 0 : -1;
      if (name !== trait) continue;
      shown.setAttribute("aria-labelledby", tab.id);
      if (focused) tab.focus();
    }
    say(shown, view.get(trait));
  };
  const list = make("div", { class: "nbreg-tabs", role: "tablist", "aria-label": "Code that does the same" }, ...tabs.map(([, tab]) => tab));
  list.addEventListener("keydown", (event) => {
    if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    choose(chosen === "line" ? "code" : "line", true);
  });
  let timer = 0;
  const copy = button([icon("copy"), "Copy"], async () => {
    const done = (await copyText(view.get(chosen), copy)) ? "Copied" : "Press Ctrl+C to copy";
    say(copied, done);
    view.say(`${texts[chosen]}: ${done.toLowerCase()}`);
    clearTimeout(timer);
    timer = setTimeout(() => say(copied, ""), 2500);
  }, { class: "nbreg-button nbreg-small" });
  for (const trait of Object.keys(texts)) view.follow(trait, (text) => trait === chosen && say(shown, text));
  choose("line");
  view.onEnd(() => clearTimeout(timer));
  return make("section", { class: "nbreg-code", "aria-label": "Code" }, make("div", { class: "nbreg-code-head" }, list, copied, copy), shown);
}

// Pages without rights to the clipboard have it by a selected text; `beside` is where the focus goes back to.
async function copyText(text, beside) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = make("textarea", { class: "nbreg-spoken", "aria-hidden": "true", readonly: "" });
    area.value = text;
    beside.after(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    beside.focus();
    return done;
  }
}
