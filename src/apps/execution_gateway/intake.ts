/**
 * Taking orders in: each is kept before it is sent.
 *
 * @module
 */
import { checkOrder } from "../../../domain/order/check_order.ts";
import type { OrderRequest } from "../../../domain/order/order.ts";
import {
  differingFields,
  fieldText,
  INTENT_ID_DIGITS,
  intentText,
} from "../../../domain/order/order_intent.ts";
import {
  type OrderRecord,
  printOrder,
} from "../../../domain/order/order_record.ts";
import { orderExecuted } from "../../../domain/order/trade_event.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { EnteredOrder, OrderEntry } from "../../../ports/order_entry.ts";
import { PortError } from "../../../ports/port_error.ts";
import { errorFields } from "../../services/error_fields.ts";
import { sha256 } from "../../services/sha256.ts";
import type { Checked, Checks } from "./checks.ts";
import { eventId, fromReadingOn } from "./commits.ts";
import type { Hold, Holds } from "./holds.ts";
import { createLanes, MAX_WAITING } from "./lanes.ts";
import type { OrderBook } from "./order_book.ts";
import type { GatewayParts } from "./parts.ts";
import { ACCOUNT, type Kept, orderChange, positionChange } from "./rows.ts";
import type { Sending } from "./sending.ts";

/** Orders of one user that are entered at a time. */
const MAX_ENTERING = 16;

/** Times that an order without an id is kept anew after it was denied. */
const MAX_ATTEMPTS = 100;

/** Takes orders in. */
export type Intake = Pick<OrderEntry, "submit">;

/** An order that was to be kept. */
interface Tried {
  readonly value: OrderRecord;
  readonly hold: Hold;
}

/** An order in the ledger; the hold where it was not there before. */
interface Entered {
  readonly kept: Kept<OrderRecord>;
  readonly hold?: Hold | undefined;
}

/**
 * Creates the intake.
 *
 * @param state.gate Says why orders of a user cannot be taken, if so.
 */
