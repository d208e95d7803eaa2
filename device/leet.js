// Digits and signs that stand for letters ("s3cr3t"): fieldfare.language._leet.
import { breaks, codeAt, widthAt } from "./words.js";

export const LONGEST = 24;
const VOTERS = 64;
export const LANGUAGES = 31;
export const SURE = 1 << 31;

export const LEET = new Uint8Array(256);
export const KIND = new Uint8Array(256);
const ascii = (text) => Array.from(text, (each) => each.charCodeAt(0));
ascii("0123456789@$!|").forEach((sign, at) => {
  LEET[sign] = "oizeasgtbgasii".charCodeAt(at);
});
// 1 a letter, 2 a digit, 3 another sign that may be a letter, 4 a joint, 5 apostrophe, 6 beyond ASCII
KIND.fill(6, 0x80);
for (const byte of ascii("abcdefghijklmnopqrstuvwxyz")) KIND[byte] = 1;
for (const byte of ascii("0123456789")) KIND[byte] = 2;
for (const byte of ascii("@$!|")) KIND[byte] = 3;
for (const byte of ascii("._*~")) KIND[byte] = 4;
KIND[39] = 5;

const UNITS = new Set("ampmstndrdthkmkgcmmmftmshryryogbmbkbtbpxmlozhzmlxx".match(/../g));
const LONG_UNITS = new Set("minsechrsyrsmphghzmhzkhzkbpsmseureurusdgbp".match(/.../g));

const isLetter = (byte) => KIND[byte] === 1 || KIND[byte] === 6;

/** Whether a byte is a letter, or part of one. */
export const letter = isLetter;

/** The bits of the languages with most votes, or nearly so; 0 where there are none. */
export function mostSpoken(votes) {
  let most = 0;
  for (let k = 0; k < votes.length; k++) if (votes[k] > most) most = votes[k];
  if (most === 0) return 0;
  let speaking = 0;
  for (let k = 0; k < LANGUAGES; k++) if (4 * votes[k] >= 3 * most) speaking |= 1 << k;
  return speaking;
}

const VOWELS = new Set(ascii("aeiou"));

/** Whether a one read as l stands beside another l and behind a vowel: "a1l" is "all" before "ail",
 * but "f1le" is "file". */
function doubles(word, size, ones, choices, choice) {
  for (let c = 0; c < choices; c++) {
    let at = ones[c];
    if (!((choice >> c) & 1)) continue;
    if (at && word[at - 1] === 108) at--;
    else if (at + 1 >= size || word[at + 1] !== 108) continue;
    if (at && (VOWELS.has(word[at - 1]) || word[at - 1] > 0x7f)) return true;
  }
  return false;
}

// Bytes of a word all in digits and signs.
const FEWEST_SIGNS = 3;
const MOST_SIGNS = 6;

/** How many digits and signs that may be letters there are. */
function signsIn(data, start, end) {
  let signs = 0;
  for (let at = start; at < end; at++) if (KIND[data[at]] === 2 || KIND[data[at]] === 3) signs++;
  return signs;
}

/** Whether a sign stands in numbers: # $ ( + , - . / : or one beyond ASCII, as of currencies. */
const numberJoint = (byte) => NUMBER_JOINTS.has(byte) || byte >= 0x80;
const NUMBER_JOINTS = new Set(ascii("#$(+,-./:"));

/** Whether a number goes on where its digits end: 5.8, 12:30. */
function decimal(data, end, limit) {
  return end + 1 < limit && numberJoint(data[end]) && KIND[data[end + 1]] === 2;
}

/** Whether a token without letters is a number: a price, or part of a telephone number. */
function isNumber(data, start, end, limit) {
  if (data[start] === 36 || (start > 0 && numberJoint(data[start - 1]))) return true;
  return decimal(data, end, limit) || (end < limit && data[end] === 37);
}

/** Add a vote for each language of a mask. */
export function vote(votes, mask) {
  for (let k = 0, rest = mask >>> 0; rest; k++, rest >>>= 1) votes[k] += rest & 1;
}

/** What reads disguised tokens of a message. `known` and `hash` are of `words.js`. */
export class Leet {
  constructor(known, hash) {
    this.known = known;
    this.hash = hash;
    this.votes = new Int32Array(32);
    this.speaking = 0;
    this.others = 0;
    this.bangs = 0;
    this.readHash = 0;
    this.half = new Uint8Array(LONGEST + 4);
  }

