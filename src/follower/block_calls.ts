/**
 * Taking numbers from the fast layer: many series, one round trip.
 *
 * @module
 */
import type { SequenceRange } from "../../domain/sequence.ts";
import type { Fenced } from "../../ports/fast_layer.ts";
import { PortError } from "../../ports/port_error.ts";
import type {
  BlockScope,
  NoNumbers,
  SequenceAsk,
  SequenceBlocks,
} from "../../ports/sequence_blocks.ts";

/** Series of one round trip, at most. */
const MAX_ASKS = 256;

/** What came of an ask; `undefined` when there was no answer in time. */
export type BlockAnswer = SequenceRange | NoNumbers | Fenced | undefined;

/** Asks for numbers in a call that is sent after this one began. */
export type BlockCalls = (
  scope: BlockScope,
  ask: SequenceAsk,
) => Promise<BlockAnswer>;

interface Waiting {
  readonly scope: BlockScope;
  readonly ask: SequenceAsk;
  readonly resolve: (answer: BlockAnswer) => void;
  readonly reject: (reason: unknown) => void;
}

/** Creates the calls to `blocks`. */
export function createBlockCalls(
  blocks: Pick<SequenceBlocks, "next">,
): BlockCalls {
  let waiting: Waiting[] = [];
  let isSending = false;

  /** Sends what has come in since the last call, until nothing waits. */
  async function send(): Promise<void> {
    // Whoever asks in this same turn shares the call.
    await Promise.resolve();
    while (waiting.length > 0) await sendSome();
    isSending = false;
  }

  async function sendSome(): Promise<void> {
    const { scope } = waiting[0]!;
    const sent: Waiting[] = [];
    const left: Waiting[] = [];
    for (const one of waiting) {
      const fits = sent.length < MAX_ASKS && isSame(one.scope, scope);
      (fits ? sent : left).push(one);
    }
    waiting = left;
    try {
      const answers = await blocks.next(scope, sent.map(({ ask }) => ask));
      sent.forEach(({ resolve }, i) =>
        resolve(answers === "fenced" ? answers : answers[i])
      );
    } catch (error) {
      if (!(error instanceof PortError)) {
        for (const { reject } of sent) reject(error);
        return;
      }
      // Those who wait have waited as long for this one as it has.
      const all = [...sent, ...waiting.splice(0)];
      for (const { resolve } of all) resolve(undefined);
    }
  }

  return (scope, ask) =>
    new Promise((resolve, reject) => {
      waiting.push({ scope, ask, resolve, reject });
      if (isSending) return;
      isSending = true;
      void send();
    });
}

function isSame(one: BlockScope, other: BlockScope): boolean {
  return one.history === other.history && one.generation === other.generation;
}
