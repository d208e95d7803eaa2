// Franking: a recipient of an encrypted message can prove to the service what was sent.
// The twin of fieldfare.safeguards.franking, on WebCrypto; docs/franking.md says what is proved.

export const KEY_BYTES = 32;
export const TAG_BYTES = 32;
const LONGEST_ID = 1024;
const LONGEST_BODY = 1 << 18;
const MOST_ATTACHMENTS = 64;
const MOST_RECIPIENTS = 1024;
const MOST_MISSING = 10_000;

const utf8 = new TextEncoder();
// A mark at the beginning of a text is part of it.
const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const OPENING = utf8.encode("frank-message-v1");
const CONTEXT = utf8.encode("frank-context-v1");
const TAG = utf8.encode("frank-v1");

/** A franked message is refused: `reason` says why, never with anything of the message. */
export class FrankingError extends Error {
  constructor(reason, what) {
    super(what);
    this.name = "FrankingError";
    this.reason = reason;
  }
}

/** A key for one message. */
export function newKey() {
  return crypto.getRandomValues(new Uint8Array(KEY_BYTES));
}

/** The bytes a commitment is made of. */
export function encodeOpening({ conversation, id, sender, body, attachments = [], key }) {
  if (key.length !== KEY_BYTES) throw new FrankingError("key_length", "the key of a message is 32 bytes");
  if (attachments.length > MOST_ATTACHMENTS) malformed("too many attachments");
  const parts = [field(OPENING), idOf(conversation), idOf(id), idOf(sender)];
  parts.push(field(bytesOf(body, LONGEST_BODY)), count(attachments.length));
  for (const { sha256, key: fileKey } of attachments) {
    if (sha256.length !== 32) malformed("the SHA-256 of an attachment is 32 bytes");
    if (fileKey.length !== KEY_BYTES) {
      throw new FrankingError("key_length", "the key of an attachment is 32 bytes");
    }
    parts.push(field(sha256), field(fileKey));
  }
  parts.push(field(key));
  return joined(parts);
}

/** The bytes a tag is made over, behind the commitment. */
export function encodeContext({ keyId, conversation, id, sender, recipients, sentAt, seq }) {
  if (recipients.length < 1 || recipients.length > MOST_RECIPIENTS) malformed("1 to 1024 recipients");
  const names = recipients.map((each) => bytesOf(each, LONGEST_ID));
  for (let at = 1; at < names.length; at++) {
    if (compare(names[at - 1], names[at]) >= 0) {
      malformed("recipients stand in the order of their bytes, each once");
    }
  }
  const parts = [field(CONTEXT), idOf(keyId), idOf(conversation), idOf(id), idOf(sender)];
  parts.push(count(recipients.length), ...recipients.map(idOf), number(sentAt), number(seq));
  return joined(parts);
}

/** The inverse of `encodeOpening`; throws FrankingError for any other bytes. */
export function decodeOpening(data) {
  const rest = new Reader(data, OPENING);
  const opening = {
    conversation: rest.text(LONGEST_ID),
    id: rest.text(LONGEST_ID),
    sender: rest.text(LONGEST_ID),
    body: rest.text(LONGEST_BODY),
    attachments: rest.items(MOST_ATTACHMENTS, () => ({
      sha256: rest.bytes(LONGEST_ID),
      key: rest.bytes(LONGEST_ID),
    })),
    key: rest.bytes(LONGEST_ID),
  };
  rest.end();
  encodeOpening(opening); // lengths of ids and keys
  return opening;
}

/** The inverse of `encodeContext`; throws FrankingError for any other bytes. */
export function decodeContext(data) {
  const rest = new Reader(data, CONTEXT);
  const context = {
    keyId: rest.text(LONGEST_ID),
    conversation: rest.text(LONGEST_ID),
    id: rest.text(LONGEST_ID),
    sender: rest.text(LONGEST_ID),
    recipients: rest.items(MOST_RECIPIENTS, () => rest.text(LONGEST_ID)),
    sentAt: rest.number(),
    seq: rest.number(),
  };
  rest.end();
  encodeContext(context); // lengths of ids, order of recipients
  return context;
}

/** The commitment to a message, 32 bytes. */
export async function commit(opening) {
  const data = encodeOpening(opening);
  return hmac(opening.key, data);
}

/** The service's tag over a commitment and what it saw. `ring` maps ids of keys to their bytes. */
export async function makeTag(ring, commitment, context) {
  return hmac(keyOf(ring, context), tagged(commitment, encodeContext(context)));
}

/** Message and context, where the service did tag this message in this context, and `reporter`, if
 * given, is its sender or a recipient. Throws FrankingError, which says why not. */
export async function verify(ring, { opening, context, tag }, reporter) {
  const said = decodeOpening(opening);
  const seen = decodeContext(context);
  if (tag.length !== TAG_BYTES) malformed("a tag is 32 bytes");
  sameMessage(said, seen);
  const made = await makeTag(ring, await commit(said), seen);
  if (!equal(made, tag)) {
    throw new FrankingError("tag_mismatch", "the service did not tag this message in this context");
  }
  if (reporter !== undefined && reporter !== seen.sender && !seen.recipients.includes(reporter)) {
    throw new FrankingError("not_a_party", "the reporter neither sent nor received this message");
  }
  return { opening: said, context: seen };
}

/** An attachment as a message commits to it: of the ciphertext as it is uploaded, and its key. */
export async function frankFile(ciphertext, key) {
  return { sha256: new Uint8Array(await crypto.subtle.digest("SHA-256", ciphertext)), key };
}

/** Throws FrankingError where the ciphertext is not the one that was franked. Call it before you
 * decrypt. */
