// Cards: a figure each, with what it is to be compared with.

// Returns {node, show}; what is shown is [{title, value, context, tone}].
function cardsView(label) {
  const node = make("div", { class: "nbreg-cards", role: "group", "aria-label": label });
  const cards = [];
  const show = (told) => {
    while (cards.length < told.length) {
      const parts = ["title", "value", "context"].map((name) => make(name === "value" ? "b" : "span", { class: `nbreg-card-${name}` }));
      cards.push({ node: make("div", { class: "nbreg-card" }, ...parts), parts });
      node.append(cards.at(-1).node);
    }
    while (cards.length > told.length) cards.pop().node.remove();
    told.forEach(({ title, value, context, tone }, index) => {
      const { node: card, parts } = cards[index];
      [title, value, context].forEach((words, part) => say(parts[part], words));
      card.dataset.tone = tone;
      card.title = context;
    });
    node.hidden = !told.length;
  };
  return { node, show };
}
