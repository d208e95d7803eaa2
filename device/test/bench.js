// How quickly the device's modules start and read, and what memory they take: `fieldfare bench device`.

const PASS_MS = 1_500;

/** Figures of this page, which must be cross-origin isolated. `files` are the bytes of both tables and
 * the operator's public key; `texts` lists of messages by name. */
export async function measure({ packed, signature, publicKey, texts }) {
  const before = await memory();
  const began = performance.now();
  const [{ loadTables }, { LanguageModel }, { Nudges }] = await Promise.all([
    import("../tables.js"),
    import("../language.js"),
    import("../nudges.js"),
  ]);
  const imported = performance.now();
  const kept = await open(packed, { signature, publicKey }, loadTables, LanguageModel, Nudges);
  const started = performance.now();
  kept.model.annotate(texts.everyday[0]);
  const first = performance.now();
  const after = await memory();
  const found = {
    import_ms: imported - began,
    start_ms: started - imported,
    first_message_ms: first - started,
    memory_bytes: after === null ? null : after - before,
  };
  for (const [name, messages] of Object.entries(texts)) found[name] = speed(kept.model, messages);
  const last = await memory();
  return { ...found, memory_after_reading_bytes: last === null ? null : last - before };
}

async function open(packed, trust, loadTables, LanguageModel, Nudges) {
  const tables = await loadTables(packed, trust);
  return { model: new LanguageModel(tables), nudges: new Nudges(tables) };
}

function speed(model, messages) {
  const times = messages.map((text) => {
    const began = performance.now();
    model.annotate(text);
    return performance.now() - began;
  });
  let read = 0;
  const began = performance.now();
  let now = began;
  while (now - began < PASS_MS) {
    for (const text of messages) model.annotate(text);
    read += messages.length;
    now = performance.now();
  }
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return {
    messages: messages.length,
    first_pass_per_second: (1000 * messages.length) / times.reduce((sum, each) => sum + each, 0),
    per_second: (1000 * read) / (now - began),
    first_pass_ms: { median: at(0.5), p99: at(0.99), most: sorted.at(-1) },
    ms_a_message: (now - began) / read,
  };
}

async function memory() {
  if (!crossOriginIsolated || !performance.measureUserAgentSpecificMemory) return null;
  return (await performance.measureUserAgentSpecificMemory()).bytes;
}
