// The tables: one signed file that Python writes (fieldfare.language.device_tables).

const FORMAT = "fieldfare-device-tables-2";
const ENVELOPE = "fieldfare-device-tables-signature-1";

/** The tables cannot be used: they are damaged, unsigned, signed by another, or too old. */
export class TablesError extends Error {
  constructor(what) {
    super(what);
    this.name = "TablesError";
  }
}

/** Read the tables. `signature` is the text of the file beside them; `publicKey` the operator's
 * Ed25519 key, 32 bytes, that the app ships with; `newerThan` the version used last, so that nobody
 * brings back an older one. */
export async function loadTables(packed, { signature, publicKey, newerThan = 0 }) {
  const version = await verified(packed, signature, publicKey);
  if (version < newerThan) throw new TablesError("these tables are older than those used last");
  return { ...parse(await unpacked(packed)), version };
}

async function verified(packed, signature, publicKey) {
  let signed;
  try {
    signed = JSON.parse(signature);
  } catch {
    throw new TablesError("the signature cannot be read");
  }
  const { format, version, sha256 } = signed;
  const key = await crypto.subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
  const said = new TextEncoder().encode(`${ENVELOPE}\n${version}\n${sha256}`);
  let made;
  try {
    made = Uint8Array.from(atob(signed.signature), (each) => each.charCodeAt(0));
  } catch {
    throw new TablesError("the signature cannot be read");
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", packed));
  const hex = Array.from(digest, (each) => each.toString(16).padStart(2, "0")).join("");
  const good = await crypto.subtle.verify({ name: "Ed25519" }, key, made, said);
  if (!good || format !== ENVELOPE || hex !== sha256 || !Number.isSafeInteger(version)) {
    throw new TablesError("the tables are not signed with this key, or were changed");
  }
  return version;
}

async function unpacked(packed) {
  try {
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    throw new TablesError("the tables are damaged");
  }
}

function parse(data) {
  const length = new DataView(data.buffer, data.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + length)));
  if (header.format !== FORMAT) throw new TablesError("the tables are of another format");
  const base = 4 + length;
  const section = (name) => {
    const { at, count, width } = header.sections[name];
    const from = data.subarray(base + at, base + at + count * width);
    // A copy: a part would keep all that was unpacked.
    return width === 1 ? from.slice() : width === 2 ? pairs(from, count) : fours(from, count);
  };
  const words = (name) => {
    const hashes = section(`${name}_steps`);
    for (let k = 1; k < hashes.length; k++) hashes[k] += hashes[k - 1];
    return { hashes, masks: section(`${name}_masks`) };
  };
  const bounds = summed(section("word_lengths"));
  const rows = (name) => ({ first: summed(section(`${name}_each`)), rows: section(name) });
  return {
    fingerprint: header.fingerprint,
    indicators: header.indicators,
    nudges: header.nudges,
    unicode: header.unicode,
    ages: header.ages,
    weights: section("weights"),
    edges: header.edges,
    messageMost: header.message_most ?? Infinity,
    known: words("known"),
    voices: words("voice"),
    tree: {
      parents: shifted(section("parents")),
      labels: shifted(section("labels")),
      counts: section("outputs_each"),
      outputs: section("outputs"),
      reach: section("reach"),
      owners: section("owners"),
      furthest: header.furthest,
      everywhere: header.everywhere,
    },
    frames: {
      sets: rows("sets"),
      anchors: rows("anchors"),
      needed: rows("needed"),
      barred: rows("barred"),
      owners: section("frame_owners"),
      languages: section("frame_languages"),
      stems: section("stems"),
    },
    vocabulary: { data: section("words"), bounds, masks: section("word_masks") },
  };
}

/** Numbers of 16 bits, from a plane of low bytes and one of high ones. */
function pairs(from, count) {
  const out = new Uint16Array(count);
  for (let k = 0; k < count; k++) out[k] = from[k] | (from[count + k] << 8);
  return out;
}

/** Numbers of 32 bits, from four planes. */
function fours(from, count) {
  const out = new Uint32Array(count);
  const two = 2 * count;
  const three = 3 * count;
  for (let k = 0; k < count; k++) {
    out[k] = from[k] | (from[count + k] << 8) | (from[two + k] << 16) | (from[three + k] << 24);
  }
  return out;
}

/** Where each row begins and the last ends, from how long each is. */
function summed(lengths) {
  const out = new Int32Array(lengths.length + 1);
  for (let k = 0; k < lengths.length; k++) out[k + 1] = out[k] + lengths[k];
  return out;
}

/** By node: nodes are numbered from 4 on. */
function shifted(values) {
  const out = new Uint32Array(values.length + 4);
  out.set(values, 4);
  return out;
}

/** Half-precision numbers, given by their bits, as single ones. */
export function halves(bits) {
  const out = new Float32Array(bits.length);
  const raw = new Uint32Array(out.buffer);
  for (let k = 0; k < bits.length; k++) {
    const half = bits[k];
    const exponent = (half >> 10) & 0x1f;
    if (exponent === 0) out[k] = (half & 0x3ff) * 2 ** -24 * (half & 0x8000 ? -1 : 1);
    else raw[k] = ((half & 0x8000) << 16) | ((exponent + 112) << 23) | ((half & 0x3ff) << 13);
  }
  return out;
}
