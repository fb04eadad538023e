/**
 * What the judge of orders finds.
 *
 * @module
 */

/** Something that must not be. */
export interface OrderViolation {
  readonly rule:
    | "answer" // of one request one order, and what is told of it stays true
    | "kept" // what a client was told of is there
    | "twice" // the venue was sent an order once
    | "venue" // what is here is at the venue, and the other way round
    | "pending" // nothing stays on its way for ever
    | "position" // positions are the sum of fills, here and at the venue
    | "earned" // gains follow from the fills
    | "told" // events are what happened, each once
    | "counted" // the autopilot counts each order once
    | "run"; // a run has sent its orders, and was told of once
  readonly message: string;
}

/** Says that something is wrong. */
export type Say = (rule: OrderViolation["rule"], message: string) => void;
