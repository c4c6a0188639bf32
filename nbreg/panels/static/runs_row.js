// A run's row in the table: built once, then only brought up to date, cell by cell.

Object.assign(ICONS, {
  more: "M3 6.5a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3zM8 6.5a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3zM13 6.5a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3z",
});

// A name that can be edited in its place, and a deletion that is confirmed there. `act` has rename(name) and delete().
function nameCell(act) {
  const [name, tag] = [make("b"), make("span", { class: "nbreg-badge", hidden: "" }, "latest")];
  const more = make("button", { type: "button", class: "nbreg-dots", tabindex: "-1", "aria-haspopup": "menu" }, icon("more"));
  const rest = make("div", { class: "nbreg-run" }, name, tag, more);
  const node = make("th", { scope: "row", class: "nbreg-run-name" }, rest);
  const back = (focus) => {
    if (rest.isConnected) return;
    node.replaceChildren(rest);
    if (focus) node.parentElement?.focus();
  };
  const put = (content, focus) => {
    node.replaceChildren(content);
    focus.focus();
    focus.select?.();
  };
  const rename = () => {
    const box = make("input", { type: "text", value: name.textContent, autocomplete: "off", spellcheck: "false", "aria-label": `New name of ${name.textContent}` });
    let over = false; // what leaves the page loses the focus too
    const end = (wanted, focus) => {
      if (over) return;
      over = true;
      const text = box.value.trim();
      if (wanted && text && text !== name.textContent) act.rename(text);
      back(focus);
    };
    box.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") end(true, true);
      if (event.key === "Escape") end(false, true);
    });
    box.addEventListener("blur", () => end(true, false));
    put(box, box);
  };
  const confirm = () => {
    const no = button("No", () => back(true), { class: "nbreg-button nbreg-tiny" });
    const yes = button("Yes", () => {
      back(true);
      act.delete();
    }, { class: "nbreg-button nbreg-tiny nbreg-danger", "aria-label": `Yes, delete ${name.textContent}` });
    const asked = make("div", { class: "nbreg-run nbreg-asked", role: "group", "aria-label": `Delete ${name.textContent}?` },
      make("span", {}, "Delete?"), yes, no);
    asked.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") back(true);
    });
    put(asked, no);
  };
  const show = (text, latest) => {
    if (name.textContent !== text) {
      say(name, text);
      name.title = text;
      more.setAttribute("aria-label", `Actions for ${text}`);
    }
    tag.hidden = !latest;
  };
  return { node, more, rename, confirm, show };
}

function statusCell() {
  const pill = make("span", { class: "nbreg-pill" });
  const show = (text, { status, share, error }) => {
    say(pill, text);
    if (pill.dataset.status !== status) pill.dataset.status = status;
    pill.style.setProperty("--share", String(share ?? 0));
    if (error) pill.setAttribute("aria-label", `${text}: ${error}`);
    pill.title = error || (share === null ? "" : `${Math.round(share * 100)} % of its epochs`);
  };
  return { node: make("td", {}, pill), show };
}

// Whether a group of columns begins with this one.
function beginsGroup(columns, index) {
  return Boolean(columns[index].group) && columns[index].group !== columns[index - 1]?.group;
}

function plainCell({ numeric }) {
  const node = make("td", numeric ? { class: "nbreg-number" } : {});
  return { node, show: (text) => say(node, text) };
}

// `act` has pick(on), rename(name) and delete().
function runRow(number, act) {
  const tick = make("input", { type: "checkbox", class: "nbreg-tick", tabindex: "-1" });
  const name = nameCell(act);
  const status = statusCell();
  const node = make("tr", { tabindex: "-1", "data-run": number });
  let [cells, shown] = [[], null];
  tick.addEventListener("change", () => act.pick(tick.checked));
  return {
    number, node, tick, more: name.more, rename: name.rename, confirm: name.confirm,
    // Have a cell for each column.
    build(columns) {
      shown = null;
      cells = columns.map((column) => {
        const own = { name: { node: name.node, show: () => {} }, status }[column.name];
        return { name: column.name, ...(own ?? plainCell(column)) };
      });
      cells.forEach((cell, index) => {
        cell.node.dataset.column = cell.name;
        cell.node.toggleAttribute("data-first", beginsGroup(columns, index));
      });
      node.replaceChildren(make("td", { class: "nbreg-pick" }, tick), ...cells.map((cell) => cell.node));
    },
    show(line, { place, latest }) {
      const now = JSON.stringify([line, place, latest]);
      if (now === shown) return;
      shown = now;
      for (const cell of cells) {
        const text = line.cells[cell.name] ?? "";
        cell.show(text, line);
        const best = line.best.includes(cell.name);
        if (cell.node.hasAttribute("data-best") === best) continue;
        cell.node.toggleAttribute("data-best", best);
        if (best) cell.node.title = "The best of those that can be compared";
        else cell.node.removeAttribute("title");
      }
      name.show(line.cells.name, latest);
      tick.checked = Boolean(place);
      tick.setAttribute("aria-label", `Curve of ${line.cells.name}`);
      tick.style.setProperty("--tone", place ? `var(--nbreg-run-${place})` : "");
      node.setAttribute("aria-selected", String(Boolean(place)));
      node.toggleAttribute("data-latest", latest);
    },
    // The one row that Tab comes to; the arrow keys lead to the others.
    setActive(active) {
      for (const part of [node, tick, name.more]) part.tabIndex = active ? 0 : -1;
    },
  };
}

// What can be done with a run, in a menu beside its button, above everything else. `acts` are [words, key, act(row)].
function runMenu(acts) {
  const node = make("div", { class: "nbreg-menu", popover: "auto", role: "menu", "aria-label": "Actions" });
  let row = null;
  const items = acts.map(([words, key, act]) => {
    const item = button([words, make("kbd", { "aria-hidden": "true" }, key)], () => {
      node.hidePopover();
      act(row);
    }, { role: "menuitem" });
    node.append(item);
    return item;
  });
  const gone = () => node.matches(":popover-open") && node.hidePopover();
  const usable = () => items.filter((item) => !item.disabled);
  node.addEventListener("keydown", (event) => {
    const [list, at] = [usable(), usable().indexOf(document.activeElement)];
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + list.length, Home: 0, End: list.length - 1 }[event.key];
    event.stopPropagation();
    if (event.key === "Tab") gone();
    if (to === undefined) return;
    event.preventDefault();
    list[to % list.length].focus();
  });
  node.addEventListener("toggle", (event) => {
    row?.more.setAttribute("aria-expanded", String(event.newState === "open"));
    if (event.newState === "closed") window.removeEventListener("scroll", gone, true);
  });
  return {
    node,
    open(of, disabled) {
      row = of;
      items.forEach((item, index) => (item.disabled = disabled[index]));
      node.showPopover();
      const [at, size] = [row.more.getBoundingClientRect(), node.getBoundingClientRect()];
      node.style.left = `${Math.max(4, Math.min(at.left, window.innerWidth - size.width - 4))}px`;
      node.style.top = `${at.bottom + size.height + 8 < window.innerHeight ? at.bottom + 4 : at.top - size.height - 4}px`;
      window.addEventListener("scroll", gone, true);
      usable()[0]?.focus({ preventScroll: true });
    },
    end: () => window.removeEventListener("scroll", gone, true),
  };
}
