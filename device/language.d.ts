import type { Tables } from "./tables.js";

/** The evidence in one message, as fieldfare.language.annotate_one has it without heads. */
export interface Evidence {
  /** Sum of token weights, nats; adds up over messages. */
  weightSum: number;
  /** 500 at most. */
  tokens: number;
  /** Years. */
  statedAge: number | null;
  /** 0 to 1, judged by form. */
  statedAgeConfidence: number | null;
  /** Ids of the indicators found, in the order of the catalogue. */
  indicators: string[];
}

export declare class LanguageModel {
  readonly fingerprint: string;
  constructor(tables: Tables);
  /** Throws RangeError where the text holds half a surrogate pair. */
  annotate(text: string): Evidence;
  normalise(text: string): string;
  tokenIds(text: string): number[];
}
