// What came to the relay, and what it told Fieldfare, as it happens.
import { ask, forever } from "./relay.js";

const VERDICTS = {
  deliver: "deliver",
  confirm: "deliver, and ask the child before it is shown",
  warn: "deliver, with a word of advice first",
  withhold: "do not deliver",
  limit: "do not deliver for now",
};
const SHOWN = 88;
const list = document.getElementById("list");
const { console: reviewers } = await ask("/api/stage");
let count = 0;

forever(async () => {
  const { seen } = await ask(`/api/seen?after=${count}`);
  if (!count && seen.length) list.replaceChildren();
  for (const each of seen) list.prepend(entry(each));
  count += seen.length;
}, () => {});

const entries = {
  key: ({ who, public_key }) => [`${who}'s device: a public key`, { key: code(public_key) }],
  message: ({ who, to, ciphertext, commitment, event, verdict }) => [
    `${who} to ${to}`,
    {
      ciphertext: code(ciphertext),
      commitment: code(commitment),
      "told to Fieldfare": code(JSON.stringify(event), Infinity),
      "Fieldfare says": VERDICTS[verdict],
    },
  ],
  block: ({ who, to }) => [`${who} blocked ${to}`, { "told to Fieldfare": "who blocked whom" }],
  report: ({ who, to, messages, left_out }) => [
    `${who} reported ${to}`,
    {
      disclosed: `${messages.length} messages that ${who} chose`,
      verified: `${messages.filter((each) => each === "verified").length} of ${messages.length}`,
      "left out": `${left_out} between them, unread`,
      decide: link(),
    },
  ],
};

function entry(each) {
  const [title, facts] = entries[each.kind](each);
  const article = document.createElement("article");
  article.className = each.kind;
  const heading = document.createElement("h2");
  const time = document.createElement("time");
  time.textContent = new Date(each.at).toLocaleTimeString();
  heading.append(title, time);
  const rows = document.createElement("dl");
  for (const [name, value] of Object.entries(facts)) {
    const term = document.createElement("dt");
    const said = document.createElement("dd");
    term.textContent = name;
    said.append(value);
    rows.append(term, said);
  }
  article.append(heading, rows);
  return article;
}

function code(text, most = SHOWN) {
  const made = document.createElement("code");
  made.textContent = text.length > most ? `${text.slice(0, most)}… (${text.length})` : text;
  return made;
}

function link() {
  const made = document.createElement("a");
  made.href = reviewers;
  made.target = "_blank";
  made.rel = "noopener";
  made.textContent = "the case, in the reviewers' console";
  return made;
}
