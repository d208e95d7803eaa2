// What a word that is no known word may be: the words it misses: fieldfare.language._repair.
import { BASIS, codeAt, mix, widthAt } from "./words.js";

export const LONGEST = 20;
const SHORTEST = 4;
export const READINGS = 16;
const SALT = 0x5bd1e995;
const SPREAD = 0x9e3779b1;

const LEET = Array.from("oizeasgtbg", (each) => each.charCodeAt(0));
const OTHER = Array.from("olzeasbtbq", (each) => each.charCodeAt(0));
const VOWELS = new Set([
  97, 101, 105, 111, 117, 0x430, 0x435, 0x438, 0x43e, 0x443, 0x44b, 0x44d, 0x44e, 0x44f,
]);

/** Vowels of Latin and Cyrillic letters without accents. */
export const isVowel = (code) => VOWELS.has(code);

function oneSlip(a, n, b, m) {
  let k = 0;
  while (k < n && k < m && a[k] === b[k]) k++;
  let i = n;
  let j = m;
  while (i > k && j > k && a[i - 1] === b[j - 1]) {
    i--;
    j--;
  }
  if (i - k <= 1 && j - k <= 1) return true;
  return i - k === 2 && j - k === 2 && a[k] === b[k + 1] && a[k + 1] === b[k];
}

function withoutVowels(a, n, b, m) {
  let i = 0;
  for (let j = 0; j < m; j++) {
    if (i < n && a[i] === b[j]) i++;
    else if (j === 0 || !(isVowel(b[j]) || (i > 0 && a[i - 1] === b[j]))) return false;
  }
  return i === n;
}

/** The words of the phrases, to be found by what a slip leaves of them. */
export class Repair {
  #hash;
  #data;
  #bounds;
  #masks;
  #hashes;
  #keys;
  #owners;
  #buckets = new Int32Array((1 << 16) + 1);
  #codes = new Int32Array(LONGEST);
  #others = new Int32Array(LONGEST);
  #spare = new Uint32Array(LONGEST + 2);
  #digits = 0;

  /** `data` holds the words end to end; `bounds` one more than they are. */
  constructor(data, bounds, masks, hash) {
    this.#hash = hash;
    this.#data = data;
    this.#bounds = bounds;
    this.#masks = masks;
    const words = bounds.length - 1;
    this.#hashes = new Uint32Array(words);
    for (let k = 0; k < words; k++) this.#hashes[k] = hash.word(data, bounds[k], bounds[k + 1]);
    this.#index(words);
  }

  /** The keys of every word, sorted, those alike in the order of the words. */
  #index(words) {
    const buckets = this.#buckets;
    const keys = new Uint32Array(words * (LONGEST + 2));
    const owners = new Int32Array(keys.length);
    let filled = 0;
    for (let word = 0; word < words; word++) {
      const count = this.#lettersOf(this.#data, this.#bounds[word], this.#bounds[word + 1], this.#codes);
      if (count < 2 || this.#digits) continue;
      const used = this.#keysOf(count);
      for (let j = 0; j < used; j++) {
        const key = this.#spare[j];
        keys[filled] = key;
        owners[filled++] = word;
        buckets[(key >>> 16) + 1]++;
      }
    }
    for (let k = 0; k < 1 << 16; k++) buckets[k + 1] += buckets[k];
    this.#keys = new Uint32Array(filled);
    this.#owners = new Int32Array(filled);
    const ends = buckets.slice();
    for (let k = 0; k < filled; k++) {
      const bucket = keys[k] >>> 16;
      this.#insert(buckets[bucket], ends[bucket]++, keys[k], owners[k]);
    }
  }

