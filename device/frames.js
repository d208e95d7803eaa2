// Frames, from the parts that stand in a line: fieldfare.language._frames.
import { BASIS, codeAt, mix, widthAt } from "./words.js";

const FRAME_WORDS = 8;
const FRAME_BYTES = 72;
const MOST_PARTS = 5;
const MARKS = 1024;
const RIPE = 768;
const KEPT = 512;
const TRIES = 2048;
const STEM_SHIFT = 16;
const SPREAD = 0x9e3779b1;
const ENOUGH = 2;
const STRAINED = 2;
const [SET, FIRST, LAST, POINTS, BROKEN, STRAINS, FIELDS] = [0, 1, 2, 3, 4, 5, 6];

/** Whether a phrase or frame is found where not all of its words are written well. */
export function credible(points, broken, strained, words) {
  if (broken === 0) return strained === 0;
  return words > 1 && points - strained * STRAINED >= ENOUGH;
}

/** Finds the frames of a line, word by word; what is found goes into a set of indicators. */
export class Frames {
  #rows;
  #stems;
  #owners;
  #languages;
  #found;
  #marks = new Int32Array(MARKS * FIELDS);
  #marked = 0;
  #settled = 0;
  #reach = FRAME_WORDS;
  #next = new Int32Array(MOST_PARTS);
  #chosen = new Int32Array(MOST_PARTS);
  #firsts = new Int32Array(MOST_PARTS);
  #lasts = new Int32Array(MOST_PARTS);
  #tries = 0;

  /** The bits of the languages whose frames are looked for. */
  heard = -1;

  constructor({ sets, anchors, needed, barred, owners, languages, stems }, found) {
    this.#rows = { sets, anchors, needed, barred };
    this.#owners = owners;
    this.#languages = languages;
    this.#stems = stems;
    this.#found = found;
  }

  /** Begin a line whose places are words, or bytes. */
  begin(apart) {
    this.#marked = 0;
    this.#settled = 0;
    this.heard = -1;
    this.#reach = apart ? FRAME_WORDS : FRAME_BYTES;
  }

