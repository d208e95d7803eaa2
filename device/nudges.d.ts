import type { PairEvidence } from "./evidence.js";
import type { Tables } from "./tables.js";

export interface Nudge {
  /** From 1 on; remember it as `shown`. */
  level: number;
  id: string;
  text: string;
  language: string;
  /** What to offer. */
  actions: ("pause" | "tell_someone" | "block" | "report")[];
}

export interface Child {
  /** Years; null is treated as 13 to 17. */
  age: number | null;
  /** BCP 47 tag. */
  language?: string | null;
  helpline?: { name: string; contact: string } | null;
}

export declare class Nudges {
  constructor(tables: Tables);
  after(
    evidence: PairEvidence,
    situation: { child: Child; connected: boolean; shown?: number },
  ): Nudge | null;
}
