// What language.js finds in some texts, to be compared with what Python finds.
import { LanguageModel } from "../language.js";
import { loadTables } from "../tables.js";

const bytes = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));

export async function open({ tables, signature, publicKey }) {
  return new LanguageModel(
    await loadTables(bytes(tables), { signature, publicKey: bytes(publicKey) }),
  );
}

export async function check({ texts, ...signed }) {
  const model = await open(signed);
  return texts.map((text) => ({
    ...model.annotate(text),
    form: model.normalise(text),
    ids: model.tokenIds(text),
  }));
}