export function createIntake(
  parts: GatewayParts,
  state: {
    readonly book: OrderBook;
    readonly checks: Checks;
    readonly sending: Sending;
    readonly holds: Holds;
    readonly gate: (user: UserId) => PortError | undefined;
  },
): Intake {
  const { ledger, lots, clock, dryRun, telemetry } = parts;
  const { book, checks, sending, holds, gate } = state;
  const users = createLanes(MAX_WAITING, MAX_ENTERING);
  const lanes = createLanes();

  /**
   * Finds the order, or keeps it as what the checks make of it. One that was
   * denied is checked again where `ids` has another id for it.
   */
  function createEntry(
    user: UserId,
    ids: readonly (() => string)[],
    request: OrderRequest,
    signal: AbortSignal | undefined,
  ) {
    const tries: Tried[] = [];

    /** The newest order under `ids`, and the id that is left for the next. */
    async function look(): Promise<{ held?: Entered; id?: string }> {
      let held: Entered | undefined;
      for (const idOf of ids) {
        const id = idOf();
        const kept = await book.read(user, id, signal);
        if (!kept) return { ...held && { held }, id };
        // Where an answer of the ledger was lost, it is one from here.
        const ours = kept.version === 1
          ? tries.find(({ value }) =>
            value.id === id && printOrder(value) === printOrder(kept.value)
          )
          : undefined;
        if (!ours) checkSame(kept.value, request, ids.length === 1);
        held = { kept, hold: ours?.hold };
        if (ours || kept.value.status !== "denied") break;
      }
      return { held: held! };
    }

    return async (): Promise<Entered | PortError> => {
      const { held, id } = await look();
      if (id === undefined) return held!;
      // Waiting a moment here would not help.
      const refusal = request.reduceOnly ? undefined : gate(user);
      if (refusal) return refusal;
      const checked = await checks.of(user, request, signal);
      signal?.throwIfAborted();
      // What is denied for the same reasons is no other order.
      if (held && reasonOf(checked) === held.kept.value.reason) return held;
      const hold = holds.take();
      const value = recordOf(user, id, request, checked, hold);
      tries.push({ value, hold });
      await keep(value, checked);
      telemetry.count("holdfast_orders_total", { status: value.status });
      return { kept: { value, version: 1 }, hold };
    };
  }

  function recordOf(
    user: UserId,
    id: string,
    request: OrderRequest,
    checked: Checked,
    hold: Hold,
  ): OrderRecord {
    const now = Math.floor(clock.now());
    const reason = reasonOf(checked);
    const isDenied = reason !== undefined;
    return {
      ...request,
      user,
      id,
      status: isDenied ? "denied" : dryRun ? "dry_run" : "pending_new",
      filledQty: 0n,
      filledValue: 0n,
      commission: 0n,
      ...isDenied ? { reason } : {},
      createdAt: now,
      updatedAt: now,
      ...hold.fields,
      isCanceling: false,
    };
  }

  async function keep(
    order: OrderRecord,
    { position, isKnown }: Checked,
  ): Promise<void> {
    const { user, id, status, reduceOnly, createdAt: at } = order;
    const isSent = status === "pending_new";
    await ledger.commit(
      user,
      [
        orderChange(order, 0),
        ...isKnown
          ? []
          : [{ ...ACCOUNT, ifVersion: 0, isOpen: true, at, json: "{}" }],
        // Of two that would reduce the same units, one has to look again.
        ...isSent && reduceOnly
          ? [positionChange(position.value, position.version)]
          : [],
      ],
      isSent ? [] : [
        orderExecuted(order, undefined, eventId(user, `order|${id}|1`)),
      ],
    );
  }

  async function sent(
    kept: Kept<OrderRecord>,
    hold: Hold,
  ): Promise<OrderRecord> {
    try {
      return await sending.send(kept, hold);
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      const { value } = kept;
      // It is kept, so that whoever looks after open orders goes on with it.
      telemetry.log("error", "what became of an order could not be kept", {
        user: value.user,
        order: value.id,
        ...errorFields(error),
      });
      return value;
    }
  }

  return {
    async submit(user, { id: given, ...request }, signal) {
      const began = clock.monotonic();
      checkOrder({ ...request, id: given }, lots);
      const now = clock.now();
      const ids = given === undefined
        ? Array.from(
          { length: MAX_ATTEMPTS },
          (_, i) => () => intentId(request, now, i + 1),
        )
        : [() => given];
      const entry = createEntry(user, ids, request, signal);
      // Reductions of one position would only come in each other's way.
      const lane = `${user} ${request.reduceOnly ? request.symbol : ids[0]!()}`;
      const entered = await users.run(
        user,
        () => lanes.run(lane, () => fromReadingOn(entry, parts)),
      );
      if (entered instanceof PortError) throw entered;
      const { kept, hold } = entered;
      const isToSend = hold && kept.value.status === "pending_new";
      const order = isToSend ? await sent(kept, hold) : kept.value;
      telemetry.observe(
        "holdfast_order_entry_seconds",
        (clock.monotonic() - began) / 1000,
      );
      return { order, isRepeat: !hold } satisfies EnteredOrder;
    },
  };
}

/** Why an order is denied; nothing when it is not. */
function reasonOf({ violations }: Checked): string | undefined {
  return violations.length === 0 ? undefined : violations.join("; ");
}

/** The id of an order that names none. */
function intentId(
  request: OrderRequest,
  now: number,
  attempt: number,
): string {
  return sha256(intentText(request, now, attempt)).toHex()
    .slice(0, INTENT_ID_DIGITS);
}

function checkSame(
  held: OrderRecord,
  request: OrderRequest,
  isNamed: boolean,
): void {
  const fields = differingFields(held, request);
  if (fields.length === 0) return;
  const values = fields.map((field) => fieldText(held, field));
  const differing = fields.map((field, i) => `${field} (there ${values[i]})`);
  // Those that differ otherwise have other ids.
  const why = isNamed ? "" : ", and without an id prices count to the cent";
  throw new PortError(
    "conflict",
    `Cannot take order ${held.id} as there is one of that id that differs in ${
      differing.join(", ")
    }${why}: give another client_order_id`,
    { facts: { fields, values } },
  );
}
