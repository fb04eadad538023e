/**
 * The members of an event as publishers send them, whatever its channel.
 *
 * @module
 */
import { z } from "zod";
import { USER_ID_PATTERN } from "../user_id.ts";
import { isUuid } from "../uuid.ts";
import { type Faults, report } from "./event_data.ts";
import type { EventMeta } from "./event.ts";
import { correlation, must, pattern } from "./fields.ts";
import { parseTraceparent } from "./traceparent.ts";

const A_TEXT = must("a text of 1 to 256 printable characters");
const A_TIME = must(
  "an ISO 8601 time with a zone, such as 2026-01-02T03:04:05Z",
);
const AN_ID = must("a UUID");
const A_USER = must("a user id of 1 to 128 letters, digits or _ . @ -");
const A_TRACE = must("a W3C traceparent");

const text = z.string(A_TEXT).regex(/^[^\p{Cc}\p{Cs}]{1,256}$/u, A_TEXT);

const time = z.iso.datetime({ offset: true, ...A_TIME }).max(40, A_TIME);

/** The members of `metadata` that an event has room for. */
const Metadata = z.object({
  key: text.exactOptional(),
  source: text.exactOptional(),
  user: z.string(A_USER).regex(new RegExp(USER_ID_PATTERN), A_USER)
    .exactOptional(),
  traceparent: z.string(A_TRACE)
    .refine((value) => parseTraceparent(value) !== undefined, A_TRACE)
    .exactOptional(),
  correlation_id: correlation.exactOptional(),
  reply_to: pattern.exactOptional(),
  expires_at: time.exactOptional(),
}, must("an object"));

/** What publishers say of an event beside its data. */
export interface FrameMembers {
  /** Its id, in lower case. */
  readonly id?: string | undefined;
  /** Its key. */
  readonly key?: string | undefined;
  /** When it happened. */
  readonly timestamp?: string | undefined;
  /** Facts about it; `key` stands for the one beside it. */
  readonly metadata?:
    | Omit<EventMeta, "timestamp"> & { readonly key?: string }
    | undefined;
}

/** The members of an event, whatever its channel and its data. */
const Frame = z.object({
  id: z.string(AN_ID).toLowerCase().refine(isUuid, AN_ID).optional(),
  key: text.optional(),
  timestamp: time.optional(),
  metadata: Metadata.optional(),
});

/** Members of `metadata` that are taken, or were put there on delivery. */
export const KNOWN_METADATA: ReadonlySet<string> = new Set([
  ...Object.keys(Metadata.shape),
  "position",
  "epoch",
  "committed_at",
]);

/** Reads the members of an event; tells `fault` what is wrong with them. */
export function readFrame(
  members: { readonly [name in keyof FrameMembers]: unknown },
  fault: Faults,
): FrameMembers | undefined {
  const frame = Frame.safeParse(members);
  report(frame, [], fault);
  return frame.data;
}