  /** Find the languages that most plain words are of; how many words are disguised beyond doubt, by
   * a digit or sign between letters or, where another is too, at an end; how many by "!". */
  hear(data, start, end) {
    const { votes, hash } = this;
    votes.fill(0);
    this.speaking = ~SURE;
    this.bangs = 0;
    let words = 0;
    let within = 0;
    let ends = 0;
    let numbered = 0;
    let before = 0;
    let at = start;
    while (at < end && words < VOTERS) {
      hash.begin();
      let plain = true;
      let inner = false;
      let bang = false;
      let size = 0;
      let letters = 0;
      const begin = at;
      while (at < end) {
        const kind = KIND[data[at]];
        if (kind === 0 || kind === 4) break;
        const code = codeAt(data, at);
        if (kind === 6 && breaks(code)) break;
        if (kind === 2 || kind === 3) {
          plain = false;
          const on = at < end - 1 && isLetter(data[at + 1]);
          inner ||= data[at] !== 33 && begin < at && on && isLetter(data[at - 1]);
          bang ||= data[at] === 33 && on;
        } else if (kind !== 5) {
          letters++;
        }
        hash.add(code);
        at += widthAt(data, at);
        size++;
      }
      if (at === begin) {
        at += widthAt(data, at);
        continue;
      }
      words++;
      within += inner ? 1 : 0;
      // One letter alone may be one of a word set apart.
      if (plain && size > 1) vote(votes, this.known.of(hash.value) & ~SURE);
      if (plain || inner || letters < 2) continue;
      let stop = at;
      while (data[stop - 1] === 33) stop--;
      if (stop - begin < 3 || stop - begin > LONGEST) continue;
      const signs = this.#mayBeLetters(data, begin, stop);
      const sure = this.readSigns(data, begin, stop, this.half) > 1;
      if (signs && sure && this.readHash !== before) {
        // "raid5 ... raid5" is one word
        if (signs === 2) ends++;
        else numbered++;
        if (bang) this.bangs++;
      }
      before = this.readHash;
    }
    this.speaking = mostSpoken(votes);
    this.others = within + (within ? ends : Math.max(ends - 1, 0));
    if (within + ends) this.others += numbered;
    // Disguise hides what language it is: any.
    if (this.others > 1 && this.speaking === 0) this.speaking = ~SURE;
  }

  /** 2 for a token whose digits or signs may be letters, 1 for one that may be a word with its number
   * besides; 0 for a number with its unit and where there are none. */
  #mayBeLetters(data, start, end) {
    let leading = start;
    while (leading < end && KIND[data[leading]] === 2) leading++;
    if (leading > start && this.#unit(data, leading, end)) return 0;
    const signs = signsIn(data, start, end);
    const numbered = signs === 1 && KIND[data[end - 1]] === 2;
    if (numbered && this.known.of(this.hash.word(data, start, end - 1))) return 1;
    return signs ? 2 : 0;
  }

