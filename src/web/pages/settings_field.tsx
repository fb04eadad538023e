/**
 * One setting in the form: its value, unit, range, default and risk.
 *
 * @module
 */
import { Mark } from "../parts/basics.tsx";
import { count, oneLine } from "../words.ts";
import {
  edit,
  edits,
  faults,
  type Field,
  isSame,
  shownOf,
} from "./settings_state.ts";

/** The colour of a risk. */
export const RISK_TONES = {
  high: "bad",
  medium: "warn",
  low: "plain",
} as const;

/** A row of the form. */
export function FieldRow({ field, label }: { field: Field; label: string }) {
  const shown = shownOf(field);
  const isDefault = isSame(shown, field.default);
  const isEdited = edits.value.has(field.path);
  const fault = faults.value.get(field.path);
  const id = `field-${field.path}`;
  return (
    <div class={`setting${isEdited ? " edited" : ""}`} id={`row-${field.path}`}>
      <div class="setting-name">
        <label for={id}>{label}</label>
        <p class="hint">{field.meaning}</p>
      </div>
      <div class="setting-value">
        <Input
          field={field}
          id={id}
          value={shown}
          isBad={fault !== undefined}
        />
        {field.unit && <span class="hint">{field.unit}</span>}
        {fault && <p class="fault" id={`${id}-fault`} role="alert">{fault}</p>}
      </div>
      <div class="setting-facts hint">
        <Mark tone={RISK_TONES[field.risk]}>{field.risk} risk</Mark>
        <span>{rangeOf(field)}</span>
        {isDefault ? <span>default</span> : (
          <button
            type="button"
            class="row"
            onClick={() => edit(field, field.default)}
          >
            default {oneLine(field.default)}
          </button>
        )}
      </div>
    </div>
  );
}

function Input(
  { field, id, value, isBad }: {
    field: Field;
    id: string;
    value: unknown;
    isBad: boolean;
  },
) {
  const { kind, of } = field.type;
  const told = isBad
    ? { "aria-invalid": true, "aria-describedby": `${id}-fault` }
    : {};
  if (kind === "flag") {
    return (
      <input
        {...told}
        id={id}
        type="checkbox"
        checked={value === true}
        onInput={(event) => edit(field, event.currentTarget.checked)}
      />
    );
  }
  if (kind === "choice") {
    return (
      <select
        {...told}
        id={id}
        value={String(value)}
        onInput={(event) => edit(field, event.currentTarget.value)}
      >
        {of!.map((choice) => <option key={choice}>{choice}</option>)}
      </select>
    );
  }
  return (
    <input
      {...told}
      id={id}
      value={oneLine(value)}
      inputMode={kind === "number" ? "decimal" : "text"}
      spellcheck={false}
      onInput={(event) => edit(field, parse(field, event.currentTarget.value))}
    />
  );
}

/** What was typed, as the service wants it; nonsense goes to it as text, so that it says what is wrong. */
function parse({ type: { kind } }: Field, text: string): unknown {
  const trimmed = text.trim();
  if (kind === "number") {
    return trimmed !== "" && Number.isFinite(Number(trimmed))
      ? Number(trimmed)
      : text;
  }
  if (kind === "numbers") {
    try {
      return JSON.parse(trimmed);
    } catch {
      return text;
    }
  }
  return text;
}

function rangeOf({ type }: Field): string {
  const { kind, min, max, above, whole } = type;
  if (kind === "number") {
    const from = above === undefined ? min : `>\u202f${above}`;
    if (from === undefined && max === undefined) return whole ? "whole" : "";
    const to = max === undefined ? "…" : count(max);
    return `${from ?? "…"} – ${to}${whole ? ", whole" : ""}`;
  }
  if (kind === "duration") return "90s, 15m, 4h";
  if (kind === "time zone") return "IANA zone";
  return "";
}
