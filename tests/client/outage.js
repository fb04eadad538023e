/**
 * What a user of the client lives through while the service is killed: plain
 * JavaScript, as Node runs it.
 *
 * @module
 */

/**
 * Publishes `count` events one after another, hears them, and tells of each
 * that was heard by `say`.
 *
 * @param {import("../../src/client/mod.ts").Holdfast} holdfast
 * @param {number} count
 * @param {(line: string) => void} say
 */
export async function publishAndHear(holdfast, count, say) {
  const heard = [];
  const states = [];
  const opened = Promise.withResolvers?.() ?? withResolvers();
  const listening = (async () => {
    const stream = holdfast.events.subscribe({
      channels: ["setup.*"],
      onState({ state }) {
        states.push(state);
        if (state === "open") opened.resolve();
      },
    });
    for await (const item of stream) {
      if (item.kind === "gap") throw new Error("There was a gap");
      heard.push(item.event.data.n);
      say(`heard ${heard.length}`);
      if (heard.length === count) return;
    }
  })();
  await Promise.race([opened.promise, listening]);
  for (let n = 1; n <= count; n++) {
    const data = { setup_id: `setup-${n}`, n };
    const published = await holdfast.events.publish({
      event_type: "setup.received",
      data,
    });
    if (published.lane !== "durable") throw new Error("It is not durable");
  }
  await listening;
  return { heard, states };
}

function withResolvers() {
  let resolve;
  const promise = new Promise((given) => resolve = given);
  return { promise, resolve };
}
