/**
 * Kill switches: one for everybody, one a user. What is engaged survives a
 * restart and holds for every instance.
 *
 * @module
 */
import { parseObject } from "../../../domain/json_value.ts";
import { parseUserId, type UserId } from "../../../domain/user_id.ts";
import { rowsOf } from "../../../ports/ledger_rows.ts";
import type { LedgerRef, LedgerRow } from "../../../ports/trade_ledger.ts";
import { fromReadingOn } from "./commits.ts";
import type { GatewayParts } from "./parts.ts";

/** Whose the switch for everybody is in the ledger. */
const EVERYBODY = parseUserId("_everybody");

/** No user's switch has this id, so that nobody can be taken for everybody. */
const GLOBAL: LedgerRef = { kind: "kill_switch", id: "everybody" };

const OWN: LedgerRef = { kind: "kill_switch", id: "user" };

/** A kill switch. */
export interface KillSwitch {
  /** Whose orders it stops; everybody's when absent. */
  readonly user?: UserId | undefined;
  /** Whether it stops them. */
  readonly isEngaged: boolean;
  /** Why it was turned. */
  readonly reason: string;
  /** Who has turned it. */
  readonly by: string;
  /** When: milliseconds since the Unix epoch. */
  readonly at: number;
}

/** The kill switches. */
export interface KillSwitches {
  /**
   * Turns one. Once this is answered no order that it stops is taken, and none
   * that was taken before is sent. A request that is on its way to the venue by
   * then is out of reach, and what is open there stays there.
   */
  turn(
    wanted: Pick<KillSwitch, "user" | "isEngaged" | "reason" | "by">,
  ): Promise<KillSwitch>;

  /** The switch for everybody, if it was ever turned. */
  everybody(signal?: AbortSignal): Promise<KillSwitch | undefined>;

  /** The switches of users that are engaged. */
  engaged(signal?: AbortSignal): Promise<readonly KillSwitch[]>;

  /** Why orders of `user` are stopped: a reason for each engaged switch. */
  stops(user: UserId, signal?: AbortSignal): Promise<readonly string[]>;
}

/** Creates the switches. */
export function createKillSwitches(
  parts: Pick<GatewayParts, "ledger" | "clock" | "entropy" | "telemetry">,
): KillSwitches {
  const { ledger, clock, telemetry } = parts;

  async function everybody(signal?: AbortSignal) {
    const [row] = await ledger.find(EVERYBODY, [GLOBAL], signal);
    return row && switchOf(row);
  }

  return {
    everybody,

    turn({ user, isEngaged, reason, by }) {
      const whose = user ?? EVERYBODY;
      const ref = user === undefined ? GLOBAL : OWN;
      return fromReadingOn(async () => {
        const [row] = await ledger.find(whose, [ref]);
        const at = Math.floor(clock.now());
        await ledger.commit(whose, [{
          ...ref,
          ifVersion: row?.version ?? 0,
          isOpen: isEngaged,
          at,
          json: JSON.stringify({ engaged: isEngaged, reason, by, at }),
        }]);
        telemetry.log("warn", "a kill switch was turned", {
          user: user ?? "everybody",
          engaged: isEngaged,
          reason,
          by,
        });
        return { user, isEngaged, reason, by, at };
      }, parts);
    },

    async engaged(signal) {
      const query = { kind: OWN.kind, isOpen: true };
      const rows = await Array.fromAsync(rowsOf(ledger, query, signal));
      return rows.filter(({ id }) => id === OWN.id).map(switchOf);
    },

    async stops(user, signal) {
      const [all, [own]] = await Promise.all([
        everybody(signal),
        ledger.find(user, [OWN], signal),
      ]);
      return [
        ...all?.isEngaged ? [`for everybody, ${all.reason}`] : [],
        ...own?.isOpen ? [`for ${user}, ${switchOf(own).reason}`] : [],
      ];
    },
  };
}

function switchOf(row: LedgerRow): KillSwitch {
  // Whether it is engaged is the row's word, readable or not.
  const data = parseObject(row.json);
  return {
    ...row.id === OWN.id ? { user: row.user } : {},
    isEngaged: row.isOpen,
    reason: String(data?.["reason"] ?? "no reason is known"),
    by: String(data?.["by"] ?? "nobody knows"),
    at: row.at,
  };
}
