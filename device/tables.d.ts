/** The tables as they were read: to be handed to `LanguageModel`, and to nothing else. */
export interface Tables {
  readonly version: number;
  readonly fingerprint: string;
  /** What `Nudges` reads; only in files of `fieldfare device tables`. */
  readonly nudges?: unknown;
  readonly indicators: readonly { id: string; stage: string; title: string }[];
}

/** The tables cannot be used: damaged, unsigned, signed by another, or too old. */
export declare class TablesError extends Error {}

export interface Trust {
  /** The text of tables.json. */
  signature: string;
  /** The operator's Ed25519 key, 32 bytes; the app ships with it. */
  publicKey: Uint8Array;
  /** The version used last: older ones are refused. */
  newerThan?: number;
}

export declare function loadTables(packed: Uint8Array, trust: Trust): Promise<Tables>;
