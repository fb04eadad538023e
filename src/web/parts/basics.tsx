/**
 * Small parts that every page uses.
 *
 * @module
 */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { timeOf } from "../words.ts";

/** A moment in the viewer's zone; UTC on hover. */
export function Time({ at }: { at: string }) {
  return <time dateTime={at} title={`${at} (UTC)`}>{timeOf(at)}</time>;
}

/** A section with a heading, and what stands at its right. */
export function Section(
  { title, aside, children, id }: {
    title: string;
    aside?: ComponentChildren;
    children: ComponentChildren;
    id?: string;
  },
) {
  return (
    <section id={id}>
      <header class="section-head">
        <h2>{title}</h2>
        <div class="aside">{aside}</div>
      </header>
      {children}
    </section>
  );
}

/** What stands where there is nothing yet. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

/** What went wrong, in the service's words. */
export function Fault({ message }: { message: string | undefined }) {
  return message === undefined
    ? null
    : <p class="fault" role="alert">{message}</p>;
}

/** What was done, told to screen readers too. */
export function Done({ message }: { message: string | undefined }) {
  return <p class="done" role="status">{message}</p>;
}

/** A table that scrolls sideways by itself, never the page. */
export function Table(
  { label, head, children }: {
    label: string;
    head: readonly (string | { readonly number: string })[];
    children: ComponentChildren;
  },
) {
  return (
    <div class="scroll" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {head.map((cell) =>
              typeof cell === "string"
                ? (
                  <th scope="col" key={cell}>
                    {cell || <span class="hidden">Actions</span>}
                  </th>
                )
                : (
                  <th scope="col" class="number" key={cell.number}>
                    {cell.number}
                  </th>
                )
            )}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** A dialog over the page; Escape closes it. */
export function Dialog(
  { title, onClose, children }: {
    title: string;
    onClose: () => void;
    children: ComponentChildren;
  },
) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    element.current?.showModal();
  }, []);
  return (
    <dialog
      ref={element}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div class="section-head">
        <h2>{title}</h2>
        <button type="button" class="quiet" onClick={onClose}>Close</button>
      </div>
      {children}
    </dialog>
  );
}

/** A state in one word, with a mark that does not rely on colour alone. */
export function Mark(
  { tone, children }: {
    tone: "good" | "warn" | "bad" | "plain";
    children: ComponentChildren;
  },
) {
  return <span class={`mark ${tone}`}>{children}</span>;
}