  /** Put a key behind those that are not larger, of its bucket that begins at `first`. */
  #insert(first, at, key, owner) {
    const keys = this.#keys;
    const owners = this.#owners;
    let k = at;
    for (; k > first && keys[k - 1] > key; k--) {
      keys[k] = keys[k - 1];
      owners[k] = owners[k - 1];
    }
    keys[k] = key;
    owners[k] = owner;
  }

  /** Decode a word into `codes`; how many letters, 0 for one that is not mended. */
  #lettersOf(data, start, end, codes) {
    let count = 0;
    this.#digits = 0;
    for (let at = start; at < end; at += widthAt(data, at)) {
      const code = codeAt(data, at);
      if (code >= 0x900 || count === LONGEST) {
        this.#digits = 0;
        return 0;
      }
      if (code < 97) this.#digits++;
      codes[count++] = code;
    }
    return count;
  }

  /** Fill #spare with the skeleton's key, the word's own, and those with a letter left out. */
  #keysOf(count) {
    const codes = this.#codes;
    const keys = this.#spare;
    let h = BASIS;
    let last = 0;
    for (let j = 0; j < count; j++) {
      if ((j === 0 || !isVowel(codes[j])) && codes[j] !== last) {
        last = codes[j];
        h = mix(h, last);
      }
    }
    keys[0] = Math.imul(h ^ SALT, SPREAD);
    if (count < SHORTEST - 1) return 1;
    const leave = count >= SHORTEST ? count : 0;
    for (let left = -1; left < leave; left++) {
      h = BASIS;
      for (let j = 0; j < count; j++) if (j !== left) h = mix(h, codes[j]);
      keys[left + 2] = Math.imul(h, SPREAD);
    }
    return 2 + leave;
  }

  #digitsRead(count, hashes, worth, from) {
    const codes = this.#codes;
    let choices = 0;
    let letters = 0;
    for (let j = 0; j < count; j++) {
      if (codes[j] >= 97) letters++;
      if (codes[j] >= 48 && codes[j] <= 57 && LEET[codes[j] - 48] !== OTHER[codes[j] - 48]) choices++;
    }
    if (choices > 3 || count < 3 || count > 12) return 0;
    const hash = this.#hash;
    for (let choice = 0; choice < 1 << choices; choice++) {
      let turn = 0;
      hash.begin();
      for (let j = 0; j < count; j++) {
        let code = codes[j];
        if (code < 97) {
          const first = LEET[code - 48];
          const other = OTHER[code - 48];
          code = first;
          if (first !== other) {
            if ((choice >> turn) & 1) code = other;
            turn++;
          }
        }
        hash.add(code);
      }
      hashes[from + choice] = hash.value;
      worth[from + choice] = letters ? 1 : 0;
    }
    return 1 << choices;
  }

  /** Fill `hashes` from place `from` on with those of the words that a word may be, and `worth` with
   * the points of each; how many. `own` is the hash of the word itself. */
  mended(data, start, end, own, speaking, hashes, worth, from) {
    const count = this.#lettersOf(data, start, end, this.#codes);
    if (count === 0) return 0;
    if (this.#digits) return this.#digitsRead(count, hashes, worth, from);
    let filled = 0;
    const used = this.#keysOf(count);
    for (let j = 0; j < used; j++) {
      const key = this.#spare[j];
      const bucket = key >>> 16;
      for (let at = this.#buckets[bucket]; at < this.#buckets[bucket + 1]; at++) {
        if (this.#keys[at] !== key) continue;
        const word = this.#owners[at];
        const h = this.#hashes[word];
        if (!(this.#masks[word] & speaking) || h === own) continue;
        const others = this.#others;
        const size = this.#lettersOf(this.#data, this.#bounds[word], this.#bounds[word + 1], others);
        let points;
        if (j === 0) {
          if (size <= count || size > 2 * count + 2) continue;
          if (!withoutVowels(this.#codes, count, others, size)) continue;
          points = count > 2 ? 1 : count === 2 ? 0 : -1;
        } else {
          if (size < SHORTEST || !oneSlip(this.#codes, count, others, size)) continue;
          points = count >= SHORTEST ? 1 : 0;
        }
        let k = 0;
        while (k < filled && hashes[from + k] !== h) k++;
        if (k < filled) {
          worth[from + k] = Math.max(worth[from + k], points);
        } else if (filled < READINGS) {
          hashes[from + filled] = h;
          worth[from + filled] = points;
          filled++;
        }
      }
    }
    return filled;
  }
}
