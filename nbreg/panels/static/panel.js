// The frame of every panel: its theme, its line of trouble, what screen readers are told, and the way to Python.

const PATIENCE = 2500; // ms without an answer before saying why there is none
const AGAIN = [600, 1500, 4000, 10000]; // ms without an answer after which wishes are sent again
const UNHEARD = "This kernel hears the panel only between cells: wait for the running cell, or interrupt it (■).";
const GONE = "The kernel is gone. This is what the panel showed last; run its cell to begin anew.";

// The way to Python: wishes are numbered, and kept until they are heard, for a kernel may leave a message lying until
// the next one comes. `late(words)` says, or takes back, that it takes long.
function delivery(model, late) {
  const sender = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  let [turn, pending, timers] = [0, [], []];
  const rest = () => timers.forEach(clearTimeout);
  const wait = () => {
    rest();
    if (!pending.length) return;
    timers = AGAIN.map((after) => setTimeout(() => pending.forEach((wish) => model.send(wish)), after));
    timers.push(setTimeout(() => late(true), PATIENCE));
  };
  const ask = (kind, more = {}) => {
    const wish = { ...more, kind, sender, turn: ++turn };
    model.send(wish);
    pending.push(wish);
    if (pending.length === 1) wait();
  };
  const hear = () => {
    const heard = model.get("heard")[sender] ?? 0;
    if (!pending.length || heard < pending[0].turn) return; // news of another view
    pending = pending.filter((wish) => wish.turn > heard);
    late(false);
    wait();
  };
  return { ask, hear, wait, rest };
}

// A panel's view: `root` is its element, `body` the place for its parts. `build(view)` fills it.
function openPanel({ model, el }, name, build) {
  const title = model.get("title");
  const parts = {
    body: make("div", { class: "nbreg-body" }),
    trouble: make("p", { class: "nbreg-trouble", role: "alert", hidden: "" }),
    hint: make("p", { class: "nbreg-hint", hidden: "" }),
    spoken: make("p", { class: "nbreg-spoken", role: "status", "aria-live": "polite" }),
  };
  const root = make("section", { class: `nbreg-view nbreg-panel nbreg-${name}`, "aria-label": title },
    make("div", { class: "nbreg-frame" }, parts.trouble, parts.hint, parts.body, parts.spoken));
  const ends = []; // what is to be done when the view goes
  const listen = (event, listener) => {
    model.on(event, listener);
    ends.push(() => model.off(event, listener));
  };
  const wishes = delivery(model, (late) => {
    if (late) hint(UNHEARD);
    else if (parts.hint.textContent === UNHEARD) hint("");
  });
  const view = {
    root, body: parts.body, model,
    spoken: parts.spoken,
    get: (trait) => model.get(trait),
    // Call `listener(value)` now and whenever the trait changes.
    follow(trait, listener) {
      listen(`change:${trait}`, () => listener(model.get(trait)));
      listener(model.get(trait));
    },
    // Call `listener(message, buffers)` for messages of one kind.
    hear(kind, listener) {
      listen("msg:custom", (message, buffers) => message.kind === kind && listener(message, buffers));
    },
    // Pass a wish on to Python.
    ask: wishes.ask,
    say: (text) => say(parts.spoken, text),
    onEnd: (end) => ends.push(end),
    // Draw a picture anew in another size of `node` or another theme, as long as the view is there.
    keepDrawn(picture, node) {
      const sizes = new ResizeObserver(() => picture.refresh());
      sizes.observe(node);
      root.addEventListener("nbreg-theme", () => picture.refresh());
      ends.push(() => sizes.disconnect(), () => picture.remove());
    },
  };
  const hint = (text) => {
    parts.hint.hidden = !text;
    say(parts.hint, text);
  };
  // A comm that is gone comes to life again where the page reconnects to the same kernel.
  const lives = async () => {
    const real = await model.widget_manager?.get_model?.(model.get("identity")).catch(() => null);
    const gone = real ? !real.comm_live : false;
    root.toggleAttribute("data-gone", gone);
    parts.body.inert = gone;
    hint(gone ? GONE : "");
    if (gone) wishes.rest(); // nobody is there to hear them, which must not be said to be a matter of time
    else wishes.wait();
  };
  build(view);
  // JupyterLab looks at the focused element first, so that it is not enough to mark what is around it.
  root.addEventListener("focusin", (event) => keepKeys(event.target));
  view.follow("trouble", (text) => {
    parts.trouble.hidden = !text;
    say(parts.trouble, text);
  });
  listen("change:heard", wishes.hear);
  listen("comm_live_update", lives);
  el.append(root);
  ends.push(themed(root, () => root.dispatchEvent(new CustomEvent("nbreg-theme"))));
  wishes.ask("hello");
  return () => {
    wishes.rest();
    for (const end of ends) end();
  };
}
