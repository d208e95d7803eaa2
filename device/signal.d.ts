import type { Tables } from "./tables.js";

/** What may leave the device: nothing else does. */
export interface Signal {
  /** 0 to the number of levels; not the true one for certain. */
  level: number;
  /** Chances of the true level against one of each other: the noise. */
  weight: number;
}

/** What the user is to be shown. */
export interface SignalPolicy {
  levels: number;
  /** Of differential privacy, for each conversation: ln(weight). */
  epsilon: number;
  afterHours: number;
  mostAWeek: number;
}

/** Gives whole numbers from 0 to 2^32 - 1, each as likely. */
export type Draw = () => number;

export declare function uniform(below: number, draw?: Draw): number;
export declare function noised(
  level: number,
  policy: { weight: number; levels: number },
  draw?: Draw,
): number;

export declare class Signals {
  /** By conversation, when its signal was made; store it, and send it nowhere. */
  made: Record<string, number>;
  constructor(tables: Tables, made?: Record<string, number>, draw?: Draw);
  readonly policy: SignalPolicy | null;
  take(situation: {
    conversation: string;
    level: number;
    /** Microseconds UTC, as `at`. */
    firstAt: number;
    at: number;
    agreed: boolean;
  }): Signal | null;
}
