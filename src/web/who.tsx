/**
 * Who one is, and for whom an administrator acts.
 *
 * @module
 */
import { signal } from "@preact/signals";
import { actFor, actingFor, call } from "./api.ts";
import { may, status } from "./live.ts";
import { dropEdits, edits } from "./pages/settings_state.ts";
import { Dialog, Fault } from "./parts/basics.tsx";
import { Field, restOf } from "./parts/field.tsx";

const HEADER = "X-User-Id";

const isAsking = signal(false);
const user = signal("");
const fault = signal<unknown>(undefined);

/** What was read and typed is somebody else's: all is read anew. */
function startAnew(): void {
  dropEdits();
  location.reload();
}

/** Shows another user's pages when another user's key is given. */
export function watchCaller(): () => void {
  let before: string | undefined;
  return status.subscribe((now) => {
    const who = now?.caller.user;
    if (before !== undefined && who !== before) startAnew();
    before = who;
  });
}

/** The caller; who administers may act for a user from here. */
export function Who() {
  const acting = actingFor.value;
  if (acting !== undefined) {
    const stop = () => {
      actFor(undefined);
      startAnew();
    };
    return (
      <span class="who acting" role="status">
        <span>acting for</span> <b title={acting}>{acting}</b>
        <button type="button" class="row" onClick={stop}>Stop</button>
      </span>
    );
  }
  const own = status.value?.caller.user;
  if (own === undefined) return null;
  if (!may("admin")) {
    return (
      <span class="who">
        <b title={own}>{own}</b>
      </span>
    );
  }
  return (
    <>
      <span class="who">
        <button
          type="button"
          class="row"
          title="Act for a user"
          onClick={() => isAsking.value = true}
        >
          {own}…
        </button>
      </span>
      {isAsking.value && <Choice />}
    </>
  );
}

function Choice() {
  const close = () => {
    isAsking.value = false;
    fault.value = undefined;
  };
  return (
    <Dialog title="Act for a user" onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          act(user.value.trim());
        }}
      >
        <p>
          You see what the user sees and change what is the user's, until you
          stop. The log names both of you.
        </p>
        <Field
          label="User id"
          of={user}
          name={HEADER}
          error={fault.value}
          required
        />
        <Fault message={restOf(fault.value, [HEADER])} />
        <div class="buttons">
          <button type="submit">Act for this user</button>
          <button type="button" class="quiet" onClick={close}>Cancel</button>
        </div>
      </form>
    </Dialog>
  );
}

async function act(id: string): Promise<void> {
  fault.value = undefined;
  try {
    const { size } = edits.value;
    if (size > 0) {
      throw new Error(
        `Cannot act for another user as ${size} of your settings ` +
          `${size === 1 ? "is" : "are"} not saved: save or undo first`,
      );
    }
    // What no header can hold is no user id either: the service says so.
    const header = id.replace(/[^ -~]/g, "?");
    await call("GET", "/api/v1/status", { headers: { [HEADER]: header } });
    actFor(id);
    startAnew();
  } catch (error) {
    fault.value = error;
  }
}
