/**
 * Asks before something is done that cannot be taken back.
 *
 * @module
 */
import { signal } from "@preact/signals";
import { Dialog, Fault } from "./basics.tsx";
import { Field, restOf } from "./field.tsx";

/** What is asked. */
export interface Question {
  readonly title: string;
  /** What it does, in a sentence. */
  readonly detail: string;
  /** The word on the button that does it. */
  readonly verb: string;
  /** What the person has to give a reason for, if anything. */
  readonly reason?: string;
  /** What the service calls that; `reason` unless given. */
  readonly name?: string;
  /** Does it; what it throws is shown, and the dialog stays. */
  act(reason: string): Promise<void>;
}

const asked = signal<Question | undefined>(undefined);
const reason = signal("");
const fault = signal<unknown>(undefined);
const isBusy = signal(false);

/** Asks `question`. */
export function ask(question: Question): void {
  reason.value = "";
  fault.value = undefined;
  asked.value = question;
}

async function act(question: Question): Promise<void> {
  isBusy.value = true;
  fault.value = undefined;
  try {
    await question.act(reason.value.trim());
    asked.value = undefined;
  } catch (error) {
    fault.value = error;
  } finally {
    isBusy.value = false;
  }
}

/** Shows the question that has been asked, if any. */
export function AskDialog() {
  const question = asked.value;
  if (!question) return null;
  const close = () => void (asked.value = undefined);
  const { name = "reason" } = question;
  return (
    <Dialog key={question.title} title={question.title} onClose={close}>
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          act(question);
        }}
      >
        <p>{question.detail}</p>
        {question.reason !== undefined && (
          <Field
            label={question.reason}
            of={reason}
            name={name}
            error={fault.value}
            required
            maxLength={500}
          />
        )}
        <Fault message={restOf(fault.value, [name])} />
        <div class="buttons">
          <button type="submit" class="danger" disabled={isBusy.value}>
            {question.verb}
          </button>
          <button type="button" class="quiet" onClick={close}>Cancel</button>
        </div>
      </form>
    </Dialog>
  );
}
