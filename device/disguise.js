// Disguised words back to plain ones: fieldfare.language._deobfuscate and _restore.
// Nothing is looked at twice, so that any message takes time linear in its bytes.
import { KIND, LEET, LONGEST, Leet, SURE, letter } from "./leet.js";
import { breaks, codeAt, mix, repeats, widthAt, BASIS, FOLDED } from "./words.js";

const MOST_LETTERS = 64;
const SHORTEST = 4; // Bytes of each of two words in one.

/** Whether a message may hold a disguise, at a glance: few do. */
export function suspicious(data, end) {
  let before = 0;
  let jointed = false; // whether a joint follows a letter
  let length = 0; // of the word so far, in characters
  let singles = 0; // words of one character in a row
  for (let at = 0; at < end; ) {
    const byte = data[at];
    let kind = KIND[byte];
    let width = 1;
    if (kind === 6) {
      width = widthAt(data, at);
      kind = breaks(codeAt(data, at)) ? 4 : 1;
    }
    if (kind === 1) {
      if (before === 2 || before === 3 || (before === 4 && jointed)) return true;
    } else if (before === 1 && (kind === 2 || byte === 64 || byte === 36 || byte === 33)) {
      // "no!!" is no disguise, "hind!" may be one.
      if (byte !== 33 || at + 1 === end || data[at + 1] !== 33) return true;
    } else if ((before === 3 && data[at - 1] === 33) || before === 2) {
      // "!57", "1$7", "!$7": words all in digits and signs
      if (byte === 36 || (kind === 2 && before === 3)) return true;
    }
    if (kind === 1 || kind === 2) {
      length++;
    } else if (length) {
      singles = length === 1 ? singles + 1 : 0;
      length = 0;
      if (singles === 3) return true;
    }
    if (kind !== 4) jointed = false;
    else if (before === 1) jointed = true;
    if (kind !== 5) before = kind;
    at += width;
  }
  return length === 1 && singles === 2;
}

const dense = (code) => code >= 0xe00 && !(code >= 0x1e00 && code < 0x2000);

/** Where the word at `start` ends; `start` itself where none begins there. */
function wordEnd(data, start, end) {
  let at = start;
  const opening = codeAt(data, start);
  while (at < end) {
    const byte = data[at];
    const kind = KIND[byte];
    if (kind === 6) {
      const code = codeAt(data, at);
      if (breaks(code) || (dense(code) && at > start && !dense(opening))) break;
      at += widthAt(data, at);
      continue;
    }
    // Latin letters inside a script without spaces are a word of their own.
    if (at > start && dense(opening) && (kind === 1 || kind === 2)) break;
    if (kind === 3) {
      let after = at + 1;
      while (after < end && after < at + 3 && KIND[data[after]] === 3) after++;
      let inside = after < end && (letter(data[after]) || KIND[data[after]] === 2);
      const ending =
        data[after - 1] === 36 &&
        ((at > start && KIND[data[at - 1]] !== 3) || (at > start + 1 && KIND[data[at - 2]] !== 3));
      if (at === start && after === at + 1 && after + 1 < end && KIND[data[after]] === 5) {
        inside = letter(data[after + 1]); // "!'m"
      }
      if (!inside && !ending) break;
    } else if (kind === 5) {
      if (at === start) break;
    } else if (kind !== 1 && kind !== 2) {
      break;
    }
    at++;
  }
  return at;
}

/** Rewrites messages without disguise. `known` and `hash` are of `words.js`. */
export class Disguise {
  #known;
  #hash;
  #leet;
  #letters = new Uint8Array(MOST_LETTERS * 4);
  #bounds = new Int32Array(MOST_LETTERS + 1);
  #origin = new Int32Array(MOST_LETTERS + 1);
  #cuts = new Int32Array(MOST_LETTERS + 1);
  #cost = new Int32Array(MOST_LETTERS + 1);
  #words = new Int32Array(MOST_LETTERS + 1);
  #begins = new Uint8Array(MOST_LETTERS + 1);
  #spare = new Uint8Array(LONGEST + 4);
  // What the last call of #joint, #spaced and #broken found besides.
  #jointEnd = 0;
  #true = 0;
  #between = 0;
  #stop = 0;

  constructor(known, hash) {
    this.#known = known;
    this.#hash = hash;
    this.#leet = new Leet(known, hash);
  }

