// The encryption of the demonstration, on WebCrypto alone: X25519, HKDF-SHA256, AES-256-GCM.
// Keys are agreed once and stay: there is no ratchet. Private keys cannot be taken out of the browser.

const NONCE = 12;
const utf8 = new TextEncoder();

/** The keys of a device: made once and kept in this browser's IndexedDB. The private half can be used
 * and never read, not even by this page. Where a page may keep nothing, as in a frame of a private
 * window, they last as long as the page. */
export async function identityOf(account) {
  const kept = await stored("readonly", (store) => store.get(account)).catch(() => null);
  if (kept) return kept;
  const made = await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]);
  await stored("readwrite", (store) => store.put(made, account)).catch(() => null);
  return made;
}

/** The public half, 32 bytes. */
export async function publicBytes(identity) {
  return new Uint8Array(await crypto.subtle.exportKey("raw", identity.publicKey));
}

/** One key for each direction: `{[account]: key}`, by who writes. `parties` are two of
 * `{account, key}`, public keys in 32 bytes. */
export async function agree(identity, own, other, conversation) {
  const theirs = await crypto.subtle.importKey("raw", other.key, { name: "X25519" }, true, []);
  const shared = await crypto.subtle.deriveBits(
    { name: "X25519", public: theirs },
    identity.privateKey,
    256,
  );
  const secret = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const salt = await fingerprint(own, other);
  const keys = {};
  for (const { account } of [own, other]) {
    const info = utf8.encode(JSON.stringify(["fieldfare-demo-chat-1", conversation, account]));
    keys[account] = await crypto.subtle.deriveKey(
      { name: "HKDF", hash: "SHA-256", salt, info },
      secret,
      { name: "AES-GCM", length: 256 },
      false,
      ["encrypt", "decrypt"],
    );
  }
  return keys;
}

/** Nonce and ciphertext. `bound` is authenticated with it: the commitment of the message. */
export async function seal(key, plain, bound) {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE));
  const how = { name: "AES-GCM", iv: nonce, additionalData: bound };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(how, key, plain));
  const whole = new Uint8Array(NONCE + sealed.length);
  whole.set(nonce);
  whole.set(sealed, NONCE);
  return whole;
}

/** The inverse of `seal`. Throws where anything is not as it was sealed. */
export async function unseal(key, whole, bound) {
  const how = { name: "AES-GCM", iv: whole.subarray(0, NONCE), additionalData: bound };
  return new Uint8Array(await crypto.subtle.decrypt(how, key, whole.subarray(NONCE)));
}

/** Thirty digits that are the same on both devices where nobody stands between them. */
export async function safetyNumber(one, other) {
  const bytes = new DataView((await fingerprint(one, other)).buffer);
  const groups = [0, 4, 8, 12, 16, 20].map((at) => bytes.getUint32(at) % 100_000);
  return groups.map((each) => String(each).padStart(5, "0")).join(" ");
}

async function fingerprint(one, other) {
  const sorted = [one, other].sort((a, b) => (a.account < b.account ? -1 : 1));
  const named = sorted.map(({ account, key }) => [account, ...key]);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", utf8.encode(JSON.stringify(named))));
}

function stored(mode, ask) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("encrypted-chat", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("identities");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const asked = ask(database.transaction("identities", mode).objectStore("identities"));
      asked.onsuccess = () => {
        database.close();
        resolve(asked.result);
      };
      asked.onerror = () => reject(asked.error);
    };
  });
}

export const toBase64 = (data) => btoa(Array.from(data, (each) => String.fromCharCode(each)).join(""));
export const fromBase64 = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
