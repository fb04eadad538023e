/**
 * Changes of settings as they come.
 *
 * @module
 */
import { deepEqual, equal } from "../support/assert.ts";
import { defaultDocument } from "../support/default_documents.ts";
import { follow, type Frame } from "./event_client.ts";
import { clientOf, openSettings, PATHS } from "./settings_client.ts";

const SCALP = PATHS["mode:scalp"];
const path = "/api/user/settings/watch";

/** What a frame says, without when. */
function told({ event, data }: Frame) {
  const { at: _, ...rest } = JSON.parse(data!);
  return { event, ...rest };
}

Deno.test("a change is told with its document, version, actor and paths, and without values", async () => {
  const { harness, get, patch } = openSettings();
  await get(SCALP);
  const stream = await follow(harness.app, "", { path });
  equal(stream.response.headers.get("content-type"), "text/event-stream");
  const { retry, event } = await stream.next();
  deepEqual([retry, event], ["2000", "position"]);
  const body = { enabled: false, sltp: { stop_loss_percent: 1.2 } };
  const { headers } = await patch(SCALP, body);
  const frame = await stream.next();
  deepEqual(told(frame), {
    event: "settings.updated",
    key: "user:default:mode:scalp",
    version: 10,
    actor: "default",
    paths: [
      "mode_configs.scalp.enabled",
      "mode_configs.scalp.sltp.stop_loss_percent",
    ],
    document: "mode:scalp",
  });
  equal(JSON.parse(frame.data!).at, "2026-01-02T03:04:05.000Z");
  equal(headers.get("etag"), '"10"');
  await stream.leave();
});

Deno.test("one hears of one's own settings alone", async () => {
  const { harness } = openSettings();
  const [ann, bob] = [clientOf(harness, "ann"), clientOf(harness, "bob")];
  await ann.get(SCALP);
  await bob.get(SCALP);
  const stream = await follow(harness.app, "", { path, user: "ann" });
  await stream.next();
  await bob.patch(SCALP, { enabled: false });
  await clientOf(harness).patch(PATHS.circuit_breaker, {});
  for (
    const [event_type, data] of [
      ["setup.received", SETUP],
      ["market.price_update", { ticker: "SYNA", price: 7 }],
    ]
  ) {
    const body = { event_type, data };
    const { status } = await harness.send("POST", "/api/v1/events", { body });
    equal(status < 300, true);
  }
  await harness.clock.advance(1);
  await ann.patch(PATHS.scalp_reentry, { enabled: true });
  deepEqual(told(await stream.next()).document, "scalp_reentry");
  await stream.leave();
});

Deno.test("the operator may watch anybody", async () => {
  const { harness } = openSettings();
  const ann = clientOf(harness, "ann");
  await ann.get(SCALP);
  const stream = await follow(harness.app, "?user=ann", { path });
  await stream.next();
  await ann.patch(SCALP, { enabled: false });
  equal(told(await stream.next()).actor, "ann");
  await stream.leave();
});

Deno.test("who comes back with the last id has missed nothing", async () => {
  const { harness, get, patch } = openSettings();
  await get(SCALP);
  const first = await follow(harness.app, "", { path });
  await first.next();
  await patch(SCALP, { enabled: false });
  const { id } = await first.next();
  await first.leave();
  for (const stop_loss_percent of [1.4, 1.3]) {
    await patch(SCALP, { sltp: { stop_loss_percent } });
  }
  const again = await follow(harness.app, "", { path, lastEventId: id! });
  const frames = await again.take(3);
  deepEqual(frames.slice(1).map((frame) => told(frame).version), [11, 12]);
  await again.leave();
  const query = await follow(harness.app, "?after=10", { path });
  deepEqual((await query.take(2)).slice(1).map((f) => told(f).version), [11]);
  await query.leave();
});

