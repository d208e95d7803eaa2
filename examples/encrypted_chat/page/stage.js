// Both devices, and what the servers see between them.
import { ask } from "./relay.js";

const { pages, console: address } = await ask("/api/stage");
document.getElementById("console").href = address;
const all = { ...pages, seen: `/seen${location.hash}` };
for (const [name, page] of Object.entries(all)) {
  document.querySelector(`[data-frame="${name}"]`).src = page;
  document.querySelector(`[data-open="${name}"]`).href = page;
}
