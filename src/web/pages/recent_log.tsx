/**
 * The newest log lines that somebody should look at.
 *
 * @module
 */
import { signal } from "@preact/signals";
import { call } from "../api.ts";
import { Empty, Mark, Section, Table, Time } from "../parts/basics.tsx";
import { useEvery } from "../parts/every.ts";

interface LogLine {
  readonly at: string;
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const lines = signal<readonly LogLine[] | undefined>(undefined);

async function read(signal: AbortSignal): Promise<void> {
  const { body } = await call<{ lines: LogLine[] }>("GET", "/api/admin/log", {
    signal,
  });
  lines.value = body.lines.reverse();
}

/** The lines of this instance, the newest first. */
export function RecentLog() {
  useEvery(read);
  const found = lines.value;
  if (!found) return null;
  return (
    <Section title="Log, warn and above">
      {found.length === 0
        ? <Empty>Nothing since the start.</Empty>
        : (
          <Table label="Recent log" head={["When", "Level", "What", "More"]}>
            {found.map((line, i) => (
              <tr key={found.length - i}>
                <td class="tight">
                  <Time at={line.at} />
                </td>
                <td>
                  <Mark tone={line.level === "error" ? "bad" : "warn"}>
                    {line.level}
                  </Mark>
                </td>
                <td class="break">{line.message}</td>
                <td class="break mono">
                  {Object.entries(line.fields).map(([name, value]) =>
                    `${name}=${JSON.stringify(value)}`
                  ).join(" ")}
                </td>
              </tr>
            ))}
          </Table>
        )}
    </Section>
  );
}
