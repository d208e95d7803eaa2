// Sum of token weights and number of tokens: fieldfare.language._token_loops, 32-bit tables.

export const MOST_TOKENS = 500;
const BASIS = 2166136261;
const PRIME = 16777619;
const GOLDEN = 0x9e3779b9;
const PAIR = 31;
const START = (GOLDEN ^ 2) | 0;
const END = (GOLDEN ^ 3) | 0;

const FOLD = new Uint8Array(256);
const MARK = new Uint8Array(256);
for (let byte = 0x80; byte < 0x100; byte++) FOLD[byte] = byte;
for (const each of "abcdefghijklmnopqrstuvwxyz0123456789'") FOLD[each.charCodeAt(0)] = each.charCodeAt(0);
for (const each of "ABCDEFGHIJKLMNOPQRSTUVWXYZ") FOLD[each.charCodeAt(0)] = each.charCodeAt(0) + 32;
for (const each of "?!:;()") MARK[each.charCodeAt(0)] = 1;

export { FOLD };

function finish(hash, mask) {
  let x = hash;
  x ^= x >>> 16;
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  x ^= x >>> 16;
  return x & mask;
}

/** A table of token weights. */
export class Tokens {
  #weights;
  #edges;
  #most;
  #mask;

  constructor(weights, edges, most) {
    this.#weights = weights;
    this.#edges = edges;
    this.#most = most;
    this.#mask = weights.length - 1;
  }

  /** Sum of weights (nats) and number of tokens of a text in normal form; `ids`, an array, receives
   * the place of each token in the table. A message counts 500 tokens, and `most` of weight, at
   * most. */
  sums(data, ids) {
    const weights = this.#weights;
    const mask = this.#mask;
    const end = data.length;
    let total = 0;
    let count = 0;
    let before = START;
    let first = true;
    const add = (hash) => {
      const id = finish(hash, mask);
      total += weights[id];
      count++;
      if (ids) ids.push(id);
    };
    for (let at = 0; at < end; ) {
      let byte = FOLD[data[at]];
      if (byte === 0) {
        if (MARK[data[at]]) add(GOLDEN ^ data[at]);
        at++;
        continue;
      }
      let h = BASIS | 0;
      let last = 0;
      let lastButOne = 0;
      while (byte !== 0) {
        if (!(byte === last && byte === lastButOne)) h = Math.imul(h ^ byte, PRIME);
        lastButOne = last;
        last = byte;
        byte = ++at < end ? FOLD[data[at]] : 0;
      }
      add(h);
      if (!first || this.#edges) add((Math.imul(h, PAIR) + before) | 0);
      before = h;
      first = false;
    }
    if (this.#edges && !first) add((Math.imul(END, PAIR) + before) | 0);
    const share = count > MOST_TOKENS ? MOST_TOKENS / count : 1;
    return { weightSum: Math.min(total * share, this.#most), tokens: Math.min(count, MOST_TOKENS) };
  }
}
