/**
 * How events of groups are written.
 *
 * @module
 */
import {
  type EventForm,
  formatEvent,
} from "../../../../domain/event/envelope.ts";
import type { DeliveryRef } from "../../../../domain/event_group/group.ts";
import { countPlaces } from "../../../../domain/event_group/settle.ts";
import type { Polled } from "../../../services/event_groups/poll.ts";
import type { SettleResult } from "../../../services/event_groups/settling.ts";
import { instantOf } from "../../schemas.ts";
import { stateOf } from "./schemas.ts";

/** What is answered to who has settled `refs`. */
export function printSettled(
  refs: readonly DeliveryRef[],
  { receipts, isRepeat }: SettleResult,
) {
  return {
    settled: countPlaces(refs),
    ...isRepeat ? { already: true as const } : {},
    effects: [...receipts],
  };
}

/** What is answered to who has taken deliveries. */
export function printNext(
  { deliveries, group }: Polled,
  form: EventForm,
): string {
  const list = deliveries.map(({ event, token, attempt, deadline }) =>
    `{"position":${event.position},"token":"${token}","attempt":${attempt},` +
    `"lease_until":"${instantOf(deadline)}","event":${
      formatEvent(event, group.epoch, form)
    }}`
  );
  return `{"deliveries":[${list.join()}],"state":"${stateOf(group)}",` +
    `"checkpoint":${group.checkpoint},"epoch":"${group.epoch}"}`;
}
