// What nudges.js tells in some situations, and evidence.js remembers of some messages.
import { evidenceOf, merged, noEvidence } from "../evidence.js";
import { LanguageModel } from "../language.js";
import { Nudges } from "../nudges.js";
import { loadTables } from "../tables.js";

const bytes = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));

export async function check({ situations = [], conversations = [], ...signed }) {
  const { tables, signature, publicKey } = signed;
  const loaded = await loadTables(bytes(tables), { signature, publicKey: bytes(publicKey) });
  const nudges = new Nudges(loaded);
  const told = situations.map(({ messages, indicators, ...situation }) => {
    const shown = Object.fromEntries(indicators.map((id) => [id, {}]));
    return nudges.after({ ...noEvidence(), messages, indicators: shown }, situation);
  });
  const model = new LanguageModel(loaded);
  const remembered = conversations.map((messages) =>
    messages
      .map(({ text, ...message }) => evidenceOf(model.annotate(text), message))
      .reduce(merged, noEvidence()),
  );
  return { told, remembered };
}
