// Indicators by phrases, word by word in a tree of all of them: fieldfare.language._phrases.
import { Frames, credible } from "./frames.js";
import { LANGUAGES, mostSpoken, vote } from "./leet.js";
import { READINGS, Repair, isVowel } from "./repair.js";
import { FOLD } from "./tokens.js";
import { BASIS, FOLDED, Known, breaks, codeAt, mix, put, repeats, widthAt } from "./words.js";

const APART = 1;
const JOINED = 2;
const STEM = 3;
const FIRST_NODE = 4;
const WHOLE = 0;
const OPENS = 1;
const CLOSES = 2;
const PARTS = 3;
const KIND_SHIFT = 28;
const ID = (1 << KIND_SHIFT) - 1;
const RING = 64;
const AHEAD = 24;
const HEARD = 2;
const VOTERS = 64;
const MOST_BROKEN = 6;
const STEPS = 256;
const SIDES = 128;
const WELL = 2;
const SLOTS = READINGS + 1;

/** The words of a text in normal form, laid out for phrases: a space, each word and a space. */
export function layOut(data, folds, out) {
  const end = data.length;
  let k = 0;
  out[k++] = 32;
  let last = 32;
  for (let at = 0; at < end; ) {
    let code = FOLD[data[at]];
    let width = 1;
    let dropped = code === 39;
    let apart = code === 0;
    if (code >= 0x80) {
      code = codeAt(data, at);
      width = widthAt(data, at);
      apart = breaks(code);
      if (code < FOLDED && !apart) {
        code = folds[code];
        dropped = code === 0;
      }
    }
    if (apart) code = 32;
    if (!dropped && !(code === last && (apart || repeats(code)))) {
      k = put(out, k, code);
      last = code;
    }
    at += width;
  }
  if (last !== 32) out[k++] = 32;
  return k;
}

/** Where each word leads from each node, and what ends there. */
class Tree {
  constructor(tables) {
    const { parents, labels, counts, outputs, reach, owners } = tables;
    const nodes = parents.length;
    let bits = 4;
    while (1 << bits < nodes * 2) bits++;
    this.shift = 32 - bits;
    this.last = (1 << bits) - 1;
    // Of each slot child, node and label side by side, for one access to memory instead of three.
    this.slots = new Uint32Array(4 << bits);
    /** Of each node: whether others follow it. */
    this.inner = new Uint8Array(nodes);
    for (let node = FIRST_NODE; node < nodes; node++) this.inner[parents[node]] = 1;
    for (let node = FIRST_NODE; node < nodes; node++) this.#enter(parents[node], labels[node], node);
    this.first = new Int32Array(nodes + 1);
    for (let node = 0; node < nodes; node++) this.first[node + 1] = this.first[node] + counts[node];
    this.outputs = outputs;
    this.reach = reach;
    this.owners = owners;
    this.furthest = tables.furthest;
    this.everywhere = tables.everywhere;
  }

  #place(node, label) {
    return Math.imul(label ^ Math.imul(node, 0x85ebca6b), 0x9e3779b1) >>> this.shift;
  }

  #enter(node, label, then) {
    const slots = this.slots;
    let at = this.#place(node, label);
    while (slots[4 * at] !== 0) at = (at + 1) & this.last;
    slots[4 * at] = then;
    slots[4 * at + 1] = node;
    slots[4 * at + 2] = label;
  }

  /** The node that `label` leads to from `node`; 0 for none. */
  child(node, label) {
    const slots = this.slots;
    let at = this.#place(node, label);
    while (slots[4 * at] !== 0) {
      if (slots[4 * at + 1] === node && slots[4 * at + 2] === label) return slots[4 * at];
      at = (at + 1) & this.last;
    }
    return 0;
  }
}

/** Finds the indicators of texts in normal form. */
export class Phrases {
  #tree;
  #frames;
  #stemOf;
  #repair;
  #voices;
  #known;
  #folds;
  #buffer = new Uint8Array(1024);
  #hashes = new Uint32Array(RING);
  #begins = new Int32Array(RING);
  #ends = new Int32Array(RING);
  #counts = new Int32Array(RING);
  #familiars = new Uint8Array(RING);
  #stemmed = new Uint8Array(RING);
  #readings = new Uint32Array(RING * SLOTS);
  #worth = new Int8Array(RING * SLOTS);
  #votes = new Int32Array(LANGUAGES + 1);
  #sides = new Int32Array(SIDES * 5);
  #stack = new Int32Array((STEPS + READINGS + 2) * 5);
  #room = STEPS + READINGS + 2;
  #seen = 0;
  #found = new Set();

