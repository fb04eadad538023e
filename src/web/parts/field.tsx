/**
 * A field of a form, with what the service says of it.
 *
 * @module
 */
import type { Signal } from "@preact/signals";
import type { InputHTMLAttributes } from "preact";
import { useId } from "preact/hooks";
import { messageOf, Refused } from "../api.ts";

/** What the service says of the field `name` in `error`, if anything. */
export function faultOf(error: unknown, name: string): string | undefined {
  if (!(error instanceof Refused)) return undefined;
  return error.errors.find(({ path }) => nameIn(path) === name)?.message;
}

/** What is wrong apart from the fields `names`, if anything. */
export function restOf(
  error: unknown,
  names: readonly string[],
): string | undefined {
  if (error === undefined) return undefined;
  // That nobody is known is said where one signs in, until one does.
  if ((error as Refused).status === 401) return undefined;
  const told = error instanceof Refused ? error.errors : [];
  const isAll = told.length > 0 &&
    told.every(({ path }) => names.includes(nameIn(path)!));
  return isAll ? undefined : messageOf(error);
}

/** `symbols` of `body.symbols[0]`. */
function nameIn(path: string): string | undefined {
  return path.split(/[.[]/)[1];
}

/** An input of the text `of`, with what `error` says of `name` beneath it. */
export function Field(
  { label, of, name, error, isWide = false, ...input }: {
    label: string;
    of: Signal<string>;
    name: string;
    error: unknown;
    isWide?: boolean;
  } & InputHTMLAttributes,
) {
  const id = useId();
  const fault = faultOf(error, name);
  return (
    <div class={isWide ? "field wide" : "field"}>
      <label for={id}>{label}</label>
      <input
        {...input}
        id={id}
        value={of.value}
        spellcheck={false}
        onInput={(event) => of.value = event.currentTarget.value}
        {...(fault && { "aria-invalid": true, "aria-describedby": `${id}!` })}
      />
      {fault && <p class="fault" id={`${id}!`} role="alert">{fault}</p>}
    </div>
  );
}
