// Characters of UTF-8, how words compare, and known words by hash: fieldfare.language._words.

export const FOLDED = 0x2000;
export const BASIS = 2166136261;
export const PRIME = 16777619;

/** Whether a character beyond ASCII parts words: punctuation, symbols, emoji. */
export function breaks(code) {
  return (
    code < 0xc0 ||
    code === 0xd7 ||
    code === 0xf7 ||
    code === 0x60c ||
    code === 0x61b ||
    code === 0x61f ||
    code === 0x6d4 ||
    code === 0x964 ||
    code === 0x965 ||
    (code >= 0x2000 && code < 0x2c00) ||
    (code >= 0x3000 && code < 0x3040) ||
    (code >= 0xfe00 && code < 0xfe10) ||
    (code >= 0x1f000 && code < 0x20000)
  );
}

/** Whether a letter repeated counts once. */
export function repeats(code) {
  if (code < 0x80) return code >= 97;
  return code < 0x2e80 || (code >= 0xe000 && code < 0xf900);
}

/** The character that begins at `at` of valid UTF-8. */
export function codeAt(data, at) {
  const lead = data[at];
  if (lead < 0xc0) return lead;
  if (lead < 0xe0) return ((lead & 0x1f) << 6) | (data[at + 1] & 0x3f);
  if (lead < 0xf0) {
    return ((lead & 0x0f) << 12) | ((data[at + 1] & 0x3f) << 6) | (data[at + 2] & 0x3f);
  }
  return (
    ((lead & 0x07) << 18) |
    ((data[at + 1] & 0x3f) << 12) |
    ((data[at + 2] & 0x3f) << 6) |
    (data[at + 3] & 0x3f)
  );
}

/** The bytes of the character that begins at `at`. */
export function widthAt(data, at) {
  const lead = data[at];
  return lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/** Write a character at `k`; where the next goes. */
export function put(out, k, code) {
  if (code < 0x80) {
    out[k] = code;
    return k + 1;
  }
  if (code < 0x800) {
    out[k] = 0xc0 | (code >> 6);
    out[k + 1] = 0x80 | (code & 0x3f);
    return k + 2;
  }
  if (code < 0x10000) {
    out[k] = 0xe0 | (code >> 12);
    out[k + 1] = 0x80 | ((code >> 6) & 0x3f);
    out[k + 2] = 0x80 | (code & 0x3f);
    return k + 3;
  }
  out[k] = 0xf0 | (code >> 18);
  out[k + 1] = 0x80 | ((code >> 12) & 0x3f);
  out[k + 2] = 0x80 | ((code >> 6) & 0x3f);
  out[k + 3] = 0x80 | (code & 0x3f);
  return k + 4;
}

/** One more character of a hash, as an unsigned number. */
export function mix(h, code) {
  return Math.imul(h ^ code, PRIME) >>> 0;
}

/** A hash under way: words compare without accents, apostrophes and repeated letters. */
export class Hash {
  constructor(folds) {
    this.folds = folds;
    this.begin();
  }

  begin() {
    this.value = BASIS;
    this.last = 0;
  }

  add(given) {
    let code = given;
    if (code < 0x80) {
      if (code >= 65 && code <= 90) code += 32;
      if (code === 39) return;
    } else if (code < FOLDED) {
      code = this.folds[code];
      if (code === 0) return;
    }
    if (code === this.last && repeats(code)) return;
    this.value = mix(this.value, code);
    this.last = code;
  }

  word(data, start, end) {
    this.begin();
    for (let at = start; at < end; at += widthAt(data, at)) this.add(codeAt(data, at));
    return this.value;
  }
}

/** Words by hash, each with the bits of its languages. */
export class Known {
  constructor(hashes, masks) {
    let bits = 4;
    while (1 << bits < hashes.length * 1.5 + 8) bits++;
    this.shift = 32 - bits;
    this.last = (1 << bits) - 1;
    this.hashes = new Uint32Array(1 << bits);
    this.masks = new Uint32Array(1 << bits);
    for (let k = 0; k < hashes.length; k++) this.#enter(hashes[k], masks[k]);
  }

  #enter(h, mask) {
    let at = Math.imul(h, 0x9e3779b1) >>> this.shift;
    while (this.masks[at] !== 0 && this.hashes[at] !== h) at = (at + 1) & this.last;
    this.hashes[at] = h;
    this.masks[at] |= mask;
  }

  /** The bits of a word, as a signed number; 0 for one that is not known. */
  of(h) {
    let at = Math.imul(h, 0x9e3779b1) >>> this.shift;
    while (this.masks[at] !== 0) {
      if (this.hashes[at] === h) return this.masks[at] | 0;
      at = (at + 1) & this.last;
    }
    return 0;
  }
}