  constructor(tables, known, hash) {
    const tree = new Tree(tables.tree);
    this.#tree = tree;
    this.#frames = new Frames(tables.frames, this.#found);
    this.#stemOf = (h) => tree.child(STEM, h);
    const { data, bounds, masks } = tables.vocabulary;
    this.#repair = new Repair(data, bounds, masks, hash);
    this.#voices = new Known(tables.voices.hashes, tables.voices.masks);
    this.#known = known;
    this.#folds = hash.folds;
  }

  /** The places in the catalogue of the indicators found. */
  find(data) {
    if (this.#buffer.length < data.length + 3) this.#buffer = new Uint8Array(2 * data.length + 3);
    const end = layOut(data, this.#folds, this.#buffer);
    this.#found.clear();
    this.#match(end);
    return this.#found;
  }

  /** The bits of the languages that most words are of; those that half as many are of are heard. */
  #spoken(words) {
    const votes = this.#votes.fill(0);
    for (let word = 0; word < words; word++) vote(votes, this.#voices.of(this.#hashes[word]));
    const speaking = mostSpoken(votes);
    if (!speaking) return -1;
    let heard = 0;
    const most = Math.max(...votes);
    for (let k = 0; k < LANGUAGES; k++) if (HEARD * votes[k] >= most) heard |= 1 << k;
    this.#frames.heard = heard;
    return speaking;
  }

  #voiced(start, end) {
    const buffer = this.#buffer;
    for (let at = start; at < end; at++) {
      const byte = buffer[at];
      if (byte >= 0x80 || isVowel(byte) || byte === 121 || byte < 97) return true;
    }
    return end - start < 2;
  }

  #rough(words, speaking) {
    for (let word = 0; word < words; word++) {
      const known = this.#known.of(this.#hashes[word]) & speaking;
      if (known && this.#voiced(this.#begins[word], this.#ends[word])) continue;
      for (let at = this.#begins[word]; at < this.#ends[word]; at++) {
        if (this.#buffer[at] >= 97) return true;
      }
    }
    return false;
  }

  #match(lineEnd) {
    const buffer = this.#buffer;
    const tree = this.#tree;
    const frames = this.#frames;
    const [hashes, begins, ends, counts] = [this.#hashes, this.#begins, this.#ends, this.#counts];
    const [readings, worth, stack] = [this.#readings, this.#worth, this.#stack];
    let at = 1;
    let read = 0;
    let speaking = 0;
    let brokenLine = false;
    let unspaced = tree.everywhere;
    this.#seen = 0;
    frames.begin(true);
    for (let place = 0; ; place++) {
      while (at < lineEnd && (read < place + AHEAD || read < VOTERS)) {
        const slot = read & (RING - 1);
        begins[slot] = at;
        let h = BASIS;
        let bits = 0;
        while (buffer[at] !== 32) {
          if (buffer[at] >= 0xe0) unspaced = true;
          if (buffer[at] < 0x80) {
            h = mix(h, buffer[at++]);
          } else {
            h = mix(h, codeAt(buffer, at));
            at += widthAt(buffer, at);
          }
          bits |= frames.stemBit(h);
        }
        this.#stemmed[slot] = bits;
        hashes[slot] = h;
        ends[slot] = at;
        counts[slot] = -1;
        read++;
        at++;
      }
      if (place === read) {
        frames.settle(place);
        break;
      }
      frames.ripen(place);
      const here = place & (RING - 1);
      if (this.#stemmed[here]) {
        const [start, end] = [begins[here], ends[here]];
        frames.markStems(buffer, start, end, place, this.#stemOf, tree.first, tree.outputs, ID);
      }
      let depth = 1;
      stack[0] = APART;
      stack[1] = place;
      stack[2] = stack[3] = stack[4] = 0;
      let steps = 0;
      while (depth && steps < STEPS) {
        depth--;
        steps++;
        const node = stack[depth * 5];
        const word = stack[depth * 5 + 1];
        const points = stack[depth * 5 + 2];
        const broken = stack[depth * 5 + 3];
        const strained = stack[depth * 5 + 4];
        const slot = word & (RING - 1);
        if (word >= read) continue;
        const row = slot * SLOTS;
        if (counts[slot] < 0) {
          if (speaking === 0) {
            // The first of all words: the ring holds those ahead from slot 0 on.
            speaking = this.#spoken(read);
            brokenLine = this.#rough(read, speaking);
          }
          const known = this.#known.of(hashes[slot]) & speaking;
          this.#familiars[slot] = known && this.#voiced(begins[slot], ends[slot]) ? 1 : 0;
          readings[row] = hashes[slot];
          worth[row] = WELL;
          counts[slot] = 1;
          if (this.#familiars[slot] && node === APART) {
            counts[slot] = -1; // No phrase begins with a word read as another.
          } else if (brokenLine) {
            counts[slot] += this.#repair.mended(
              buffer, begins[slot], ends[slot], hashes[slot], speaking, readings, worth, row + 1,
            );
          }
        }
        const familiar = this.#familiars[slot];
        const choices = familiar && node === APART ? 1 : counts[slot];
        for (let k = 0; k < choices; k++) {
          const then = tree.child(node, readings[row + k]);
          if (then === 0) continue;
          const now = points + worth[row + k];
          const wrong = broken + (k > 0 && !familiar ? 1 : 0);
          const odd = strained + (k > 0 && familiar ? 1 : 0);
          if (tree.first[then] < tree.first[then + 1]) {
            this.#reached(then, place, word + 1, now, wrong, odd, word + 1 - place);
          }
          if (tree.inner[then] && depth < this.#room && wrong + odd <= MOST_BROKEN) {
            stack[depth * 5] = then;
            stack[depth * 5 + 1] = word + 1;
            stack[depth * 5 + 2] = now;
            stack[depth * 5 + 3] = wrong;
            stack[depth * 5 + 4] = odd;
            depth++;
          }
        }
      }
    }
    if (unspaced) this.#matchJoined(lineEnd);
  }

  #matchJoined(end) {
    const buffer = this.#buffer;
    const tree = this.#tree;
    this.#seen = 0;
    this.#frames.begin(false);
    for (let start = 1; start < end; start += widthAt(buffer, start)) {
      this.#frames.ripen(start);
      let node = tree.child(JOINED, codeAt(buffer, start));
      let at = start + widthAt(buffer, start);
      while (node) {
        if (tree.first[node] < tree.first[node + 1]) {
          this.#reached(node, start, at, WELL, 0, 0, 1);
        }
        if (at >= end) break;
        node = tree.child(node, codeAt(buffer, at));
        at += widthAt(buffer, at);
      }
    }
    this.#frames.settle(end);
  }

  /** Note what ends at a node: whole phrases, sides of gaps that meet, and parts of frames. */
  #reached(node, first, last, points, broken, strained, words) {
    const { outputs, first: firsts, furthest } = this.#tree;
    const sides = this.#sides;
    let opens = false;
    let closes = false;
    for (let k = firsts[node]; k < firsts[node + 1]; k++) {
      const kind = outputs[k] >> KIND_SHIFT;
      if (kind === WHOLE) {
        if (credible(points, broken, strained, words)) this.#found.add(outputs[k] & ID);
      } else if (kind === PARTS) {
        this.#frames.mark(outputs[k] & ID, first, last, points, broken, strained);
      } else if (kind === OPENS) {
        opens = true;
      } else {
        closes = true;
      }
    }
    if (closes) {
      for (let j = this.#seen - 1; j > Math.max(-1, this.#seen - 1 - SIDES); j--) {
        const side = (j & (SIDES - 1)) * 5;
        const far = first - sides[side + 1];
        if (far < 0 || far > furthest) continue;
        const sound = credible(
          sides[side + 2] + points, sides[side + 3] + broken, sides[side + 4] + strained, 2,
        );
        if (sound) this.#join(sides[side], node, far);
      }
    }
    if (opens) {
      const side = (this.#seen & (SIDES - 1)) * 5;
      sides[side] = node;
      sides[side + 1] = last;
      sides[side + 2] = points;
      sides[side + 3] = broken;
      sides[side + 4] = strained;
      this.#seen++;
    }
  }

  #join(before, after, far) {
    const { outputs, first, reach, owners } = this.#tree;
    let i = first[before];
    for (let k = first[after]; k < first[after + 1]; k++) {
      if (outputs[k] >> KIND_SHIFT !== CLOSES) continue;
      const number = outputs[k] & ID;
      const wanted = (OPENS << KIND_SHIFT) | number;
      while (i < first[before + 1] && outputs[i] < wanted) i++;
      if (i === first[before + 1]) break;
      if (outputs[i] === wanted && far <= reach[number]) this.#found.add(owners[number]);
    }
  }
}
