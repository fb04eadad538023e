/**
 * Background work, and what becomes of the process when some of it fails.
 *
 * @module
 */
import { parseConfig } from "../../src/config.ts";
import { openHoldfast } from "../../src/holdfast.ts";
import { createBackground } from "../../src/services/background.ts";
import { deepEqual, equal, match } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { needs } from "../support/needs.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { settle } from "../support/turns.ts";

Deno.test("work that fails is a fault, and the other goes on", async () => {
  const telemetry = createRecordingTelemetry();
  const stop = new AbortController();
  const background = createBackground(telemetry, stop.signal);
  const other = Promise.withResolvers<void>();
  background.keep("done", Promise.resolve());
  background.keep("care", Promise.reject(new TypeError("x is no y")));
  background.keep("other", other.promise);
  await settle();
  match(background.fault()!, /some has ended, start again: care$/);
  const [line] = telemetry.logged("error");
  deepEqual([line?.fields["work"], line?.fields["error"]], [
    "care",
    "x is no y",
  ]);
  let isOver = false;
  stop.abort();
  const end = background.end().then(() => isOver = true);
  await settle();
  equal(isOver, false);
  other.resolve();
  await end;
});

Deno.test("work that ends because it is told to is no fault", async () => {
  const telemetry = createRecordingTelemetry();
  const stop = new AbortController();
  const background = createBackground(telemetry, stop.signal);
  background.keep(
    "care",
    new Promise((_, reject) => {
      stop.signal.onabort = () => reject(stop.signal.reason);
    }),
  );
  stop.abort();
  await background.end();
  equal(background.fault(), undefined);
  deepEqual(telemetry.logged(), []);
});

if (await needs(import.meta.url, ["read", "env", "net"])) {
  Deno.test("a process whose care of orders has ended is unhealthy", async () => {
    const recording = createRecordingTelemetry();
    const telemetry = {
      ...recording,
      exposition: () => "",
      gauge(...call: Parameters<typeof recording.gauge>) {
        const isCare = call[0] === "holdfast_reconciliation_age_seconds";
        if (isCare && isBroken) throw new TypeError("x is no y");
        recording.gauge(...call);
      },
    };
    let isBroken = false;
    const clock = createFakeClock();
    const config = parseConfig({
      ROLE: "execution-gateway",
      STORE: "memory",
    });
    await using process = await openHoldfast(config, { telemetry, clock });
    const health = async () => await process.app.request("/health");
    equal((await health()).status, 200);
    isBroken = true;
    const hasEnded = () =>
      recording.logged("error").some(({ fields }) =>
        fields["work"] === "trading"
      );
    while (!hasEnded()) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      await clock.advance(500);
    }
    const answer = await health();
    equal(answer.status, 503);
    match(await answer.text(), /some has ended, start again: trading/);
  });
}
