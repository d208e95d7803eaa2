// One form for texts that read the same: fieldfare.language.normalise, _visible and _unmask.
// NFKC is the browser's own; all other tables come from Python.
import { Disguise, suspicious } from "./disguise.js";
import { breaks, codeAt, widthAt } from "./words.js";

const MOST_MARKS = 16;
const KEYCAP = 0x20e3;
const HIDDEN = 1;
const MARK = 2;
const SURROGATE = /\p{Surrogate}/u;
const APOSTROPHES = /[\u2018\u2019\u201b\u02bc\u00b4]/g;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Gives the normal form of texts, in UTF-8. */
export class Normaliser {
  #kinds = new Uint8Array(0xe0200);
  #letters = new Uint8Array(0x20000);
  #dress = new Uint8Array(0x20000);
  #lower = new Uint16Array(0x10000);
  #lowerBeyond = new Map();
  #newer = new Map();
  #newerAny = null;
  #known;
  #hash;
  #disguise;
  // What the last call of #masked found besides.
  #hides = false;
  #mixture = false;

  constructor(tables, known, hash) {
    for (const [first, last] of tables.marks) this.#kinds.fill(MARK, first, last + 1);
    for (const [first, last] of tables.hidden) this.#kinds.fill(HIDDEN, first, last + 1);
    for (const [code, letter, kind] of tables.confusables) {
      this.#letters[code] = letter;
      this.#dress[code] = kind;
    }
    for (const [code, form] of tables.newer) this.#newer.set(String.fromCodePoint(code), form);
    if (this.#newer.size) this.#newerAny = new RegExp(`[${[...this.#newer.keys()].join("")}]`, "gu");
    for (let code = 0; code < 0x10000; code++) this.#lower[code] = code;
    for (const [code, lower] of tables.lower) {
      if (code < 0x10000) this.#lower[code] = lower;
      else this.#lowerBeyond.set(code, lower);
    }
    this.#known = known;
    this.#hash = hash;
    this.#disguise = new Disguise(known, hash);
  }

  /** The normal form of a text. Throws RangeError where it holds half a surrogate pair. */
  form(text) {
    let data = encoder.encode(text);
    if (data.length === text.length) {
      lowerAscii(data);
    } else {
      if (SURROGATE.test(text)) throw new RangeError("a message text holds a lone surrogate");
      data = this.#unmask(this.#visible(data));
      if (isAscii(data)) lowerAscii(data);
      else data = encoder.encode(this.#folded(decoder.decode(data)));
    }
    if (!suspicious(data, data.length)) return data;
    const out = new Uint8Array(data.length);
    return out.subarray(0, this.#disguise.restore(data, data.length, out));
  }

  #folded(text) {
    let whole = text.replace(APOSTROPHES, "'");
    // Characters that this browser's Unicode may not know yet.
    if (this.#newerAny) whole = whole.replace(this.#newerAny, (each) => this.#newer.get(each));
    whole = whole.normalize("NFKC");
    let lowered = "";
    for (let at = 0; at < whole.length; at++) {
      const unit = whole.charCodeAt(at);
      if (unit < 0xd800 || unit > 0xdbff) {
        lowered += String.fromCharCode(this.#lower[unit]);
      } else {
        const code = whole.codePointAt(at++);
        lowered += String.fromCodePoint(this.#lowerBeyond.get(code) ?? code);
      }
    }
    return lowered;
  }

  #visible(data) {
    const out = new Uint8Array(data.length);
    const kinds = this.#kinds;
    let k = 0;
    let marks = 0;
    for (let at = 0; at < data.length; ) {
      if (data[at] < 0x80) {
        out[k++] = data[at++];
        marks = 0;
        continue;
      }
      const code = codeAt(data, at);
      const width = widthAt(data, at);
      const kind = code < kinds.length ? kinds[code] : 0;
      if (kind !== HIDDEN) {
        marks = kind === MARK ? marks + 1 : 0;
        if (marks <= MOST_MARKS) for (let j = 0; j < width; j++) out[k++] = data[at + j];
      }
      at += width;
    }
    return out.subarray(0, k);
  }

  /** The word at `at`: where it ends; whether it is masked, and whether it mixes scripts. */
  #masked(data, from, end, mixture) {
    const hash = this.#hash;
    let latin = 0;
    let foreign = 0;
    let dress = 0;
    let flags = 0;
    let seals = 0;
    let others = 0;
    let changes = 0;
    let digits = 0;
    let side = 0;
    let at = from;
    hash.begin();
    while (at < end) {
      const code = codeAt(data, at);
      const width = widthAt(data, at);
      let kind = code < this.#dress.length ? this.#dress[code] : 0;
      if (code < 0x80) {
        const lower = code | 32;
        if (lower >= 97 && lower <= 122) kind = 3;
        else if (code >= 48 && code <= 57) digits++;
        else if (code !== 39) break;
      } else if (kind === 0) {
        // Scripts without spaces end a Latin word too.
        if (breaks(code) || (code >= 0xe00 && !(code >= 0x1e00 && code < 0x2000))) break;
        if ((code >= 0xc0 && code < 0x250) || (code >= 0x1e00 && code < 0x1f00)) kind = 3;
        else if (!(code >= 0x300 && code < 0x370)) others++;
      }
      if (kind) {
        const now = kind === 3 ? 1 : 2;
        if (side !== 0 && side !== now) changes++;
        side = now;
      }
      if (kind === 3) latin++;
      else if (kind === 1) foreign++;
      else if (kind === 2) dress++;
      else if (kind === 4) flags++;
      else if (kind === 5) seals++;
      hash.add(code < this.#letters.length && this.#letters[code] ? this.#letters[code] : code);
      at += width;
    }
    const count = latin + foreign + dress + flags + seals;
    this.#hides = false;
    this.#mixture = false;
    if (others || count === latin) return at;
    const word = this.#known.of(hash.value) !== 0;
    if (flags) {
      // Two regional indicators are a flag; four that spell a word are taken for the word.
      this.#hides = count === 1 || (count > 2 && word);
    } else if (seals || dress) {
      this.#hides = count > 2 || (word && count > 1);
      this.#mixture = true;
    } else if (latin) {
      this.#hides = word || changes > 1 || digits > 0;
      this.#mixture = this.#hides;
    } else {
      this.#hides = mixture && word;
    }
    return at;
  }

  #dressed(data) {
    let latin = false;
    let foreign = false;
    for (let at = 0; at < data.length; ) {
      if (data[at] < 0x80) {
        const lower = data[at] | 32;
        latin ||= lower >= 97 && lower <= 122;
        at++;
        continue;
      }
      const code = codeAt(data, at);
      const kind = code < this.#dress.length ? this.#dress[code] : 0;
      if (kind === 2 || kind === 4 || kind === 5 || code === KEYCAP) return true;
      foreign ||= kind === 1;
      latin ||= kind === 3 || (code >= 0xc0 && code < 0x250) || (code >= 0x1e00 && code < 0x1f00);
      at += widthAt(data, at);
    }
    return latin && foreign;
  }

  #unmask(data) {
    const end = data.length;
    if (!this.#dressed(data)) return data;
    let mixture = false;
    for (let at = 0; at < end && !mixture; ) {
      const stop = this.#masked(data, at, end, false);
      mixture = this.#mixture;
      at = stop === at ? at + widthAt(data, at) : stop;
    }
    const out = new Uint8Array(end);
    let k = 0;
    for (let at = 0; at < end; ) {
      let stop = this.#masked(data, at, end, mixture);
      const hides = this.#hides;
      if (stop === at) {
        stop = at + widthAt(data, at);
        if (codeAt(data, at) === KEYCAP && at > 0 && data[at - 1] >= 48 && data[at - 1] <= 57) {
          at = stop;
          continue;
        }
      }
      while (at < stop) {
        const code = codeAt(data, at);
        const width = widthAt(data, at);
        if (hides && code < this.#letters.length && this.#letters[code]) {
          out[k++] = this.#letters[code];
        } else {
          for (let j = 0; j < width; j++) out[k++] = data[at + j];
        }
        at += width;
      }
    }
    return out.subarray(0, k);
  }
}

function isAscii(data) {
  for (let at = 0; at < data.length; at++) if (data[at] >= 0x80) return false;
  return true;
}

function lowerAscii(data) {
  for (let at = 0; at < data.length; at++) if (data[at] >= 65 && data[at] <= 90) data[at] += 32;
}