  /** Write the message in `data` to `out`, which is as long; the bytes written. */
  restore(data, end, out) {
    const leet = this.#leet;
    const spare = this.#spare;
    const known = this.#known;
    spare.fill(0); // What was read of one message says nothing of the next.
    leet.hear(data, 0, end);
    const bits = leet.speaking | SURE;
    let k = 0;
    let at = 0;
    while (at < end) {
      let stop = wordEnd(data, at, end);
      const width = widthAt(data, at);
      if (stop === at + width) {
        let count = this.#spaced(data, at, end);
        let last = this.#stop;
        let words = 0;
        if (count >= 3) {
          words = this.#segmented(count, bits);
          if (words === 0 && this.#between === 32 && count > 3) {
            words = this.#segmented(count - 1, bits);
            if (words) {
              // the last letter was the beginning of something else
              count--;
              last = this.#origin[count - 1] + this.#bounds[count] - this.#bounds[count - 1];
              this.#true = Math.min(this.#true, count);
            }
          }
        }
        // "l_o_n_d_o_n": a sign between all letters leaves none between words.
        const sign = words > 1 && this.#between !== 32 && count > 3;
        if (sign && !this.#several(count, words)) {
          words = 1;
          this.#cuts[count] = 0;
        }
        if (this.#believable(words, count)) {
          k = this.#join(count, words, out, k);
          at = last;
          continue;
        }
        if (count > 16) stop = last; // Beginning again at each letter would take too long.
      }
      if (stop === at) {
        stop = at + width; // no word: one character as it is
      } else if (stop - at <= LONGEST && KIND[data[at]] !== 0) {
        let signs = false;
        for (let j = at; j < stop; j++) signs ||= KIND[data[j]] === 2 || KIND[data[j]] === 3;
        if (leet.signAfter(data, at, stop, end)) {
          const last = stop + 1;
          leet.readSigns(data, at, last, spare);
          if (known.of(leet.readHash) & (leet.speaking || SURE)) {
            for (let j = at; j < last; j++) out[k++] = spare[j - at];
            at = last;
            continue;
          }
        }
        if (signs) {
          if (leet.twoWords(data, at, stop, spare) || leet.decoded(data, at, stop, end, spare)) {
            for (let j = at; j < stop; j++) out[k++] = spare[j - at];
            at = stop;
            continue;
          }
        } else {
          const size = this.#broken(data, at, stop, end, bits);
          if (size) {
            for (let j = 0; j < size; j++) out[k++] = spare[j];
            at = this.#stop;
            continue;
          }
        }
      }
      for (let j = at; j < stop; j++) out[k++] = data[j];
      at = stop;
    }
    return k;
  }

  #join(count, words, out, from) {
    const begins = this.#begins;
    begins.fill(0);
    if (words) {
      for (let at = count; at > 0; ) {
        at = this.#cuts[at];
        begins[at] = 1;
      }
    }
    let k = from;
    for (let j = 0; j < count; j++) {
      if (j && begins[j]) out[k++] = 32;
      for (let byte = this.#bounds[j]; byte < this.#bounds[j + 1]; byte++) out[k++] = this.#letters[byte];
    }
    return k;
  }