export async function checkAttachment(attachment, ciphertext) {
  const { sha256 } = await frankFile(ciphertext, attachment.key);
  if (!equal(sha256, attachment.sha256)) {
    throw new FrankingError("attachment_mismatch", "this is not the file that was sent");
  }
}

/** What one account's device checks of the messages of one conversation before it shows them. */
export class Inbox {
  #account;
  #conversation;
  #next;
  #ids = new Set();
  /** Numbers of messages that have not come. */
  missing = new Set();

  constructor(account, conversation, first = 1) {
    this.#account = account;
    this.#conversation = conversation;
    this.#next = first;
  }

  /** The message, to be shown and kept for a report. Throws FrankingError: do not show it. */
  async receive(opening, commitment, context) {
    const said = decodeOpening(opening);
    const seen = decodeContext(context);
    if (!equal(await commit(said), commitment)) {
      throw new FrankingError("commitment_mismatch", "the sender committed to something else");
    }
    sameMessage(said, seen);
    if (said.conversation !== this.#conversation) {
      throw new FrankingError("context_mismatch", "the message is of another conversation");
    }
    if (!seen.recipients.includes(this.#account)) {
      throw new FrankingError("not_a_party", "the message was not sent to this account");
    }
    if (this.#ids.has(said.id) || (seen.seq < this.#next && !this.missing.has(seen.seq))) {
      throw new FrankingError("replayed", "this message, or one in its place, was received");
    }
    this.#ids.add(said.id);
    for (let at = this.#next; at < Math.min(seen.seq, this.#next + MOST_MISSING); at++) {
      this.missing.add(at);
    }
    this.missing.delete(seen.seq);
    this.#next = Math.max(this.#next, seen.seq + 1);
    return { opening: said, context: seen };
  }
}

/** A report to POST /v1/reports: the messages that the reporter chose, as they were kept. */
export function report(reporter, account, messages, more = {}) {
  return {
    ...more,
    reporter,
    account,
    messages: messages.map(({ opening, context, tag }) => ({
      opening: base64(opening),
      context: base64(context),
      tag: base64(tag),
    })),
  };
}

function malformed(what) {
  throw new FrankingError("malformed", what);
}

function sameMessage(opening, context) {
  if (["conversation", "id", "sender"].some((name) => opening[name] !== context[name])) {
    throw new FrankingError("context_mismatch", "message and context do not belong together");
  }
}

function keyOf(ring, context) {
  const key = Object.hasOwn(ring, context.keyId) ? ring[context.keyId] : undefined;
  if (key === undefined) throw new FrankingError("unknown_key", "the ring has no key with this id");
  if (key.length !== KEY_BYTES) throw new FrankingError("key_length", "a key of the ring is 32 bytes");
  return key;
}

function tagged(commitment, context) {
  if (commitment.length !== TAG_BYTES) malformed("a commitment is 32 bytes");
  return joined([TAG, commitment, context]);
}

async function hmac(key, data) {
  const hash = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", key, hash, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, data));
}

/** In a time that does not depend on where they differ. */
function equal(one, other) {
  let differ = one.length ^ other.length;
  for (let at = 0; at < one.length; at++) differ |= one[at] ^ (other[at] ?? 0);
  return differ === 0;
}

function compare(one, other) {
  for (let at = 0; at < Math.min(one.length, other.length); at++) {
    if (one[at] !== other[at]) return one[at] - other[at];
  }
  return one.length - other.length;
}

function bytesOf(string, longest) {
  // The encoder would write U+FFFD for half a surrogate pair.
  if (/\p{Surrogate}/u.test(string)) malformed("half a surrogate pair is no text");
  const data = utf8.encode(string);
  if (data.length > longest) malformed(`longer than ${longest} bytes`);
  return data;
}

function idOf(string) {
  const data = bytesOf(string, LONGEST_ID);
  if (data.length === 0) malformed("an id is empty");
  return field(data);
}

function field(data) {
  return joined([count(data.length), data]);
}

function count(value) {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, value);
  return data;
}

function number(value) {
  if (!Number.isSafeInteger(value) || value < 0) malformed("a number is between 0 and 2^53 - 1");
  const data = new Uint8Array(8);
  new DataView(data.buffer).setBigUint64(0, BigInt(value));
  return data;
}

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((length, each) => length + each.length, 0));
  let at = 0;
  for (const each of parts) {
    whole.set(each, at);
    at += each.length;
  }
  return whole;
}

function base64(data) {
  let binary = "";
  for (const byte of data) binary += String.fromCharCode(byte);
  return btoa(binary);
}

class Reader {
  #data;
  #view;
  #at = 0;

  constructor(data, name) {
    this.#data = data;
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    if (!equal(this.bytes(name.length), name)) malformed("this begins otherwise");
  }

  #take(length) {
    const start = this.#at;
    if (start + length > this.#data.length) malformed("the bytes break off");
    this.#at += length;
    return start;
  }

  #count(most) {
    const value = this.#view.getUint32(this.#take(4));
    if (value > most) malformed(`a length or count is above ${most}`);
    return value;
  }

  bytes(longest) {
    const length = this.#count(longest);
    const start = this.#take(length);
    return this.#data.slice(start, start + length);
  }

  text(longest) {
    const data = this.bytes(longest);
    try {
      return text.decode(data);
    } catch {
      return malformed("a text is not UTF-8");
    }
  }

  items(most, read) {
    return Array.from({ length: this.#count(most) }, read);
  }

  number() {
    const value = this.#view.getBigUint64(this.#take(8));
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) malformed("a number is above 2^53 - 1");
    return Number(value);
  }

  end() {
    if (this.#at !== this.#data.length) malformed("bytes are left over");
  }
}
