// What loading some tables says: their version, or why they are refused.
import { loadTables } from "../tables.js";

const bytes = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));

export async function check({ tables, signature, publicKey, newerThan }) {
  try {
    const loaded = await loadTables(bytes(tables), { signature, publicKey: bytes(publicKey), newerThan });
    return `version ${loaded.version}`;
  } catch (error) {
    return String(error);
  }
}
