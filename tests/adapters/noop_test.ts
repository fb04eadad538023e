/**
 * The no-op adapters hold nothing and pretend nothing.
 *
 * @module
 */
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { openNoopEventBus } from "../../adapters/noop/event_bus.ts";
import { openNoopFeatureStore } from "../../adapters/noop/feature_store.ts";
import { openNoopSequencePort } from "../../adapters/noop/sequence_port.ts";
import { openNoopSettingsArchive } from "../../adapters/noop/settings_archive.ts";
import { openNoopSettingsStore } from "../../adapters/noop/settings_store.ts";
import { parseSequenceDay } from "../../domain/sequence.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { testEventBus } from "../contracts/event_bus.ts";
import { testFeatureStore } from "../contracts/feature_store.ts";
import { testSequencePort } from "../contracts/sequence_port.ts";
import { testSettingsArchive } from "../contracts/settings_archive.ts";
import { testSettingsStore } from "../contracts/settings_store.ts";
import { anEvent } from "../support/events.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { subject } from "../support/memory_world.ts";

const REFUSES = "it refuses every publish";
testEventBus("noop", async () => {
  const bus = openNoopEventBus();
  return subject({ bus, elapse: createFakeClock().advance }, bus);
}, {
  "what is published is read back whole": REFUSES,
  "positions are dense from 1, in the order given": REFUSES,
  "a batch tells where it ends": REFUSES,
  "concurrent publishers get dense positions, each event its own": REFUSES,
  "an id published again gets its first position and changes nothing": REFUSES,
  "the same id published at once by many is stored once": REFUSES,
  "reading resumes after any position, exactly": REFUSES,
  "a page holds at most its limit and says how far it looked": REFUSES,
  "channel patterns choose events, and unmatched ones are passed over": REFUSES,
  "positions, limits and epochs out of range are refused": REFUSES,
  "commit times never go back, and positionAt() finds them": REFUSES,
  "wait() resolves at once when there is news already": REFUSES,
  "wait() resolves for every waiter when an event arrives": REFUSES,
  "every subscriber gets every event, in one order, whoever publishes at once":
    REFUSES,
  "a subscription that is cut off goes on without loss or repeat": REFUSES,
  "who reads slowly delays nobody, and gets everything in the end": REFUSES,
  "an abort ends a subscription soon, and leaves nothing behind": REFUSES,
  "a question has one answer: in time, late, asked again, or by others":
    REFUSES,
});

const KEEPS_NOTHING = "it keeps nothing";
testFeatureStore("noop", async () => {
  const store = openNoopFeatureStore();
  return subject({ store, elapse: createFakeClock().advance }, store);
}, {
  "a filled vector is read back whole": KEEPS_NOTHING,
  "hits and misses come in the order asked for": KEEPS_NOTHING,
  "a vector without features is a hit": KEEPS_NOTHING,
  "a fill replaces what is held": KEEPS_NOTHING,
  "a vector is forgotten when its time is up, not before": KEEPS_NOTHING,
  "invalidating forgets exactly the scope": KEEPS_NOTHING,
  "a fill whose read came before an invalidation of it keeps nothing":
    KEEPS_NOTHING,
  "an invalidation of other vectors does not stop a fill for good":
    KEEPS_NOTHING,
});

const NO_WRITES = "it refuses every write";
testSettingsStore("noop", async () => {
  const [bus, store] = [openNoopEventBus(), openNoopSettingsStore()];
  return subject({ bus, store }, store, bus);
}, {
  "a write is read back byte for byte, with its version": NO_WRITES,
  "what is remembered has been stored, if not last": NO_WRITES,
  "a read answers in the order asked for, each key as often as asked":
    NO_WRITES,
  "users do not see each other's documents": NO_WRITES,
  "a version is the position of the event that tells of the change": NO_WRITES,
  "the paths of a change stand in its event, and are bounded": NO_WRITES,
  "a removal is a change like any other, and nothing is there afterwards":
    NO_WRITES,
  "what was removed has version 0, and is written anew with a higher one":
    NO_WRITES,
  "a removal that is refused removes nothing": NO_WRITES,
  "of removals and writes at once, the one with the highest version holds":
    NO_WRITES,
  "ifVersion lets exactly the expected version through": NO_WRITES,
  "all documents of a write change, or none": NO_WRITES,
  "of concurrent writers on one version, one succeeds": NO_WRITES,
  "a read begun after a write returned sees it or a newer one": NO_WRITES,
  "a snapshot never mixes two writes": NO_WRITES,
  "a large document is kept whole": NO_WRITES,
});

testSettingsArchive("noop", async () => {
  const [bus, store] = [openNoopEventBus(), openNoopSettingsStore()];
  const archive = openNoopSettingsArchive();
  const elapse = createFakeClock().advance;
  return subject({ bus, store, archive, elapse }, archive, store, bus);
}, {
  "a removal is a revision without a value": NO_WRITES,
  "what is forgotten by name is as if it had never been, and nothing else goes":
    NO_WRITES,
  "revisions above the version stay, and what went is told apart": NO_WRITES,
  "one call forgets a bounded number by name, the oldest first": NO_WRITES,
  "every change is told with what stood before it, oldest first": NO_WRITES,
  "changes are read on from the last one that was read": NO_WRITES,
  "a write that is refused leaves no change": NO_WRITES,
  "changes made at once are all told": NO_WRITES,
  "a document is read as it stood at any position": NO_WRITES,
  "a change has the time at which its event was committed": NO_WRITES,
  "what had been replaced before a time is forgotten, the newest of each is kept":
    NO_WRITES,
  "what was forgotten is told apart from what did not exist": NO_WRITES,
  "one call forgets a bounded number, the oldest first": NO_WRITES,
  "an answer is bounded by its values, and has one at least": NO_WRITES,
  "keys are listed in the order of their characters, page by page": NO_WRITES,
  "an aborted call does nothing": NO_WRITES,
  "the past agrees with a plain model on random changes": NO_WRITES,
});

const NO_NUMBERS = "it issues nothing";
testSequencePort("noop", async () => {
  const sequence = openNoopSequencePort();
  return subject({ sequence }, sequence);
}, {
  "a series begins at 1": NO_NUMBERS,
  "numbers rise from call to call": NO_NUMBERS,
  "users and days have series of their own": NO_NUMBERS,
  "concurrent callers never share a number": NO_NUMBERS,
  "a count out of range is refused and uses nothing up": NO_NUMBERS,
});

Deno.test("noop: what cannot be done is refused, never pretended", async () => {
  await using bus = openNoopEventBus();
  await using settings = openNoopSettingsStore();
  await using sequence = openNoopSequencePort();
  const key = parseSettingsKey("user:1:settings:all");
  const unsupported = { code: "unsupported", message: /switched off/ };
  await rejects(bus.publish([anEvent()]), unsupported);
  await rejects(settings.write([{ key, json: "{}" }], "1"), unsupported);
  const day = parseSequenceDay("20260105");
  await rejects(sequence.next(parseUserId("1"), day), unsupported);
  for (const count of [0, 1001]) {
    await rejects(sequence.next(parseUserId("1"), day, count), {
      code: "invalid",
    });
  }
  deepEqual((await settings.read([key])).documents, [undefined]);
  equal(await bus.positionAt(0), 0);
});

Deno.test("noop: features are taken and forgotten", async () => {
  await using store = openNoopFeatureStore();
  const { token } = await store.read([]);
  equal(await store.fill(token, [], []), 0);
  await store.invalidate({});
});
