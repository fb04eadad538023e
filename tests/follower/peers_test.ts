/**
 * When the lease of another instance has ended.
 *
 * @module
 */
import { type Lease, PATIENCE_MS } from "../../domain/lease.ts";
import { createPeers } from "../../src/follower/peers.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";

const leaseOf = (parts: Partial<Lease> = {}): Lease => ({
  bootId: "other",
  label: "",
  renewal: 1,
  history: "h",
  gate: "open",
  appliedPosition: 5,
  ...parts,
});

function createWorld() {
  const clock = createFakeClock();
  const peers = createPeers("self", clock);
  return {
    clock,
    peers,
    /** Looks at `leases`, which are asked for now. */
    look: (...leases: Lease[]) => peers.observe(leases, clock.monotonic()),
  };
}

Deno.test("a lease counts until it records the position", () => {
  const { peers, look } = createWorld();
  const lease = leaseOf();
  look(lease);
  equal(peers.allAt(5, [lease]), true);
  equal(peers.allAt(6, [lease]), false);
});

Deno.test("our own row and closed ones do not count", () => {
  const { peers, look } = createWorld();
  const leases = [leaseOf({ bootId: "self" }), leaseOf({ gate: "closed" })];
  look(...leases);
  equal(peers.allAt(6, leases), true);
  equal(peers.anyWaiting, true);
});

Deno.test("a lease that is not renewed ends, once a look that was asked for late enough shows so", async () => {
  const { clock, peers, look } = createWorld();
  const lease = leaseOf();
  look(lease);
  const early = clock.monotonic();
  await clock.advance(PATIENCE_MS);
  peers.observe([lease], early);
  equal(peers.allAt(6, [lease]), false, "it may have been renewed since");
  look(lease);
  equal(peers.allAt(6, [lease]), true);
  deepEqual(peers.ended(), [{ bootId: "other", renewal: 1 }]);
});

Deno.test("a renewal begins the wait anew", async () => {
  const { clock, peers, look } = createWorld();
  look(leaseOf());
  await clock.advance(PATIENCE_MS - 1);
  const renewed = leaseOf({ renewal: 2 });
  look(renewed);
  await clock.advance(PATIENCE_MS - 1);
  look(renewed);
  equal(peers.allAt(6, [renewed]), false);
  deepEqual(peers.ended(), []);
});

Deno.test("an answer with an older renewal, overtaken by a newer one, ends nothing", async () => {
  const { clock, peers, look } = createWorld();
  const [old, fresh] = [leaseOf(), leaseOf({ renewal: 2 })];
  look(old);
  await clock.advance(PATIENCE_MS);
  look(fresh);
  look(old);
  equal(peers.allAt(6, [old]), false);
});

Deno.test("what is no longer among the leases is forgotten", async () => {
  const { clock, peers, look } = createWorld();
  look(leaseOf());
  await clock.advance(PATIENCE_MS);
  look();
  look(leaseOf());
  equal(peers.allAt(6, [leaseOf()]), false);
});