Deno.test("a heartbeat takes the position past what is told to others", async () => {
  const { harness, get, patch } = openSettings();
  await get(SCALP);
  const stream = await follow(harness.app, "?user=ann", { path });
  const start = await stream.next();
  await patch(SCALP, { enabled: false });
  await new Promise((resolve) => setTimeout(resolve, 0));
  await harness.clock.advance(30_000);
  const [position, heartbeat] = await stream.take(2);
  deepEqual([position!.event, heartbeat!.event], ["position", "heartbeat"]);
  equal(position!.id, start.id!.replace(":9", ":10"));
  await stream.leave();
});

Deno.test("many documents at once are one change each; what is new may have changed in anything", async () => {
  const { harness, patch, post } = openSettings();
  const stream = await follow(harness.app, "", { path });
  await stream.next();
  await patch(PATHS.circuit_breaker, { max_daily_loss: 400 });
  const created = await stream.take(8);
  deepEqual(
    created.map((frame) => [told(frame).version, told(frame).paths]),
    [2, 3, 4, 5, 6, 7, 8, 9].map((version) => [version, undefined]),
  );
  equal(told(created[0]!).actor, "holdfast:new-user");
  deepEqual(told(await stream.next()).paths, [
    "circuit_breaker.global.max_daily_loss",
  ]);
  await post("/api/user/settings/load-defaults");
  const loaded = told(await stream.next());
  deepEqual([loaded.document, loaded.version], ["circuit_breaker", 11]);
  await stream.leave();
});

Deno.test("so many paths that they are too long are told by their groups", async () => {
  const { harness, get, put } = openSettings();
  await get(SCALP);
  const stream = await follow(harness.app, "", { path });
  await stream.next();
  const mode = defaultDocument("mode:scalp");
  for (const group of Object.values<Record<string, unknown>>(mode)) {
    for (const [name, value] of Object.entries(group)) {
      if (typeof value === "boolean") group[name] = !value;
    }
  }
  await put(SCALP, mode);
  const { paths } = told(await stream.next());
  equal(paths.length < 30, true);
  equal(
    paths.every((path: string) => /^mode_configs\.scalp\.\w+$/.test(path)),
    true,
  );
  await stream.leave();
});

Deno.test("every path that is told is one of history, and of reset but for custom", async () => {
  const { harness, get, patch, put } = openSettings();
  const all = PATHS["settings:all"];
  const whole = (await get(all)).json;
  const stream = await follow(harness.app, "", { path });
  await stream.next();
  await patch(all, {
    custom: { a: 1 },
    trading: { global_trading: { risk_level: "aggressive" } },
    notifications: { enabled: false },
  });
  const { paths } = told(await stream.next());
  deepEqual(paths, [
    "global_trading.risk_level",
    "notifications.enabled",
    "custom",
  ]);
  for (const flip of [whole.trading, whole.notifications]) {
    (function flipAll(at: Record<string, unknown>) {
      for (const [name, value] of Object.entries(at)) {
        if (typeof value === "boolean") at[name] = !value;
        else if (typeof value === "object" && value) flipAll(value as never);
      }
    })(flip);
  }
  equal((await put(all, whole)).status, 200);
  const many: string[] = told(await stream.next()).paths;
  equal(many.length > 4, true);
  for (const one of many) {
    const at = `/api/user/settings/history?after=10&path=${one}`;
    equal((await get(at)).json.entries.length > 0, true, one);
  }
  await stream.leave();
});

Deno.test("a position that is none is refused", async () => {
  const { get } = openSettings();
  for (const after of ["x", "-1", "1.5"]) {
    equal((await get(`${path}?after=${after}`)).status, 400, after);
  }
  const headers = { "last-event-id": "nonsense" };
  equal((await get(path, headers)).status, 400);
});

const SETUP = {
  setup_id: "s1",
  date: "2026-01-05",
  source: "test",
  tickers: ["SYNA"],
  created_at: "2026-01-05T00:00:00Z",
};
