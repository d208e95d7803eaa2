import type { Evidence } from "./language.js";

/** Times are microseconds UTC. */
export interface Shown {
  messages: number;
  firstAt: number;
  lastAt: number;
}

/** What is remembered of what one account wrote to another; JSON. */
export interface PairEvidence {
  messages: number;
  firstAt: number | null;
  lastAt: number | null;
  weightSum: number;
  tokens: number;
  ageWeight: number;
  ageWeightedSum: number;
  minorAgeWeight: number;
  minorAgeWeightedSum: number;
  firstAgeStatedAt: number | null;
  /** By id, then by hour of the day in UTC. */
  indicators: Record<string, Record<string, Shown>>;
}

export declare function noEvidence(): PairEvidence;
export declare function evidenceOf(
  found: Evidence,
  /** `group`: to more than two others. */
  message: { sentAt: number; group?: boolean },
): PairEvidence;
export declare function merged(one: PairEvidence, other: PairEvidence): PairEvidence;
