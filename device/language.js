// A message becomes evidence, as fieldfare.language.annotate has it without heads.
import { Ages } from "./ages.js";
import { Normaliser } from "./normalise.js";
import { Phrases } from "./phrases.js";
import { halves } from "./tables.js";
import { Tokens } from "./tokens.js";
import { FOLDED, Hash, Known } from "./words.js";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Everything that a message is read with. `tables` are those of `loadTables`. */
export class LanguageModel {
  #normaliser;
  #tokens;
  #phrases;
  #ages;
  #names;

  constructor(tables) {
    const folds = new Int32Array(FOLDED);
    for (let code = 0; code < FOLDED; code++) folds[code] = code;
    for (const [code, other] of tables.unicode.folds) folds[code] = other;
    const hash = new Hash(folds);
    const known = new Known(tables.known.hashes, tables.known.masks);
    this.#normaliser = new Normaliser(tables.unicode, known, hash);
    this.#tokens = new Tokens(halves(tables.weights), tables.edges, tables.messageMost);
    this.#phrases = new Phrases(tables, known, hash);
    this.#ages = new Ages(tables.ages, folds);
    this.#names = tables.indicators.map(({ id }) => id);
    /** As Python's model has it. */
    this.fingerprint = tables.fingerprint;
  }

  /** The evidence in one message. Throws RangeError where it holds half a surrogate pair. */
  annotate(text) {
    const form = this.#normaliser.form(text);
    const { weightSum, tokens } = this.#tokens.sums(form);
    const stated = this.#ages.read(decoder.decode(form));
    const found = this.#phrases.find(form);
    return {
      weightSum,
      tokens,
      statedAge: stated?.age ?? null,
      statedAgeConfidence: stated?.confidence ?? null,
      indicators: found.size ? this.#names.filter((_, place) => found.has(place)) : [],
    };
  }

  /** The normal form of a text. */
  normalise(text) {
    return decoder.decode(this.#normaliser.form(text));
  }

  /** The places in the table of a message's tokens, in order. */
  tokenIds(text) {
    const ids = [];
    this.#tokens.sums(this.#normaliser.form(text), ids);
    return ids;
  }
}
