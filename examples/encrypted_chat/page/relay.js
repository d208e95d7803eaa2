// What a page asks of the relay. The token is behind the # of its address, which no server is sent.

const token = location.hash.slice(1);

/** Throws an Error with what the relay says is wrong. */
export async function ask(path, { method = "GET", body } = {}) {
  const answer = await fetch(path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) {
    const { detail } = await answer.json().catch(() => ({}));
    throw new Error(detail || `the relay answered ${answer.status}`);
  }
  return answer.json();
}

/** Bytes of a file of the relay's. */
export async function file(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path} is not there`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** Calls `turn` again and again; while it fails, `failed` is told, and it is tried every second. */
export async function forever(turn, failed) {
  for (;;) {
    try {
      await turn();
      failed("");
    } catch (error) {
      console.debug(error);
      failed(`No connection to the relay: ${error.message}.`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}
