// The page of one of the two: draws the talk, asks the child first, shows what its device tells it.
import { ask, forever } from "./relay.js";
import { openReader, Talk } from "./talk.js";

const CHILD_BELOW = 18;
/** Mild lines to try it with, for the grown-up's page. */
const LINES = [
  "hi! I saw your drawing, it is great",
  "how old are you?",
  "are your parents home?",
  "keep this our secret",
  "send me a photo",
];
const LABELS = { pause: "Take a pause", tell_someone: "Tell someone", block: "Block", report: "Report" };

const find = (id) => document.getElementById(id);
const { me, other, publicKey } = await ask("/api/me").catch((error) => {
  say(`${error.message}.`);
  throw error;
});
const child = me.age < CHILD_BELOW;
const reader = child ? await openReader(publicKey) : null;
const talk = await Talk.open(me, other, reader);
let agreed = !child; // to see what somebody unknown wrote
let blocked = false;
let nudged = null;

find("title").textContent = other.name;
find("initial").textContent = other.name[0];
find("line").textContent = `You are ${me.name}, ${me.age}`;
document.title = `${me.name}, ${me.age}`;
document.body.dataset.who = me.id;
if (child) offerLanguages();
else offerLines();
await announce();
document.body.dataset.ready = "yes";
forever(async () => {
  await talk.listen();
  draw();
}, say);

function announce() {
  return talk.announce(child ? find("language").value : "en");
}

function draw() {
  find("number").textContent = talk.safety || "–";
  for (const name of ["text", "send"]) find(name).disabled = !talk.ready || blocked || talk.elsewhere;
  if (talk.elsewhere) {
    say("This chat was opened in another window, which has keys of its own. Load this page again to use it here.");
    return;
  }
  const theirs = talk.messages.filter(({ mine }) => !mine);
  const asking = !agreed && theirs.some(({ verdict }) => verdict === "confirm" || verdict === "warn");
  if (theirs.length && !asking) agreed = true;
  askFirst(asking && !blocked, theirs[0]);
  const shown = talk.messages.filter(({ mine }) => mine || agreed);
  find("start").hidden = shown.length > 0;
  const list = find("messages");
  for (const each of shown.slice(list.children.length)) list.append(bubble(each));
  if (agreed && !blocked) nudge();
  if (talk.unshown) say(`Not shown, since this window has no key for them: ${talk.unshown}`);
  scrollTo({ top: document.body.scrollHeight });
}

function bubble({ mine, text, at, id }) {
  const item = document.createElement("li");
  item.className = mine ? "mine" : "theirs";
  item.dataset.id = id;
  const said = document.createElement("p");
  said.dir = "auto";
  said.textContent = text;
  item.append(said);
  if (at) {
    const time = document.createElement("time");
    time.dateTime = new Date(at).toISOString();
    time.textContent = new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    item.append(time);
  }
  return item;
}

function askFirst(wanted, message) {
  find("request").hidden = !wanted;
  if (wanted) {
    find("request-text").textContent = message.note ?? "Somebody wrote to you. You decide whether to see it.";
  }
}

function nudge() {
  const found = talk.nudge(find("language").value);
  if (!found) return;
  nudged = found;
  find("nudge").hidden = false;
  find("nudge").dataset.level = found.level;
  const text = find("nudge-text");
  text.textContent = found.text;
  text.lang = found.language;
  text.dir = "auto";
  find("more").hidden = true;
  find("actions").replaceChildren(
    ...found.actions.map((name) => {
      const button = document.createElement("button");
      button.dataset.do = name;
      button.textContent = LABELS[name];
      if (name === "report") button.className = "primary";
      return button;
    }),
  );
}

const doing = {
  pause() {
    find("nudge").hidden = true;
    find("text").blur();
  },
  tell_someone() {
    find("more").textContent =
      "You could show this to a grown-up you trust: a parent, a teacher, somebody in your family. You do not need to find the right words; showing the screen is enough.";
    find("more").hidden = false;
  },
  async block() {
    await talk.block();
    blocked = true;
    find("nudge").hidden = find("request").hidden = true;
    for (const name of ["text", "send"]) find(name).disabled = true;
    say(`You blocked ${other.name}. They are not told.`);
  },
  report: openReport,
};

document.addEventListener("click", (event) => {
  const name = event.target.dataset?.do;
  if (name) Promise.resolve(doing[name]()).catch((error) => say(`${error.message}.`));
});
find("see").addEventListener("click", () => {
  agreed = true;
  draw();
});
find("not-now").addEventListener("click", () => {
  find("request").hidden = true;
});

function openReport() {
  const items = talk.messages.filter(({ mine }) => !mine).map((message) => {
    const item = document.createElement("li");
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.value = message.id;
    box.checked = true;
    const said = document.createElement("span");
    said.dir = "auto";
    said.textContent = message.text;
    label.append(box, said);
    item.append(label);
    return item;
  });
  find("choices").replaceChildren(...items);
  count();
  find("report").returnValue = "";
  find("report").showModal();
}

const chosen = () => [...find("choices").querySelectorAll("input:checked")].map(({ value }) => value);
find("choices").addEventListener("change", count);

function count() {
  const number = chosen().length;
  find("send-report").disabled = number === 0;
  find("chosen").textContent = `${number} of ${talk.messages.length} messages of this chat will be shown.`;
}

find("report").addEventListener("close", async () => {
  if (find("report").returnValue !== "send") return;
  const ids = new Set(chosen());
  try {
    const told = await talk.report(talk.messages.filter(({ id }) => ids.has(id)));
    find("nudge").hidden = true;
    document.body.dataset.reported = ids.size;
    say(told ?? "Thank you. Your report was sent.");
  } catch (error) {
    say(`${error.message}.`);
  }
});

find("compose").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = find("text").value.trim();
  if (!text || !talk.ready) return;
  find("text").value = "";
  try {
    const told = talk.send(text);
    draw();
    say((await told) ?? "");
  } catch (error) {
    say(`Not sent: ${error.message}.`);
  }
  draw();
});

function say(what) {
  find("notice").hidden = !what;
  if (what) find("notice").textContent = what;
}

function offerLanguages() {
  const names = new Intl.DisplayNames(["en"], { type: "language" });
  const select = find("language");
  for (const tag of [...reader.languages].sort()) select.add(new Option(names.of(tag) ?? tag, tag));
  select.value = "en";
  find("languages").hidden = false;
  select.addEventListener("change", announce);
}

function offerLines() {
  find("lines").hidden = false;
  for (const line of LINES) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = line;
    button.addEventListener("click", () => {
      find("text").value = line;
      find("text").focus();
    });
    find("lines").append(button);
  }
}
