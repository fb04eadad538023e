/**
 * What an operator may look at and turn: adapters, instances, the breaker, the
 * kill switch, keys, and the newest of the log.
 *
 * @module
 */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { actingFor, call, messageOf } from "../api.ts";
import { may, type PortStatus, status } from "../live.ts";
import { ask } from "../parts/ask.tsx";
import { Empty, Fault, Mark, Section, Table, Time } from "../parts/basics.tsx";
import { count, nameOf } from "../words.ts";
import { AdminCalls, ApiKeys } from "./keys.tsx";
import { RecentLog } from "./recent_log.tsx";
import { RedisFigures } from "./redis_figures.tsx";

interface KillSwitches {
  readonly engaged: boolean;
  readonly global: {
    readonly reason: string;
    readonly changed_by: string;
    readonly changed_at: string;
  } | null;
}

const killSwitch = signal<KillSwitches | undefined>(undefined);
const fault = signal<string | undefined>(undefined);

/** The page. */
export function Operations() {
  const now = status.value;
  if (!now) return <Empty>Asking the service…</Empty>;
  return (
    <>
      <h1>
        {may("admin")
          ? "What can be turned while it runs."
          : actingFor.value === undefined
          ? "How the service stands. Turning needs a key with the scope admin."
          : "How the service stands. To turn anything, stop acting for a user."}
      </h1>
      <Fault message={fault.value} />
      <Section title="Adapters">
        <Table
          label="Adapters"
          head={[
            "Port",
            "Reads go to",
            "Decided by",
            may("admin") ? "Pin" : "",
          ]}
        >
          {now.adapters.map((adapter) => (
            <tr key={adapter.port}>
              <th scope="row">{nameOf(adapter.port)}</th>
              <td>{nameOf(adapter.active)}</td>
              <td>{adapter.pinned === null ? "the mode" : "a pin"}</td>
              <td>{may("admin") && <Pin adapter={adapter} />}</td>
            </tr>
          ))}
        </Table>
      </Section>
      <Section title="Instances">
        {now.instances.length === 0
          ? (
            <Empty>
              Only this one, {now.instance}: nothing follows its database.
            </Empty>
          )
          : (
            <Table
              label="Instances"
              head={[
                "Instance",
                "Believes Redis",
                { number: "Applied up to" },
                "Start",
              ]}
            >
              {now.instances.map((one) => (
                <tr key={one.id}>
                  <th scope="row" class="break">{one.label}</th>
                  <td>
                    <Mark tone={one.gate === "open" ? "good" : "warn"}>
                      {one.gate === "open"
                        ? "yes"
                        : one.gate === "closed"
                        ? "no"
                        : "about to"}
                    </Mark>
                  </td>
                  <td class="number">{count(one.applied_position)}</td>
                  <td class="mono">{one.id.slice(0, 12)}</td>
                </tr>
              ))}
            </Table>
          )}
      </Section>
      {now.redis_status !== "disabled" && <RedisFigures />}
      {may("admin") && (
        <>
          <KillSwitch />
          <ApiKeys />
          <AdminCalls />
          <RecentLog />
        </>
      )}
    </>
  );
}

function Pin({ adapter }: { adapter: PortStatus }) {
  async function pin(choice: string): Promise<void> {
    fault.value = undefined;
    try {
      await call("PUT", `/api/admin/adapters/${adapter.port}`, {
        body: { adapter: choice === "" ? null : choice },
      });
    } catch (error) {
      fault.value = messageOf(error);
    }
  }
  return (
    <select
      aria-label={`Pin ${nameOf(adapter.port)} to`}
      value={adapter.pinned ?? ""}
      onChange={(event) => pin(event.currentTarget.value)}
    >
      <option value="">the mode decides</option>
      {adapter.choices.map((choice) => (
        <option key={choice} value={choice}>{nameOf(choice)}</option>
      ))}
    </select>
  );
}

async function readKillSwitch(): Promise<void> {
  try {
    const { body } = await call<KillSwitches>("GET", "/api/admin/kill-switch");
    killSwitch.value = body;
  } catch {
    // A process of another role has none.
    killSwitch.value = undefined;
  }
}

function KillSwitch() {
  useEffect(() => {
    readKillSwitch();
  }, []);
  const now = killSwitch.value;
  if (!now) return null;
  return (
    <Section
      title="Kill switch"
      aside={
        <button
          type="button"
          class={now.engaged ? "quiet" : "quiet danger"}
          onClick={() => askKill(!now.engaged)}
        >
          {now.engaged ? "Let orders pass…" : "Stop all orders…"}
        </button>
      }
    >
      <p class="line">
        <Mark tone={now.engaged ? "bad" : "good"}>
          {now.engaged
            ? "No order passes but those that reduce"
            : "Orders pass"}
        </Mark>
        {now.global && (
          <span class="hint">
            {now.global.reason} ({now.global.changed_by},{" "}
            <Time at={now.global.changed_at} />)
          </span>
        )}
      </p>
    </Section>
  );
}

function askKill(engaged: boolean): void {
  ask({
    title: engaged ? "Stop all orders" : "Let orders pass",
    detail: engaged
      ? "Orders of all users are denied from now on, but those that only reduce a position."
      : "Orders are checked and sent again.",
    verb: engaged ? "Stop all orders" : "Let orders pass",
    reason: "Reason, for those who look later",
    async act(reason) {
      await call("PUT", "/api/admin/kill-switch", {
        body: { engaged, reason },
      });
      await readKillSwitch();
    },
  });
}
