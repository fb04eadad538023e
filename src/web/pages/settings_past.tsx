/**
 * What settings were before, and what loading the defaults would do.
 *
 * @module
 */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call, messageOf } from "../api.ts";
import { may } from "../live.ts";
import { ask } from "../parts/ask.tsx";
import { Dialog, Empty, Fault, Mark, Table, Time } from "../parts/basics.tsx";
import { counted, oneLine } from "../words.ts";
import { RISK_TONES } from "./settings_field.tsx";
import { done, dropEdits, trouble } from "./settings_state.ts";

interface Entry {
  readonly document: string;
  readonly version: number;
  readonly at: string;
  readonly actor: string;
  readonly changes: readonly {
    readonly path: string;
    readonly old_value: unknown;
    readonly new_value: unknown;
  }[];
}

interface Preview {
  readonly total_changes: number;
  readonly high_risk_count: number;
  readonly differences: readonly {
    readonly path: string;
    readonly current: unknown;
    readonly default: unknown;
    readonly risk_level: "high" | "medium" | "low";
  }[];
  readonly message: string;
}

/** Most pages of the past that are read. */
const MAX_PAGES = 10;

const entries = signal<readonly Entry[] | undefined>(undefined);
const fault = signal<string | undefined>(undefined);
const preview = signal<Preview | undefined>(undefined);

async function readPast(): Promise<void> {
  fault.value = undefined;
  try {
    const found: Entry[] = [];
    let after: number | null = 0;
    for (let page = 0; after !== null && page < MAX_PAGES; page++) {
      const { body }: {
        body: { entries: Entry[]; next_after: number | null };
      } = await call(
        "GET",
        `/api/user/settings/history?limit=200&after=${after}`,
      );
      found.push(...body.entries);
      after = body.next_after;
    }
    entries.value = found.reverse();
  } catch (error) {
    fault.value = messageOf(error);
  }
}

/** Every change, the newest first. */
export function SettingsPast({ reload }: { reload: () => Promise<void> }) {
  useEffect(() => {
    readPast();
  }, []);
  const found = entries.value;
  return (
    <>
      <Fault message={fault.value} />
      {found === undefined && !fault.value && (
        <Empty>Reading the history…</Empty>
      )}
      {found?.length === 0 && (
        <Empty>
          Nothing has been changed yet. Every change will be listed here.
        </Empty>
      )}
      {found && found.length > 0 && (
        <Table
          label="History of settings"
          head={["When", "Who", "Document", "Changes", ""]}
        >
          {found.slice(0, 200).map((entry) => (
            <tr key={`${entry.document}${entry.version}`}>
              <td class="tight">
                <Time at={entry.at} />
              </td>
              <td class="break">{entry.actor}</td>
              <td class="tight">{entry.document}</td>
              <td class="break">
                {entry.changes.slice(0, 6).map((change) => (
                  <div key={change.path}>
                    <span class="mono">{change.path}</span>{" "}
                    {oneLine(change.old_value)} →{" "}
                    <b>{oneLine(change.new_value)}</b>
                  </div>
                ))}
                {entry.changes.length > 6 &&
                  `and ${entry.changes.length - 6} more`}
              </td>
              <td class="tight">
                {may("write") && (
                  <button
                    type="button"
                    class="row"
                    onClick={() => askRevert(entry, reload)}
                  >
                    revert to here…
                  </button>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}

function askRevert(entry: Entry, reload: () => Promise<void>): void {
  ask({
    title: "Revert the settings",
    detail:
      `All settings become what they were after version ${entry.version}. ` +
      "That is a change too, and can be reverted.",
    verb: "Revert",
    async act() {
      await call("POST", "/api/user/settings/revert", {
        body: { version: entry.version },
      });
      await Promise.all([reload(), readPast()]);
    },
  });
}

/** Finds out what loading the defaults would do, and shows it. */
export async function loadPreview(): Promise<void> {
  trouble.value = done.value = undefined;
  try {
    const { body } = await call<Preview>(
      "POST",
      "/api/user/settings/load-defaults?preview=true",
    );
    preview.value = body;
  } catch (error) {
    trouble.value = messageOf(error);
  }
}

/** What loading the defaults would do, to be confirmed. */
export function DefaultsPreview({ reload }: { reload: () => Promise<void> }) {
  const shown = preview.value;
  if (!shown) return null;
  const close = () => void (preview.value = undefined);
  const apply = async () => {
    try {
      const { body } = await call<Preview>(
        "POST",
        "/api/user/settings/load-defaults",
      );
      dropEdits();
      done.value = body.message;
      await reload();
    } catch (error) {
      trouble.value = messageOf(error);
    }
    close();
  };
  return (
    <Dialog title="Load the defaults" onClose={close}>
      {shown.total_changes === 0
        ? <Empty>All settings have their defaults already.</Empty>
        : (
          <>
            <p>
              {counted(shown.total_changes, "setting")} would change,{" "}
              {shown.high_risk_count} of high risk.
            </p>
            <Table
              label="What would change"
              head={["Setting", "Now", "Default", "Risk"]}
            >
              {shown.differences.map((one) => (
                <tr key={one.path}>
                  <th scope="row" class="break">{one.path}</th>
                  <td class="break">{oneLine(one.current)}</td>
                  <td class="break">{oneLine(one.default)}</td>
                  <td>
                    <Mark tone={RISK_TONES[one.risk_level]}>
                      {one.risk_level}
                    </Mark>
                  </td>
                </tr>
              ))}
            </Table>
            <div class="buttons">
              <button type="button" class="danger" onClick={apply}>
                Load {counted(shown.total_changes, "default")}
              </button>
              <button type="button" class="quiet" onClick={close}>
                Cancel
              </button>
            </div>
          </>
        )}
    </Dialog>
  );
}