  /** Cut letters into known words, as few and as long as can be; how many, 0 for none. */
  #segmented(count, bits) {
    const { folds } = this.#hash;
    const [data, bounds, cuts] = [this.#letters, this.#bounds, this.#cuts];
    const [cost, words] = [this.#cost, this.#words];
    const far = 1 << 30;
    cost.fill(far, 0, count + 1);
    words.fill(0, 0, count + 1);
    cost[0] = 0;
    for (let a = 0; a < count; a++) {
      if (cost[a] === far) continue;
      let h = BASIS;
      let last = 0;
      for (let b = a; b < Math.min(count, a + 20); b++) {
        // "thi ssecret": a repeat counts once, yet begins no word.
        if (b === a + 1 && codeAt(data, bounds[b]) === last) break;
        for (let at = bounds[b]; at < bounds[b + 1]; at += widthAt(data, at)) {
          let code = codeAt(data, at);
          if (code < 0x80) {
            if (code >= 65 && code <= 90) code += 32;
            if (code === 39) continue;
          } else if (code < FOLDED) {
            code = folds[code];
            if (code === 0) continue;
          }
          if (code === last && repeats(code)) continue;
          h = mix(h, code);
          last = code;
        }
        const size = b + 1 - a;
        const price = cost[a] + 2 + (size === 1 ? 6 : size === 2 ? 3 : 0);
        if (price < cost[b + 1] && this.#known.of(h) & bits) {
          cost[b + 1] = price;
          cuts[b + 1] = a;
          words[b + 1] = words[a] + 1;
        }
      }
    }
    return words[count];
  }

  /** Whether letters that were cut are several words beyond doubt. */
  #several(count, words) {
    if (count < 3 * words) return false;
    for (let end = count; end > 0; ) {
      const start = this.#cuts[end];
      const h = this.#hash.word(this.#letters, this.#bounds[start], this.#bounds[end]);
      if (!(this.#known.of(h) & SURE)) return false;
      end = start;
    }
    return true;
  }

  /** What stands between two letters set apart: its kind, 0 for none; its end in #jointEnd. */
  #joint(data, start, end) {
    let at = start;
    if (at < end && data[at] === 32) at++;
    let emoji = 0;
    while (at < end && data[at] >= 0x80 && emoji < 4) {
      const code = codeAt(data, at);
      if (!breaks(code) || code < 0x2100 || (code >= 0x3000 && code < 0x3040)) break;
      at += widthAt(data, at);
      emoji++;
    }
    if (emoji) {
      if (at < end && data[at] === 32) at++;
      this.#jointEnd = at;
      return 1;
    }
    this.#jointEnd = at;
    if (at > start) return 32;
    if (at < end) {
      const byte = data[at];
      const sign =
        byte === 45 || byte === 44 || byte === 47 || byte === 43 || byte === 124 || byte === 35;
      if (KIND[byte] === 4 || sign) {
        this.#jointEnd = at + 1;
        return byte;
      }
    }
    return 0;
  }

  /** Gather words of one letter from `start` on, all with the same joint between. */
  #spaced(data, start, end) {
    const [letters, bounds, origin] = [this.#letters, this.#bounds, this.#origin];
    let at = start;
    let stop = start;
    let count = 0;
    let real = 0;
    let between = 0;
    bounds[0] = 0;
    while (at < end && count < MOST_LETTERS) {
      const width = widthAt(data, at);
      if (wordEnd(data, at, end) !== at + width) break;
      const k = bounds[count];
      const kind = KIND[data[at]];
      if (kind === 2 || kind === 3) {
        letters[k] = LEET[data[at]];
      } else {
        real++;
        for (let j = 0; j < width; j++) letters[k + j] = data[at + j];
      }
      origin[count] = at;
      bounds[count + 1] = k + width;
      count++;
      stop = at + width;
      const joint = this.#joint(data, stop, end);
      at = this.#jointEnd;
      if (joint === 0 || (count > 1 && joint !== between)) {
        if (between === 32 && joint > 0 && at < end && wordEnd(data, at, end) > at) {
          // The last letter begins the next row: "s a y h-e-l-l-o".
          count--;
          stop = origin[count - 1] + bounds[count] - bounds[count - 1];
          const lost = KIND[data[origin[count]]];
          if (lost === 1 || lost === 6) real--;
        }
        break;
      }
      between = joint;
    }
    this.#true = real;
    this.#between = between;
    this.#stop = stop;
    return count;
  }

  /** Whether letters set apart are words in disguise, not a list or initials. */
  #believable(words, count) {
    const real = this.#true;
    const between = this.#between;
    if (count < 3 || real * 2 < count || (count === 3 && real < 3)) return false;
    if (words) {
      if (count === 3) return words === 1;
      return between === 32 ? count * 2 >= words * 5 : count > words * 2;
    }
    // No known words: only a joint nobody puts between the entries of a list.
    const plain = between === 1 || between === 42 || between === 95 || between === 126;
    return real === count && ((count >= 4 && plain) || (count >= 5 && between === 46));
  }

  /** Mend the word that a dot, a star or an emoji breaks; its bytes in #spare, 0 for none. */
  #broken(data, start, firstStop, end, bits) {
    const out = this.#spare;
    let size = 0;
    let pieces = 0;
    let strange = false;
    let familiar = false;
    let dotted = false;
    let emoji = false;
    let at = start;
    let stop = firstStop;
    for (;;) {
      if (size + stop - at > LONGEST) return 0;
      for (let j = at; j < stop; j++) {
        if (emoji && data[j] === 33 && j > at) {
          stop = j;
          break;
        }
        if (KIND[data[j]] !== 1 && KIND[data[j]] !== 6) return 0;
        out[size++] = data[j];
      }
      if (this.#known.of(this.#hash.word(data, at, stop)) & bits) familiar = true;
      else strange = true;
      pieces++;
      const kind = this.#joint(data, stop, end);
      const then = this.#jointEnd;
      if (kind === 0 || kind === 32 || kind === 44 || kind === 45 || kind === 47 || kind === 43) break;
      if (data[stop] === 32 || data[then - 1] === 32 || then >= end) break;
      // "g*ut.Ich", "g*ut!Ich": the next sentence begins without a space.
      if (kind === 46 && emoji && this.#known.of(this.#hash.word(out, 0, size))) break;
      const after = wordEnd(data, then, end);
      if (after === then) break;
      dotted ||= kind === 46;
      emoji ||= kind === 1 || kind === 42 || kind === 95;
      at = then;
      stop = after;
    }
    // A sentence that begins without a space, an abbreviation.
    if (dotted && (familiar || size < 5)) return 0;
    if (pieces < 2 || !(strange || emoji)) return 0;
    if (!(this.#known.of(this.#hash.word(out, 0, size)) & bits)) {
      if (!emoji || dotted || !strange || !this.#compound(size, bits)) return 0;
    }
    this.#stop = stop;
    return size;
  }

  /** Whether the word in #spare is two known ones of four letters or more: "Haustier". */
  #compound(size, bits) {
    const word = this.#spare;
    for (let cut = SHORTEST; cut <= size - SHORTEST; cut++) {
      if (word[cut] >= 0x80 && word[cut] < 0xc0) continue;
      if (!(this.#known.of(this.#hash.word(word, 0, cut)) & bits)) continue;
      if (this.#known.of(this.#hash.word(word, cut, size)) & bits) return true;
    }
    return false;
  }
}