  #unit(data, start, end) {
    const said = String.fromCharCode(...data.subarray(start, end));
    if (end - start === 2) {
      if (data[start] === 110 || data[start] === 114 || data[start] === 115) {
        // nd, rd, st, each after its own number
        const first = data[start] === 110 ? 50 : data[start] === 114 ? 51 : 49;
        if (data[start + 1] === 100 || data[start + 1] === 116) return data[start - 1] === first;
      }
      return UNITS.has(said);
    }
    return end - start === 3 && LONG_UNITS.has(said);
  }

  #heard(h) {
    const mask = this.known.of(h);
    if (mask & this.speaking) return mask & SURE ? 3 : 2;
    return mask & SURE ? 1 : 0;
  }

  /** Write the likeliest reading of a token to `out`; how well known it is. */
  readSigns(data, start, end, out) {
    const size = end - start;
    const ones = [0, 0, 0];
    let choices = 0;
    for (let j = 0; j < size; j++) {
      const byte = data[start + j];
      out[j] = byte;
      if (KIND[byte] === 2 || KIND[byte] === 3) {
        out[j] = LEET[byte];
        if (byte === 49 || byte === 33 || byte === 124) {
          if (choices < 3) ones[choices] = j;
          choices++;
        }
      }
    }
    if (choices > 3) choices = 0;
    let best = 0;
    let bestChoice = 0;
    this.readHash = 0;
    for (let choice = 0; choice < 1 << choices; choice++) {
      for (let c = 0; c < choices; c++) out[ones[c]] = (choice >> c) & 1 ? 108 : 105;
      const h = this.hash.word(out, 0, size);
      const quality = this.#heard(h);
      if (quality > best || (quality === best && best && doubles(out, size, ones, choices, choice))) {
        best = quality;
        bestChoice = choice;
        this.readHash = h;
      }
    }
    for (let c = 0; c < choices; c++) out[ones[c]] = (bestChoice >> c) & 1 ? 108 : 105;
    return best;
  }

  /** Write "1'm", "7h47's" plain to `out`: a word, an apostrophe and how English shortens one after
   * it. False where it is none. */
  #contraction(data, start, end, out) {
    let mark = -1;
    for (let at = start; at < end; at++) {
      if (KIND[data[at]] === 5) {
        if (mark >= 0) return false;
        mark = at;
      }
    }
    const after = end - mark - 1;
    if (mark <= start || after < 1 || after > 2) return false;
    for (let at = mark; at < end; at++) out[at - start] = LEET[data[at]] || data[at];
    let first = out[mark + 1 - start];
    let last = out[end - 1 - start];
    if (after === 2 && last === 105) last = out[end - 1 - start] = 108; // "w3'1l", "w3'11": ll
    if (after === 2 && first === 105) first = out[mark + 1 - start] = 108;
    if (after === 1) {
      if (first !== 100 && first !== 109 && first !== 115 && first !== 116) return false;
    } else if (!(last === 101 && (first === 114 || first === 118)) && !(first === 108 && last === 108)) {
      return false;
    }
    if (mark === start + 1) {
      if (data[start] !== 49 && data[start] !== 33 && data[start] !== 105) return false;
      out[0] = 105; // i
      return first !== 115 && first !== 116;
    }
    const shape = out.slice(mark - start, end - start);
    let plain = true;
    for (let at = start; at < mark; at++) plain &&= KIND[data[at]] !== 2 && KIND[data[at]] !== 3;
    let quality;
    if (plain) {
      for (let at = start; at < mark; at++) out[at - start] = data[at];
      quality = this.#heard(this.hash.word(data, start, mark));
    } else {
      quality = this.readSigns(data, start, mark, out);
    }
    out.set(shape, mark - start);
    return quality > 0;
  }

  /** Whether the one sign of a token is a mark before a word: "!help", to a robot. */
  #sentence(data, start, end) {
    if (data[start] !== 33 || signsIn(data, start + 1, end)) return false;
    return this.speaking === 0 || this.#heard(this.hash.word(data, start + 1, end)) > 1;
  }

  /** Write a token of two known words, disguised or not, plain to `out`: those a mark stands between
   * ("gut!!ch") or an apostrophe ("1'uffic!o"). False where it is none. */
  twoWords(data, start, end, out) {
    let mark = end;
    let apostrophe = end;
    for (let at = end - 1; at > start; at--) {
      if (data[at] === 33) mark = at;
      if (KIND[data[at]] === 5) apostrophe = at;
    }
    if (mark - start > 1 && end - mark > 3) {
      // "v!3lle!ch7"
      const one = signsIn(data, start + 1, end) > 1 && this.readSigns(data, start, end, this.half) > 1;
      if (!one && this.#cut(data, start, mark, end, out)) return true;
    }
    return end - apostrophe > 3 && this.#cut(data, start, apostrophe, end, out);
  }

  #cut(data, start, cut, end, out) {
    const { half } = this;
    if (2 * signsIn(data, cut + 1, end) >= end - cut - 1) return false; // "i'm13", an age
    if (this.readSigns(data, cut + 1, end, half) < 1) return false;
    for (let at = cut + 1; at < end; at++) out[at - start] = half[at - cut - 1];
    const quality = this.readSigns(data, start, cut, half);
    if (cut === start + 1 && (data[start] === 49 || data[start] === 33)) half[0] = 108; // l'
    else if (quality < 1 && cut > start + 1) return false;
    for (let at = start; at < cut; at++) out[at - start] = half[at - start];
    out[cut - start] = data[cut];
    return true;
  }

  /** Write the word that a token with digits or signs stands for to `out`; false for none. */
  decoded(data, start, end, limit, out) {
    const { known, hash, speaking, others } = this;
    const size = end - start;
    let letters = 0;
    let leading = 0; // digits before the first letter
    let inner = 0; // lone signs between letters
    let swaps = 0;
    let address = false; // signs of addresses and program names: user@host, fail2ban
    let odd = 0; // digits that rarely stand for a letter
    let oddSign = false; // a sign that stands in no number: "!57", "1$7"
    for (let at = start; at < end; at++) {
      const byte = data[at];
      const kind = KIND[byte];
      if (kind === 2 || kind === 3) {
        swaps++;
        if (letters === 0 && kind === 2) leading++;
        const rare = byte === 50 || byte === 54 || byte === 56 || byte === 57;
        if (rare) odd++;
        oddSign ||= byte === 33 || (byte === 36 && at > start);
        address ||= byte === 50 || byte === 64;
        if (start < at && at < end - 1 && isLetter(data[at - 1]) && isLetter(data[at + 1])) {
          if (byte !== 33 && byte !== 124 && !rare) inner++;
        } else if (byte === 124) {
          return false;
        }
      } else if (kind !== 5 && (byte < 0x80 || byte >= 0xc0)) {
        letters++;
      }
    }
    if (swaps && (letters || others) && this.#contraction(data, start, end, out)) return true;
    if (letters === 0) {
      if (size < FEWEST_SIGNS || size > MOST_SIGNS || !(oddSign || others > 1)) return false;
      return !isNumber(data, start, end, limit) && this.readSigns(data, start, end, out) > 1;
    }
    if (swaps === 0 || known.of(hash.word(data, start, end)) & (speaking || SURE)) {
      return false; // gr8, any1: abbreviations that phrases themselves have
    }
    if (this.#sentence(data, start, end)) return false;
    let need = odd && size < 5 && letters < 2 ? 2 : 1;
    if (leading === swaps) {
      // 13f, 7pm, 4th, 100ml; but 83n, 0ld; 1st and 1hr are words of German in disguise
      const word = others && leading === 1 && data[start] === 49 && data[end - 1] >= 114;
      if (leading > 2 || (this.#unit(data, start + leading, end) && !word)) return false;
      if (word) need = 2;
      const last = data[end - 1];
      const sexed = last === 102 || last === 109;
      if (letters === 1 && (sexed || !(others || data[start] === 48))) return false;
      if (leading === 2 || letters === 1) need = 2;
    }
    let trailing = 0;
    while (trailing < size && KIND[data[end - 1 - trailing]] === 2) trailing++;
    let base = 0;
    let numbered = false;
    if (trailing === swaps) {
      const sexed = data[start] === 102 || data[start] === 109;
      const aged = trailing === 2 && data[end - 2] === 49;
      if (letters < 2 || trailing > 2 || aged) {
        // b4, im12; but d13 beside other disguise
        if (trailing > 3 || trailing === 1 || !others || (letters === 1 && sexed)) return false;
        need = 2;
      }
      if (trailing === 1) {
        // file3, raid5: a word and its number, unless the number makes it another word.
        base = hash.word(data, start, end - 1);
        numbered = this.#heard(base) > 0;
        if (numbered) {
          need = speaking ? 2 : 1;
          if (data[end - 1] === 53 && (!others || decimal(data, end, limit))) return false;
        }
      }
    }
    const quality = this.readSigns(data, start, end, out);
    if (quality >= need && !(numbered && this.readHash === base && data[end - 1] !== 49)) return true;
    if (numbered || need === 2) return false;
    // Among disguised words, a long one that is no known word.
    const long = size >= 6 && letters > swaps && trailing < swaps && leading < 2;
    if (others > 1 && !address && long) return true;
    return inner >= 2 && inner === swaps && letters > swaps && size >= 5;
  }

  /** Whether the sign after a word may be its last letter: "mam@", "hind!". */
  signAfter(data, start, stop, end) {
    if (stop >= end || stop - start < 2 || stop - start >= LONGEST) return false;
    const before = data[stop - 1];
    const swapped = isLetter(data[start]) && (before === 48 || before === 51); // "pu0!", "zw3!"
    if (data[stop] !== 64 && (data[stop] !== 33 || !(isLetter(before) || swapped))) return false;
    if (stop + 1 < end && data[stop + 1] !== 32 && KIND[data[stop + 1]] !== 0) return false;
    if (data[stop] === 64) return true;
    // Who writes i so, and goes on: "vuo! una foto".
    if (this.bangs && stop + 2 < end && data[stop + 1] === 32) return true;
    if (stop - start < 4 && !this.others) return false;
    for (let at = start; at < stop; at++) {
      if (!isLetter(data[at]) && KIND[data[at]] !== 5) return true;
    }
    return !this.#heard(this.hash.word(data, start, stop));
  }
}
