/**
 * Consumer groups: members share the events of a log, each event is settled
 * once, and what cannot be handled becomes a dead letter.
 *
 * @module
 */
import {
  adopt,
  hasLostPlace,
  pause,
  resume,
  seek,
} from "../../domain/event_group/control.ts";
import { changeOf } from "../../domain/event_group/change.ts";
import {
  createGroup,
  type GroupState,
} from "../../domain/event_group/group.ts";
import {
  checkPolicy,
  parseGroupName,
} from "../../domain/event_group/policy.ts";
import {
  countPlaces,
  extend,
  settle,
  type Settled,
  type Settlement,
} from "../../domain/event_group/settle.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { GroupStore } from "../../ports/event_groups.ts";
import { checkEffects } from "../../ports/group_rules.ts";
import { hasCode, PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { consumeGroup } from "./event_groups/consume.ts";
import type { EventGroups } from "./event_groups/groups.ts";
import { createFinder, lostPlace } from "./event_groups/delivery.ts";
import { runGauges } from "./event_groups/gauges.ts";
import { createLane, type Lane, type Operation } from "./event_groups/lane.ts";
import {
  discardLetters,
  lettersBehind,
  noLetter,
  redriveLetters,
} from "./event_groups/letters.ts";
import { locate } from "./event_groups/start.ts";
import { pollGroup } from "./event_groups/poll.ts";
import { viewGroup } from "./event_groups/view.ts";

export type { EventGroups } from "./event_groups/groups.ts";

/** Most groups. */
const MAX_GROUPS = 1000;

/** Characters of an error that are kept. */
const MAX_ERROR_CHARS = 1000;

/** Creates the service. */
export function createEventGroups(ports: {
  readonly bus: EventBus;
  readonly store: GroupStore;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly telemetry: Telemetry;
}): EventGroups {
  const { bus, store, clock, entropy, telemetry } = ports;
  const finder = createFinder(ports);
  const lanes = new Map<string, Lane>();

  function laneOf(name: string): Lane {
    let lane = lanes.get(parseGroupName(name));
    if (!lane) {
      // Whoever asks for names that are none must not fill the memory.
      if (lanes.size >= 2 * MAX_GROUPS) lanes.clear();
      lanes.set(name, lane = createLane(name, ports));
    }
    return lane;
  }

  async function run<T>(name: string, operation: Operation<T>): Promise<T> {
    return (await laneOf(name).run(operation)).value;
  }

  function stepOf(settled: Settled, verb: string) {
    if ("step" in settled) return settled.step;
    const positions = settled.fenced.join();
    const what = settled.fenced.length === 1
      ? `the event at position ${positions} as that delivery is`
      : `the events at positions ${positions} as those deliveries are`;
    throw new PortError(
      "fenced",
      `Cannot ${verb} ${what} not yours any more: the lease is over, or it was settled`,
      { facts: { positions } },
    );
  }

  const groups: EventGroups = {
    async list(signal) {
      const summaries = await store.list(signal);
      const head = await bus.head(signal);
      return await Promise.all(
        summaries.map((summary) => viewGroup(summary, head, ports, signal)),
      );
    },

    async get(name, signal) {
      parseGroupName(name);
      const summaries = await store.list(signal);
      const summary = summaries.find(({ group }) => group.name === name);
      if (!summary) throw noGroup(name);
      return await viewGroup(summary, await bus.head(signal), ports, signal);
    },

    async put(name, { policy, start }, signal) {
      parseGroupName(name);
      checkPolicy(policy);
      const held = await store.load(name, signal);
      if (held) {
        await run(name, (state) => ({
          value: undefined,
          step: adopt(state, policy),
        }));
        return false;
      }
      if ((await store.list(signal)).length >= MAX_GROUPS) {
        throw new PortError(
          "full",
          `Cannot make group ${name} as there are ${MAX_GROUPS} already`,
        );
      }
      const { position, epoch } = await locate(bus, start, signal);
      const incarnation = entropy.bytes(6).toHex();
      const begin = { name, incarnation, policy, epoch, position };
      const state = createGroup(begin);
      const step = { state, letters: [], gone: [] };
      try {
        await store.save(changeOf(undefined, step), [], signal);
        return true;
      } catch (error) {
        if (!hasCode(error, "version_conflict")) throw error;
        return await groups.put(name, { policy, start }, signal);
      }
    },

    async remove(name, signal) {
      parseGroupName(name);
      const wasThere = await store.remove(name, signal);
      if (!wasThere) throw noGroup(name);
      telemetry.log("info", "event group deleted", { group: name });
    },

    pause: (name) =>
      run(name, (state) => ({ value: undefined, step: pause(state) })),

    resume: (name) =>
      run(name, (state) => {
        const step = resume(state);
        if (!step) throw lostPlace(name, state.halted!);
        return { value: undefined, step };
      }),

    async seek(name, start, signal) {
      parseGroupName(name);
      const { position, epoch } = await locate(bus, start, signal);
      await run(name, async (state) => {
        const behind = await lettersBehind(store, state);
        return { value: undefined, step: seek(state, position, epoch, behind) };
      });
      telemetry.log("info", "event group sent elsewhere", {
        group: name,
        position,
      });
      return position;
    },

    async take(name, polling, signal) {
      const lane = laneOf(name);
      return await pollGroup({ ...ports, lane, finder }, polling, signal);
    },

    async settle(name, { acks = [], nacks = [] }, effects = []) {
      checkEffects(effects);
      const settlement = {
        acks,
        nacks: nacks.map((one) => ({ ...one, error: keptError(one.error) })),
      };
      const jitter = () => entropy.fraction();
      const { receipts, value } = await laneOf(name).run((state) => {
        const settled = settle(state, settlement, clock.now(), jitter);
        const step = stepOf(settled, "settle");
        return { value: step, step, effects };
      });
      report(name, value.letters, value.state, settlement);
      return receipts;
    },

    extend: (name, refs) =>
      run(name, (state) => {
        const now = clock.now();
        const step = stepOf(extend(state, refs, now), "extend");
        return { value: now + state.policy.leaseMs, step };
      }),

    letters: (query, signal) => store.letters(query, signal),

    async letter(group, position, signal) {
      parseGroupName(group);
      const letter = await store.letter(group, position, signal);
      if (letter) return letter;
      throw noLetter(group, position);
    },

    redrive: (group, choice) =>
      run(group, (state) => redriveLetters(store, state, choice, clock.now())),

    async discard(group, named, reason, actor) {
      const positions = [...new Set(named)];
      const letters = await run(
        group,
        (state) => discardLetters(store, state, positions, clock.now()),
      );
      const attempts = letters.map((one) => one.attempts);
      const said = { group, positions, attempts, reason, actor };
      telemetry.log("warn", "dead letters discarded", said);
    },

    consume: (name, consumption, signal) =>
      consumeGroup(groups, { ...ports, name, ...consumption }, signal),

    run: (signal) => runGauges(() => groups.list(signal), ports, signal),
  };

  /** Says what has gone wrong for good. */
  function report(
    group: string,
    letters: readonly { readonly position: number; readonly error: string }[],
    { halted }: GroupState,
    { acks, nacks }: Settlement,
  ): void {
    const count = (result: string, by: number) =>
      by > 0 &&
      telemetry.count("holdfast_group_settled_total", { group, result }, by);
    const acked = countPlaces(acks);
    count("ack", acked);
    count("nack", countPlaces([...acks, ...nacks]) - acked);
    if (letters.length > 0) {
      const { position, error } = letters[0]!;
      const dead = letters.length;
      const fields = { group, position, error, dead_letters: dead };
      telemetry.log("warn", "events became dead letters", fields);
    }
    if (halted && nacks.length > 0 && !hasLostPlace(halted)) {
      const { reason } = halted;
      telemetry.log("error", "event group has stopped", { group, reason });
    }
  }

  return groups;
}

/** What is kept of an error: what databases can hold, and not too much. */
function keptError(error: string): string {
  return error.slice(0, MAX_ERROR_CHARS).replaceAll("\0", " ").toWellFormed();
}

function noGroup(name: string): PortError {
  return new PortError(
    "not_found",
    `Cannot find group ${name} as there is none of that name`,
  );
}
