/** See docs/franking.md. Times are microseconds UTC, below 2^53. */

export type Reason =
  | "malformed"
  | "key_length"
  | "unknown_key"
  | "tag_mismatch"
  | "commitment_mismatch"
  | "context_mismatch"
  | "not_a_party"
  | "attachment_mismatch"
  | "replayed";

export declare class FrankingError extends Error {
  readonly reason: Reason;
  constructor(reason: Reason, what: string);
}

export interface Attachment {
  /** Of exactly the bytes that are uploaded. */
  sha256: Uint8Array;
  key: Uint8Array;
}

export interface Opening {
  conversation: string;
  id: string;
  sender: string;
  body: string;
  attachments?: Attachment[];
  key: Uint8Array;
}

export interface Context {
  keyId: string;
  conversation: string;
  id: string;
  sender: string;
  recipients: string[];
  sentAt: number;
  seq: number;
}

/** One message as a recipient keeps it, in the canonical bytes. */
export interface Franked {
  opening: Uint8Array;
  context: Uint8Array;
  tag: Uint8Array;
}

export interface Received {
  opening: Required<Opening>;
  context: Context;
}

/** Keys of the service by their ids. */
export type Ring = Record<string, Uint8Array>;

export declare const KEY_BYTES: 32;
export declare const TAG_BYTES: 32;
export declare function newKey(): Uint8Array;
export declare function encodeOpening(opening: Opening): Uint8Array;
export declare function decodeOpening(data: Uint8Array): Required<Opening>;
export declare function encodeContext(context: Context): Uint8Array;
export declare function decodeContext(data: Uint8Array): Context;
export declare function commit(opening: Opening): Promise<Uint8Array>;
export declare function makeTag(
  ring: Ring,
  commitment: Uint8Array,
  context: Context,
): Promise<Uint8Array>;
export declare function verify(ring: Ring, franked: Franked, reporter?: string): Promise<Received>;
export declare function frankFile(ciphertext: Uint8Array, key: Uint8Array): Promise<Attachment>;
export declare function checkAttachment(
  attachment: Attachment,
  ciphertext: Uint8Array,
): Promise<void>;

export declare class Inbox {
  /** Numbers of messages that have not come. */
  readonly missing: Set<number>;
  /** `first` is the number of the first message that the account is to see. */
  constructor(account: string, conversation: string, first?: number);
  receive(opening: Uint8Array, commitment: Uint8Array, context: Uint8Array): Promise<Received>;
}

export interface Report {
  reporter: string;
  account: string;
  messages: { opening: string; context: string; tag: string }[];
}

export declare function report(
  reporter: string,
  account: string,
  messages: Franked[],
  more?: Record<string, unknown>,
): Report;
