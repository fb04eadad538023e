/**
 * Random command sequences: an adapter and the memory model, given the same
 * commands, give the same answers.
 *
 * @module
 */
import fc from "fast-check";
import { parseChannelPatterns } from "../../domain/event/channel_pattern.ts";
import type { LoggedEvent } from "../../domain/event/event.ts";
import type { FeatureKey, FeatureScope } from "../../domain/feature.ts";
import { parseSequenceDay } from "../../domain/sequence.ts";
import { settingsKey } from "../../domain/settings.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { FeatureStore } from "../../ports/feature_store.ts";
import { PortError } from "../../ports/port_error.ts";
import type { SequencePort } from "../../ports/sequence_port.ts";
import type { SettingsStore } from "../../ports/settings_store.ts";
import { deepEqual } from "../support/assert.ts";
import { createMemoryWorld } from "../support/memory_world.ts";

/** The four ports of one technology over one empty state. */
export interface World {
  readonly bus: EventBus;
  readonly settings: SettingsStore;
  readonly sequence: SequencePort;
  readonly features: FeatureStore;
  /** Lets wall time pass. */
  elapse(ms: number): Promise<void>;
}

/** One command: it does something to a world and says what came of it. */
interface Command {
  run(world: World): Promise<unknown>;
  toString(): string;
}

const USERS = ["ann", "bob"].map(parseUserId);
const DAYS = ["20260105", "20260106"].map(parseSequenceDay);
const KEYS = USERS.flatMap((user) => [
  settingsKey(user, "settings:all"),
  settingsKey(user, "mode:scalp"),
]);
const SYMBOLS = ["AAA", "BBB"].map(parseSymbol);
const DATES = ["2026-01-05", "2026-01-06"].map(parseTradingDate);
const VECTORS: FeatureKey[] = SYMBOLS.flatMap((symbol) =>
  DATES.map((date) => ({ symbol, date }))
);

function command(
  name: string,
  args: unknown,
  run: (world: World) => Promise<unknown>,
): Command {
  return { run, toString: () => `${name}(${JSON.stringify(args)})` };
}

/** Ids that adapters make themselves differ between worlds; the rest must not. */
function told(event: LoggedEvent): unknown {
  const own = event.channel === "settings.updated";
  return own ? { ...event, id: "made by the adapter" } : event;
}

const anId = fc.integer({ min: 0, max: 12 }).map((n) =>
  `00000000-0000-7000-8000-${String(n).padStart(12, "0")}`
);
const channel = fc.constantFrom("a.x", "a.y", "b.x");
const event = fc.record({ id: anId, channel, json: fc.json() }).map((e) => ({
  ...e,
  meta: { timestamp: "2026-01-02T03:04:05Z" },
}));
const scope: fc.Arbitrary<FeatureScope> = fc.record({
  symbol: fc.constantFrom(...SYMBOLS),
  date: fc.constantFrom(...DATES),
}, { requiredKeys: [] });

const NUMBERS: fc.Arbitrary<Command> = fc.record({
  user: fc.constantFrom(...USERS),
  day: fc.constantFrom(...DAYS),
  count: fc.integer({ min: 0, max: 5 }),
}).map((args) =>
  command(
    "next",
    args,
    ({ sequence }) => sequence.next(args.user, args.day, args.count),
  )
);

const COMMANDS: fc.Arbitrary<Command>[] = [
  fc.array(event, { maxLength: 4 }).map((events) =>
    command("publish", events, ({ bus }) => bus.publish(events))
  ),
  fc.record({
    after: fc.integer({ min: -1, max: 30 }),
    limit: fc.integer({ min: 0, max: 5 }),
    patterns: fc.subarray(["a.*", "*.x", "b.>", "settings.updated"]),
  }).map((query) =>
    command("read", query, async ({ bus }) => {
      const channels = parseChannelPatterns(query.patterns);
      const page = await bus.read({ ...query, channels });
      const { epoch: _, ...head } = page.head;
      return { head, scannedTo: page.scannedTo, events: page.events.map(told) };
    })
  ),
  fc.integer({ min: 0, max: 10_000 }).map((ms) =>
    command(
      "positionAt",
      ms,
      ({ bus }) => bus.positionAt(Date.UTC(2026, 0, 2, 3, 4, 5) + ms),
    )
  ),
  fc.record({
    changes: fc.array(
      fc.record({
        key: fc.constantFrom(...KEYS),
        json: fc.json(),
        ifVersion: fc.integer({ min: 0, max: 6 }),
      }, { requiredKeys: ["key", "json"] }),
      { maxLength: 3 },
    ),
    actor: fc.constantFrom("ann", "admin"),
  }).map((args) =>
    command(
      "write",
      args,
      ({ settings }) => settings.write(args.changes, args.actor),
    )
  ),
  fc.subarray(KEYS).map((keys) =>
    command("settings", keys, async ({ settings }) => {
      return (await settings.read(keys)).documents;
    })
  ),
  fc.record({
    keys: fc.subarray(VECTORS, { minLength: 1 }),
    json: fc.json(),
    ttlS: fc.integer({ min: 1, max: 10 }),
    between: fc.option(scope, { nil: undefined }),
  }).map((args) =>
    command("fill", args, async ({ features }) => {
      const { token } = await features.read(args.keys);
      if (args.between) await features.invalidate(args.between);
      const stamp = { set: "s", window: "w", computedAt: 0 };
      const vectors = args.keys.map((key) => ({
        ...key,
        json: args.json,
        stamp,
      }));
      const ttls = vectors.map(() => args.ttlS);
      return await features.fill(token, vectors, ttls);
    })
  ),
  scope.map((scope) =>
    command("invalidate", scope, ({ features }) => features.invalidate(scope))
  ),
  fc.constant(command("features", VECTORS, async ({ features }) => {
    return (await features.read(VECTORS)).vectors;
  })),
  fc.integer({ min: 1, max: 5000 }).map((ms) =>
    command("elapse", ms, ({ elapse }) => elapse(ms))
  ),
];

async function outcome(command: Command, world: World): Promise<unknown> {
  try {
    return await command.run(world);
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    const { epoch: _, ...facts } = error.facts;
    return { code: error.code, facts };
  }
}

/**
 * Compares the worlds that `open` makes with the memory model.
 *
 * @param options.skipsNumbers Whether order numbers may be skipped, and fences
 * come into the log, when a server is late.
 */
export function testAgreement(
  adapter: string,
  open: () => Promise<World & AsyncDisposable>,
  { runs = 150, skipsNumbers = false } = {},
): void {
  const commands = skipsNumbers ? COMMANDS : [...COMMANDS, NUMBERS];
  Deno.test(`${adapter}: agrees with the memory model on random commands`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(...commands), { minLength: 1, maxLength: 40 }),
        async (commands) => {
          await using subject = await open();
          const model = openMemoryModel();
          for (const command of commands) {
            deepEqual(
              await outcome(command, subject),
              await outcome(command, model),
              `after ${command}`,
            );
          }
        },
      ),
      { numRuns: runs },
    );
  });
}

function openMemoryModel(): World {
  const { clock, bus, settings, sequence, features } = createMemoryWorld();
  return {
    bus: bus(),
    settings: settings(),
    sequence: sequence(),
    features: features(),
    elapse: clock.advance,
  };
}