  /** 1 where a beginning of words may have this hash, or 0. */
  stemBit(h) {
    const place = Math.imul(h, SPREAD) >>> STEM_SHIFT;
    return (this.#stems[place >> 3] >> (place & 7)) & 1;
  }

  /** Remember where a set of parts stands. */
  mark(number, first, last, points, broken, strained) {
    if (this.#marked === MARKS) return;
    const at = this.#marked++ * FIELDS;
    const marks = this.#marks;
    marks[at + SET] = number;
    marks[at + FIRST] = first;
    marks[at + LAST] = last;
    marks[at + POINTS] = points;
    marks[at + BROKEN] = broken;
    marks[at + STRAINS] = strained;
  }

  /** Look through the places that nothing at `place` or after it can matter to, if they are many,
   * and forget those that matter no longer. */
  ripen(place) {
    if (this.#marked <= RIPE) return;
    const marks = this.#marks;
    const until = place - 2 * this.#reach + 1;
    this.settle(until);
    let kept = 0;
    for (let m = 0; m < this.#marked; m++) {
      if (marks[m * FIELDS + LAST] <= until - 2 * this.#reach) continue;
      marks.copyWithin(kept * FIELDS, m * FIELDS, (m + 1) * FIELDS);
      kept++;
    }
    if (kept > KEPT) {
      marks.copyWithin(0, (kept - KEPT) * FIELDS, kept * FIELDS);
      kept = KEPT;
    }
    this.#marked = kept;
    this.#settled = Math.max(this.#settled, until);
  }

  /** Find the frames whose anchor begins before `until` and was not looked at yet. */
  settle(until) {
    const { anchors, needed } = this.#rows;
    const [marks, marked, reach] = [this.#marks, this.#marked, this.#reach];
    let word = -1;
    let low = 0;
    let high = 0;
    this.#tries = TRIES;
    for (let m = 0; m < marked; m++) {
      const first = marks[m * FIELDS + FIRST];
      if (first < this.#settled || first >= until) continue;
      if (first !== word) {
        word = first;
        this.#tries = TRIES;
      }
      const number = marks[m * FIELDS + SET];
      if (anchors.first[number] === anchors.first[number + 1]) continue;
      while (marks[low * FIELDS + FIRST] + reach < word) low++;
      while (high < marked && marks[high * FIELDS + FIRST] < word + reach) high++;
      for (let k = anchors.first[number]; k < anchors.first[number + 1]; k++) {
        const frame = anchors.rows[k];
        if (!(this.#languages[frame] & this.heard)) continue;
        if (this.#found.has(this.#owners[frame])) continue;
        let near = true;
        for (let j = needed.first[frame] + 1; j < needed.first[frame + 1]; j++) {
          let place = low;
          while (place < high && !this.#says(place, needed.rows[j])) place++;
          this.#tries -= place - low;
          if (place === high) {
            near = false;
            break;
          }
        }
        if (near && this.#tries > 0) this.#seek(frame, m, low, high);
        if (this.#tries <= 0) break;
      }
    }
  }

  /** Remember the parts that the beginnings of a word say. */
  markStems(buffer, start, end, word, nodeOf, first, outputs, id) {
    let h = BASIS;
    for (let at = start; at < end; at += widthAt(buffer, at)) {
      h = mix(h, codeAt(buffer, at));
      if (!this.stemBit(h)) continue;
      const node = nodeOf(h);
      for (let k = first[node]; k < first[node + 1]; k++) {
        this.mark(outputs[k] & id, word, word + 1, 2, 0, 0);
      }
    }
  }

  #says(place, part) {
    const { first, rows } = this.#rows.sets;
    const number = this.#marks[place * FIELDS + SET];
    let low = first[number];
    let high = first[number + 1];
    const end = high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle] < part) low = middle + 1;
      else high = middle;
    }
    return low < end && rows[low] === part;
  }

  #seek(frame, anchor, low, high) {
    const { needed } = this.#rows;
    const [marks, next, chosen] = [this.#marks, this.#next, this.#chosen];
    const [firsts, lasts] = [this.#firsts, this.#lasts];
    const base = needed.first[frame];
    const count = needed.first[frame + 1] - base;
    chosen[0] = anchor;
    firsts[0] = marks[anchor * FIELDS + FIRST];
    lasts[0] = marks[anchor * FIELDS + LAST];
    next[1] = low;
    let depth = 1;
    while (depth && this.#tries > 0) {
      const place = next[depth];
      if (place === high) {
        depth--;
        continue;
      }
      this.#tries--;
      next[depth]++;
      if (!this.#says(place, needed.rows[base + depth])) continue;
      const [from, to] = [marks[place * FIELDS + FIRST], marks[place * FIELDS + LAST]];
      const first = Math.min(firsts[depth - 1], from);
      const last = Math.max(lasts[depth - 1], to);
      if (last - first > this.#reach) continue;
      let free = true;
      for (let j = 0; j < depth; j++) {
        const other = chosen[j] * FIELDS;
        free &&= from >= marks[other + LAST] || marks[other + FIRST] >= to;
      }
      if (!free) continue;
      chosen[depth] = place;
      firsts[depth] = first;
      lasts[depth] = last;
      if (depth + 1 < count) {
        next[++depth] = low;
        continue;
      }
      this.#tries -= this.#marked >> 2;
      if (!this.#sound(count)) continue;
      if (!this.#barred(frame, first - this.#reach, last + this.#reach)) {
        this.#found.add(this.#owners[frame]);
        return;
      }
    }
  }

  #sound(count) {
    let points = 0;
    let broken = 0;
    let strained = 0;
    for (let j = 0; j < count; j++) {
      const at = this.#chosen[j] * FIELDS;
      points += this.#marks[at + POINTS];
      broken += this.#marks[at + BROKEN];
      strained += this.#marks[at + STRAINS];
    }
    return credible(points, broken, strained, count);
  }

  #barred(frame, first, last) {
    const { barred } = this.#rows;
    for (let k = barred.first[frame]; k < barred.first[frame + 1]; k++) {
      for (let place = 0; place < this.#marked; place++) {
        const at = place * FIELDS;
        const near = this.#marks[at + FIRST] < last && this.#marks[at + LAST] > first;
        if (near && this.#marks[at + STRAINS] === 0 && this.#says(place, barred.rows[k])) return true;
      }
    }
    return false;
  }
}
