// What holds of franking.js, in any JavaScript that has WebCrypto: gives what did not.
import * as franking from "../franking.js";

export async function check(vectors) {
  const failures = [];
  let done = 0;
  const expect = (what, found, wanted) => {
    done++;
    if (JSON.stringify(found) !== JSON.stringify(wanted)) failures.push(`${what}: ${found}`);
  };
  const ring = Object.fromEntries(Object.entries(vectors.keys).map(([id, key]) => [id, bytes(key)]));

  for (const { name, ...vector } of vectors.messages) {
    const { attachments, key, ...said } = vector.opening;
    const opening = {
      ...said,
      attachments: attachments.map((each) => ({ sha256: bytes(each.sha256), key: bytes(each.key) })),
      key: bytes(key),
    };
    const { key_id: keyId, sent_at: sentAt, ...seen } = vector.context;
    const context = { ...seen, keyId, sentAt };
    const encoded = [franking.encodeOpening(opening), franking.encodeContext(context)];
    expect(`${name} opening`, hex(encoded[0]), vector.opening_bytes);
    expect(`${name} context`, hex(encoded[1]), vector.context_bytes);
    const commitment = await franking.commit(opening);
    expect(`${name} commitment`, hex(commitment), vector.commitment);
    const tag = await franking.makeTag(ring, commitment, context);
    expect(`${name} tag`, hex(tag), vector.tag);
    const shown = { opening: encoded[0], context: encoded[1], tag };
    const verified = await franking.verify(ring, shown, seen.sender);
    expect(`${name} again`, hex(franking.encodeOpening(verified.opening)), vector.opening_bytes);
    const inbox = new franking.Inbox(seen.recipients[0], seen.conversation, context.seq);
    expect(`${name} body`, (await inbox.receive(encoded[0], commitment, encoded[1])).opening.body, said.body);
    expect(`${name} replayed`, await reason(inbox.receive(encoded[0], commitment, encoded[1])), "replayed");
    const other = await franking.commit({ ...opening, body: `${said.body}!` });
    expect(`${name} committed`, await reason(inbox.receive(encoded[0], other, encoded[1])), "commitment_mismatch");
  }
  for (const { name, opening, context, tag, reporter, reason: wanted } of vectors.refused) {
    const shown = { opening: bytes(opening), context: bytes(context), tag: bytes(tag) };
    expect(name, await reason(franking.verify(ring, shown, reporter)), wanted);
  }
  await inboxes(expect);
  await files(expect);
  return { done, failures };
}

async function inboxes(expect) {
  const key = new Uint8Array(32);
  const sent = async (seq, changed = {}) => {
    const opening = { conversation: "c", id: `m${seq}`, sender: "x", body: "hi", key };
    const context = { keyId: "k", conversation: "c", id: `m${seq}`, sender: "x", recipients: ["mira"] };
    return [
      franking.encodeOpening(opening),
      await franking.commit(opening),
      franking.encodeContext({ ...context, sentAt: seq, seq, ...changed }),
    ];
  };
  const inbox = new franking.Inbox("mira", "c");
  await inbox.receive(...(await sent(1)));
  await inbox.receive(...(await sent(5)));
  expect("dropped", [...inbox.missing], [2, 3, 4]);
  await inbox.receive(...(await sent(3)));
  expect("late", [...inbox.missing], [2, 4]);
  expect("in its place", await reason(inbox.receive(...(await sent(7, { seq: 3 })))), "replayed");
  const elsewhere = await reason(inbox.receive(...(await sent(8, { conversation: "d" }))));
  expect("elsewhere", elsewhere, "context_mismatch");
  expect("theirs", await reason(inbox.receive(...(await sent(9, { recipients: ["noor"] })))), "not_a_party");
}

async function files(expect) {
  const key = franking.newKey();
  const file = await franking.frankFile(new Uint8Array([1, 2, 3]), key);
  await franking.checkAttachment(file, new Uint8Array([1, 2, 3]));
  const other = franking.checkAttachment(file, new Uint8Array([1, 2, 4]));
  expect("file", await reason(other), "attachment_mismatch");
  const opening = { conversation: "c", id: "m", sender: "x", body: "", key };
  for (const length of [0, 16, 31, 33, 64]) {
    const short = { ...opening, key: new Uint8Array(length) };
    expect(`key of ${length}`, await reason(franking.commit(short)), "key_length");
  }
  const half = { ...opening, body: "\ud83d" };
  expect("half a pair", await reason(franking.commit(half)), "malformed");
}

async function reason(promise) {
  try {
    await promise;
    return "taken";
  } catch (error) {
    return error instanceof franking.FrankingError ? error.reason : String(error);
  }
}

const bytes = (digits) => new Uint8Array((digits.match(/../g) ?? []).map((each) => parseInt(each, 16)));
const hex = (data) => Array.from(data, (each) => each.toString(16).padStart(2, "0")).join("");
