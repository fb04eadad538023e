/**
 * Measuring statements, by the kind that the comment at their beginning names.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import type { Labels, Telemetry } from "../../ports/telemetry.ts";
import { DeadlineExceeded, isLost } from "./errors.ts";

/** Measures statements; each text is a constant. */
export interface StatementMeter {
  /** Takes note of a statement that was answered now. */
  answered(text: string, beganAtMs: number): void;

  /** Takes note of a statement that has failed. */
  failed(text: string, error: unknown): void;
}

/** Creates a meter that has measured nothing. */
export function createStatementMeter(
  clock: Clock,
  telemetry: Telemetry | undefined,
): StatementMeter {
  const kinds = new Map<string, Labels>();

  function labelsOf(text: string): Labels {
    let labels = kinds.get(text);
    if (labels === undefined) {
      labels = Object.freeze({ kind: kindOf(text) });
      kinds.set(text, labels);
    }
    return labels;
  }

  return {
    answered(text, beganAtMs) {
      telemetry?.observe(
        "holdfast_postgres_statement_seconds",
        (clock.monotonic() - beganAtMs) / 1000,
        labelsOf(text),
      );
    },
    failed(text, error) {
      const labels = { ...labelsOf(text), code: codeOf(error) };
      telemetry?.count("holdfast_postgres_errors_total", labels);
    },
  };
}

/** What the comment at the beginning of `text` names. */
export function kindOf(text: string): string {
  return /^\s*\/\* ([\w.]+)/.exec(text)?.[1] ?? "other";
}

function codeOf(error: unknown): string {
  if (error instanceof DeadlineExceeded) return "timeout";
  if (isLost(error)) return "lost";
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : "other";
}
