/**
 * Taking orders in: each is kept before it is sent.
 *
 * @module
 */
import { checkOrder } from "../../../domain/order/check_order.ts";
import type { OrderRequest } from "../../../domain/order/order.ts";
import {
  differingFields,
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
import type { Checked, Checks } from "./checks.ts";
import { commitTelling, eventId, fromReadingOn } from "./commits.ts";
import type { OrderBook } from "./order_book.ts";
import type { GatewayParts } from "./parts.ts";
import { ACCOUNT, type Kept, orderChange, positionChange } from "./rows.ts";
import type { Sending } from "./sending.ts";

/** Takes orders in. */
export type Intake = Pick<OrderEntry, "submit">;

/** An order in the ledger, and whether it was there before. */
interface Entered {
  readonly kept: Kept<OrderRecord>;
  readonly isRepeat: boolean;
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
    readonly gate: (user: UserId) => PortError | undefined;
  },
): Intake {
  const { ledger, lots, clock, dryRun, telemetry } = parts;
  const { book, checks, sending, gate } = state;

  /** Finds the order, or keeps it as what the checks make of it. */
  function createEntry(
    user: UserId,
    id: string,
    request: OrderRequest,
    signal: AbortSignal | undefined,
  ) {
    let tried: OrderRecord | undefined;
    return async (): Promise<Entered | PortError> => {
      const held = await book.read(user, id, signal);
      if (held) {
        // Where an answer of the ledger was lost, it is the one from here.
        const isOurs = tried !== undefined && held.version === 1 &&
          printOrder(held.value) === printOrder(tried);
        if (!isOurs) checkSame(held.value, request);
        return { kept: held, isRepeat: !isOurs };
      }
      // Waiting a moment here would not help.
      const refusal = request.reduceOnly ? undefined : gate(user);
      if (refusal) return refusal;
      const checked = await checks.of(user, request, signal);
      signal?.throwIfAborted();
      const value = tried = recordOf(user, id, request, checked);
      await keep(value, checked);
      telemetry.count("holdfast_orders_total", { status: value.status });
      return { kept: { value, version: 1 }, isRepeat: false };
    };
  }

  function recordOf(
    user: UserId,
    id: string,
    request: OrderRequest,
    { violations }: Checked,
  ): OrderRecord {
    const now = Math.floor(clock.now());
    const isDenied = violations.length > 0;
    return {
      ...request,
      user,
      id,
      status: isDenied ? "denied" : dryRun ? "dry_run" : "pending_new",
      filledQty: 0n,
      filledValue: 0n,
      commission: 0n,
      ...isDenied ? { reason: violations.join("; ") } : {},
      createdAt: now,
      updatedAt: now,
      ...sending.hold(),
      isCanceling: false,
    };
  }

  async function keep(
    order: OrderRecord,
    { position, isKnown }: Checked,
  ): Promise<void> {
    const { user, id, status, reduceOnly, createdAt: at } = order;
    const isSent = status === "pending_new";
    await commitTelling(
      ledger,
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
        orderExecuted(order, true, await eventId(user, `order|${id}|1`)),
      ],
    );
  }

  async function sent(kept: Kept<OrderRecord>): Promise<OrderRecord> {
    try {
      return await sending.send(kept);
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
      const id = given ?? await intentId(request, clock.now());
      const entered = await book.lanes.run(
        user,
        () => fromReadingOn(createEntry(user, id, request, signal), parts),
      );
      if (entered instanceof PortError) throw entered;
      const { kept, isRepeat } = entered;
      const isToSend = !isRepeat && kept.value.status === "pending_new";
      const order = isToSend ? await sent(kept) : kept.value;
      telemetry.observe(
        "holdfast_order_entry_seconds",
        (clock.monotonic() - began) / 1000,
      );
      return { order, isRepeat } satisfies EnteredOrder;
    },
  };
}

/** The id of an order that names none. */
async function intentId(request: OrderRequest, now: number): Promise<string> {
  const text = new TextEncoder().encode(intentText(request, now));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  return digest.toHex().slice(0, INTENT_ID_DIGITS);
}

function checkSame(held: OrderRecord, request: OrderRequest): void {
  const fields = differingFields(held, request);
  if (fields.length === 0) return;
  throw new PortError(
    "conflict",
    `Cannot take order ${held.id} as there is one of that id that differs in ${
      fields.join(", ")
    }: give another client_order_id`,
    { facts: { fields } },
  );
}
