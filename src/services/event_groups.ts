/**
 * Consumer groups: members share the events of a log, each event is settled
 * once, and what cannot be handled becomes a dead letter.
 *
 * @module
 */
import {
  adopt,
  pause,
  resume,
  seek,
} from "../../domain/event_group/control.ts";
import { changeOf } from "../../domain/event_group/change.ts";
import { createGroup } from "../../domain/event_group/group.ts";
import {
  checkPolicy,
  parseGroupName,
} from "../../domain/event_group/policy.ts";
import { extend } from "../../domain/event_group/settle.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { GroupStore } from "../../ports/event_groups.ts";
import { hasCode, PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { consumeGroup } from "./event_groups/consume.ts";
import type { EventGroups } from "./event_groups/groups.ts";
import { refuseStrangers } from "./event_groups/former_life.ts";
import { createFinder, lostPlace } from "./event_groups/delivery.ts";
import { runGauges } from "./event_groups/gauges.ts";
import { createLane, type Lane, type Operation } from "./event_groups/lane.ts";
import {
  discardLetters,
  lettersBehind,
  noLetter,
  redriveLetters,
} from "./event_groups/letters.ts";
import { isOvertaken, locate } from "./event_groups/start.ts";
import { createPolls, type Polls } from "./event_groups/poll.ts";
import { createSettling, stepOf } from "./event_groups/settling.ts";
import { viewGroups } from "./event_groups/view.ts";

export type { EventGroups } from "./event_groups/groups.ts";

/** Most groups. */
const MAX_GROUPS = 1000;

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
  const settling = createSettling(ports);
  const lanes = new Map<
    string,
    { readonly lane: Lane; readonly polls: Polls }
  >();

  function laneOf(name: string) {
    let held = lanes.get(parseGroupName(name));
    if (!held) {
      // Whoever asks for names that are none must not fill the memory.
      if (lanes.size >= 2 * MAX_GROUPS) lanes.clear();
      const lane = createLane(name, ports);
      held = { lane, polls: createPolls({ ...ports, lane, finder }) };
      lanes.set(name, held);
    }
    return held;
  }

  async function run<T>(name: string, operation: Operation<T>): Promise<T> {
    return (await laneOf(name).lane.run(operation)).value;
  }

  const groups: EventGroups = {
    async list(signal) {
      return await viewGroups(await store.list(signal), ports, signal);
    },

    async get(name, signal) {
      parseGroupName(name);
      const summaries = await store.list(signal);
      const summary = summaries.find(({ group }) => group.name === name);
      if (!summary) throw noGroup(name);
      const [view] = await viewGroups([summary], ports, signal);
      return view!;
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
        const isPassed = isOvertaken(error, start);
        if (!isPassed && !hasCode(error, "version_conflict")) throw error;
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
      try {
        await run(name, async (state) => {
          await refuseStrangers(ports, name, { position, epoch });
          const behind = await lettersBehind(store, state, position);
          const step = seek(state, position, epoch, behind);
          // Further on it looks as if the group had only read.
          return { value: undefined, step, isForced: true };
        });
      } catch (error) {
        if (!isOvertaken(error, start)) throw error;
        return await groups.seek(name, start, signal);
      }
      telemetry.log("info", "event group sent elsewhere", {
        group: name,
        position,
      });
      return position;
    },

    take: async (name, polling, signal) =>
      await laneOf(name).polls.take(polling, signal),

    settle: async (name, settlement, effects = []) =>
      await settling(name, laneOf(name).lane, settlement, effects),

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

  return groups;
}

function noGroup(name: string): PortError {
  return new PortError(
    "not_found",
    `Cannot find group ${name} as there is none of that name`,
  );
}
