/**
 * Starting an instance: the follower and its clients.
 *
 * @module
 */
import type { SettingsKey } from "../../domain/settings.ts";
import type { SettingsStore } from "../../ports/settings_store.ts";
import { openFollower } from "../../src/follower/follower.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import type { Chance } from "./chance.ts";
import { createFastLink, type FastHost } from "./fast_link.ts";
import { type Operation, tell } from "./history.ts";
import { createInstanceClock } from "./instance_clock.ts";
import type { Instance, Load } from "./instance.ts";
import { createRecordLink } from "./record_link.ts";
import type { Actor } from "./timeline.ts";
import { createWire } from "./wire.ts";
import type { World } from "./world.ts";

/** How far a clock may be from the right rate: two of them stay below a tenth. */
const MAX_DRIFT = 0.04;

/** How long a client waits for an answer before it asks for something else. */
const PATIENCE_MS = 150;

/** Starts an instance whose fast layer is at `host`. */
export function startInstance(
  world: World,
  name: string,
  host: FastHost,
  load: Load,
): Instance {
  const { timeline, history, database } = world;
  const actor: Actor = { name, pausedUntil: 0, isDead: false };
  const chance = world.chance(`instance ${name}`);
  const network = world.chance(`network ${name}`);
  const trace = (text: () => string) => world.trace(() => `${name}: ${text()}`);
  const rate = 1 + chance.between(-MAX_DRIFT, MAX_DRIFT);
  const clock = createInstanceClock(timeline, actor, rate, network);
  const common = { timeline, actor, chance: network, trace: world.trace };
  const fastWire = createWire(common);
  const recordWire = createWire(common);
  const fast = createFastLink({ ...common, wire: fastWire, host, trace });
  const record = createRecordLink({
    ...common,
    wire: recordWire,
    host: database,
  });
  const follower = openFollower({
    ...record,
    fast: fast.layer,
    clock,
    entropy: world.chance(`entropy ${name}`).entropy,
    telemetry: createRecordingTelemetry(),
    label: name,
  });
  follower.listen(() =>
    trace(() => {
      const { mode, fault } = follower.state();
      return `mode ${mode}${fault ? `, as ${fault}` : ""}`;
    })
  );

  const instance: Instance = {
    actor,
    clock,
    follower,
    fast,
    fastWire,
    recordWire,
    load,
    async read(client, keys) {
      const store = chance.happens(instance.load.pinned)
        ? follower.databaseSettings
        : follower.settings;
      const call = () => store.read(keys, someSignal());
      return note(await history.read(`${name}/${client}`, keys, call));
    },
    async write(client, keys) {
      const changes = keys.map((key) => change(key));
      const store: SettingsStore = chance.happens(0.1)
        ? follower.databaseSettings
        : follower.settings;
      const call = () => store.write(changes, client, someSignal());
      return note(await history.write(`${name}/${client}`, changes, call));
    },
  };
  for (let i = 0; i < load.readers; i++) live(`reader${i}`, false);
  for (let i = 0; i < load.writers; i++) live(`writer${i}`, true);
  return instance;

  function note(operation: Operation): Operation {
    trace(() => `done ${tell(operation)}`);
    return operation;
  }

  function change(key: SettingsKey) {
    const version = database.documents.get(key)?.version ?? 0;
    return {
      key,
      json: world.newValue(),
      ...(chance.happens(0.15) && { ifVersion: version }),
    };
  }

  function someSignal(): AbortSignal | undefined {
    if (!chance.happens(instance.load.gone)) return undefined;
    const gone = new AbortController();
    timeline.after(
      chance.around(10),
      actor,
      () => gone.abort(new Error("gone")),
    );
    return gone.signal;
  }

  function someKeys(chance: Chance): SettingsKey[] {
    const { keys } = world;
    if (chance.happens(0.6)) return [chance.pick(keys)];
    const some = keys.filter(() => chance.happens(0.6));
    return some.length > 0 ? some : [...keys];
  }

  /** A client goes on when it has its answer, or no more patience. */
  function live(client: string, mayWrite: boolean): void {
    timeline.after(chance.around(instance.load.pauseMs), actor, () => {
      if (instance.load.pauseMs === Infinity) return;
      const writes = mayWrite && chance.happens(instance.load.writes);
      const keys = someKeys(chance);
      trace(() => `${client} ${writes ? "writes" : "reads"} ${keys}`);
      const call = writes
        ? instance.write(client, keys)
        : instance.read(client, keys);
      let isWaiting = true;
      const callOff = timeline.after(PATIENCE_MS, actor, goOn);
      void call.then(() => {
        callOff();
        goOn();
      });
      function goOn(): void {
        if (isWaiting) live(client, mayWrite);
        isWaiting = false;
      }
    });
  }
}
