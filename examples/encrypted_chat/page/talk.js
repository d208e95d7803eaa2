// One device's end of the conversation: seals and opens messages, checks their franking, and lets
// the device's own model read them. Nothing here draws anything.
import { evidenceOf, merged, noEvidence } from "/device/evidence.js";
import { commit, decodeOpening, encodeOpening, Inbox, newKey, report } from "/device/franking.js";
import { LanguageModel } from "/device/language.js";
import { Nudges } from "/device/nudges.js";
import { loadTables } from "/device/tables.js";
import * as cipher from "./cipher.js";
import { ask, file } from "./relay.js";

const CONVERSATION = "chat-1";

/** The language model of this device, from tables signed by the operator. They are fetched once; what
 * reads the messages is here. */
export async function openReader(publicKey) {
  const [packed, signature] = await Promise.all([
    file("/release/tables.bin"),
    file("/release/tables.json"),
  ]);
  const tables = await loadTables(packed, {
    signature: new TextDecoder().decode(signature),
    publicKey: cipher.fromBase64(publicKey),
  });
  return {
    model: new LanguageModel(tables),
    nudges: new Nudges(tables),
    languages: Object.keys(tables.nudges.languages),
  };
}

/** The conversation as this device has it. */
export class Talk {
  /** Messages in the order they came: {id, mine, text, at, verdict, note, franked}. */
  messages = [];
  /** Messages that this device could not open, or that could not be reported. They are not shown. */
  unshown = 0;
  /** The same person's page was opened in another place, with other keys. */
  elsewhere = false;
  safety = "";
  #me;
  #other;
  #identity;
  #own;
  #keys = null;
  #theirs = "";
  #inbox;
  #after = 0;
  #version = 0;
  #reader;
  #evidence = noEvidence();
  #told = 0;

  /** `reader` of `openReader` for a child; null for a grown-up, who is told nothing. */
  static async open(me, other, reader) {
    const talk = new Talk();
    talk.#me = me;
    talk.#other = other;
    talk.#reader = reader;
    talk.#inbox = new Inbox(me.id, CONVERSATION);
    talk.#identity = await cipher.identityOf(me.id);
    talk.#own = { account: me.id, key: await cipher.publicBytes(talk.#identity) };
    return talk;
  }

  /** Both devices' keys are known. */
  get ready() {
    return this.#keys !== null;
  }

  /** Tell the other of our key; `language` is that of the texts the relay passes on. */
  announce(language) {
    const body = { key: cipher.toBase64(this.#own.key), language };
    return ask("/api/device", { method: "PUT", body });
  }

  /** Wait for what is new and take it in. */
  async listen() {
    const news = await ask(`/api/news?after=${this.#after}&version=${this.#version}`);
    const theirs = news.keys[this.#other.id];
    if (theirs && theirs !== this.#theirs) await this.#agree(theirs);
    this.#version = news.version;
    this.elsewhere = news.keys[this.#me.id] !== cipher.toBase64(this.#own.key);
    if (!this.ready || this.elsewhere) return;
    for (const each of news.messages) await this.#take(each);
    this.#after = news.next;
  }

  async #agree(theirs) {
    const other = { account: this.#other.id, key: cipher.fromBase64(theirs) };
    this.#keys = await cipher.agree(this.#identity, this.#own, other, CONVERSATION);
    this.safety = await cipher.safetyNumber(this.#own, other);
    this.#theirs = theirs;
  }

  async #take(sent) {
    if (this.messages.some(({ id }) => id === sent.id)) return;
    try {
      this.messages.push(sent.sender === this.#me.id ? await this.#mine(sent) : await this.#theirsOf(sent));
    } catch (error) {
      console.debug(error);
      this.unshown += 1;
    }
  }

  async #theirsOf({ sealed, verdict, text: note, ...parts }) {
    const [commitment, context, tag] = ["commitment", "context", "tag"].map((name) =>
      cipher.fromBase64(parts[name]),
    );
    const bytes = cipher.fromBase64(sealed);
    const opening = await cipher.unseal(this.#keys[this.#other.id], bytes, commitment);
    // Before anything is shown: what could not be reported must not be seen either.
    const { opening: said, context: seen } = await this.#inbox.receive(opening, commitment, context);
    if (this.#reader) {
      const found = this.#reader.model.annotate(said.body);
      this.#evidence = merged(this.#evidence, evidenceOf(found, { sentAt: seen.sentAt }));
    }
    const franked = { opening, context, tag };
    return { id: said.id, mine: false, text: said.body, at: seen.sentAt / 1000, verdict, note, franked };
  }

  async #mine({ id, sealed, commitment }) {
    // Of an earlier sitting of this page: the relay gives one's own messages back, sealed.
    const bound = cipher.fromBase64(commitment);
    const opening = await cipher.unseal(this.#keys[this.#me.id], cipher.fromBase64(sealed), bound);
    return { id, mine: true, text: decodeOpening(opening).body, at: null };
  }

  /** Seal and send; what the sender is told, or null. */
  async send(body) {
    const id = crypto.randomUUID();
    const said = { conversation: CONVERSATION, id, sender: this.#me.id, body, key: newKey() };
    const commitment = await commit(said);
    const sealed = await cipher.seal(this.#keys[this.#me.id], encodeOpening(said), commitment);
    const message = { id, mine: true, text: body, at: Date.now() };
    this.messages.push(message);
    try {
      const parts = { id, sealed: cipher.toBase64(sealed), commitment: cipher.toBase64(commitment) };
      return (await ask("/api/messages", { method: "POST", body: parts })).text;
    } catch (error) {
      this.messages.splice(this.messages.indexOf(message), 1);
      throw error;
    }
  }

  /** What to tell the child now, if it was not told yet. */
  nudge(language) {
    if (!this.#reader) return null;
    const child = { age: this.#me.age, language, helpline: null };
    const how = { child, connected: false, shown: this.#told };
    const found = this.#reader.nudges.after(this.#evidence, how);
    if (found) this.#told = found.level;
    return found;
  }

  /** Report these messages of the other's, and no others; what the child is told. */
  async report(chosen) {
    const body = report(this.#me.id, this.#other.id, chosen.map(({ franked }) => franked), {
      id: crypto.randomUUID(),
    });
    return (await ask("/api/reports", { method: "POST", body })).text;
  }

  block() {
    return ask("/api/blocks", { method: "POST" });
  }
}
