/**
 * API keys, and what administrators have changed.
 *
 * @module
 */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call, Refused } from "../api.ts";
import { ask } from "../parts/ask.tsx";
import { Empty, Fault, Mark, Section, Table, Time } from "../parts/basics.tsx";
import { Field, restOf } from "../parts/field.tsx";

interface Key {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly user: string | null;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
}

interface AdminCall {
  readonly id: number;
  readonly at: string;
  readonly actor: string;
  readonly user: string;
  readonly operation: string;
  readonly path: string;
  readonly status: number | null;
}

const SCOPES = ["read", "write", "trade", "admin"];

const keys = signal<readonly Key[] | undefined>(undefined);
const fresh = signal<string | undefined>(undefined);
const fault = signal<unknown>(undefined);
const name = signal("");
const user = signal("");
const scopes = signal<readonly string[]>(["read"]);
const calls = signal<readonly AdminCall[] | undefined>(undefined);

async function readKeys(): Promise<void> {
  try {
    const { body } = await call<{ api_keys: Key[] }>(
      "GET",
      "/api/admin/api-keys",
    );
    keys.value = body.api_keys;
  } catch (error) {
    // Where keys cannot be kept there are none to show.
    if (error instanceof Refused && [404, 501].includes(error.status)) return;
    fault.value = error;
  }
}

async function create(): Promise<void> {
  fault.value = fresh.value = undefined;
  try {
    const { body } = await call<{ key: string }>(
      "POST",
      "/api/admin/api-keys",
      {
        body: {
          name: name.value,
          scopes: scopes.value,
          ...(user.value === "" ? {} : { user: user.value }),
        },
      },
    );
    fresh.value = body.key;
    name.value = user.value = "";
    await readKeys();
  } catch (error) {
    fault.value = error;
  }
}

/** The keys, a form for a new one, and how one is revoked. */
export function ApiKeys() {
  useEffect(() => {
    readKeys();
    return () => void (fresh.value = undefined);
  }, []);
  const held = keys.value;
  if (!held && !fault.value) return null;
  return (
    <Section title="API keys">
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          create();
        }}
      >
        <Field
          label="Name"
          of={name}
          name="name"
          error={fault.value}
          required
          maxLength={100}
        />
        <Field
          label="User"
          of={user}
          name="user"
          error={fault.value}
        />
        <div class="choices" role="group" aria-label="Scopes">
          {SCOPES.map((scope) => (
            <label key={scope}>
              <input
                type="checkbox"
                checked={scopes.value.includes(scope)}
                onInput={(event) =>
                  scopes.value = SCOPES.filter((one) =>
                    one === scope
                      ? event.currentTarget.checked
                      : scopes.value.includes(one)
                  )}
              />{" "}
              {scope}
            </label>
          ))}
        </div>
        <button type="submit">Make a key</button>
      </form>
      <Fault message={restOf(fault.value, ["name", "user"])} />
      {fresh.value && (
        <p class="fresh" role="status">
          Copy it now, it is shown this once: <code>{fresh.value}</code>
        </p>
      )}
      {held?.length === 0 && <Empty>No key yet.</Empty>}
      {held && held.length > 0 && (
        <Table
          label="API keys"
          head={["Name", "Id", "User", "Scopes", "Expires", "Last used", ""]}
        >
          {held.map((key) => (
            <tr key={key.id}>
              <th scope="row" class="break">{key.name}</th>
              <td class="mono">{key.id}</td>
              <td class="break">{key.user ?? "any"}</td>
              <td class="tight">{key.scopes.join(", ")}</td>
              <td class="tight">
                {key.expires_at ? <Time at={key.expires_at} /> : "never"}
              </td>
              <td class="tight">
                {key.last_used_at ? <Time at={key.last_used_at} /> : "never"}
              </td>
              <td>
                <button
                  type="button"
                  class="row"
                  onClick={() => askRevoke(key)}
                >
                  revoke…
                </button>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}

function askRevoke({ id, name }: Key): void {
  ask({
    title: "Revoke the key",
    detail: `Whoever uses ${name} (${id}) is refused from now on. ` +
      "This cannot be undone.",
    verb: "Revoke",
    async act() {
      await call("DELETE", `/api/admin/api-keys/${id}`);
      await readKeys();
    },
  });
}

async function readCalls(): Promise<void> {
  try {
    const found: AdminCall[] = [];
    for (let after = 0, page = 0; page < 20; page++) {
      const { body } = await call<{ calls: AdminCall[]; next_after: number }>(
        "GET",
        `/api/admin/audit?after=${after}&limit=100`,
      );
      found.push(...body.calls);
      if (body.calls.length < 100) break;
      after = body.next_after;
    }
    calls.value = found.reverse();
  } catch {
    calls.value = undefined;
  }
}

/** What administrators have changed, the newest first. */
export function AdminCalls() {
  useEffect(() => {
    readCalls();
  }, []);
  const found = calls.value;
  if (!found) return null;
  return (
    <Section title="What administrators have changed">
      {found.length === 0 ? <Empty>Nothing yet.</Empty> : (
        <Table
          label="Calls of administrators"
          head={["When", "By", "For", "What", "Path", "Answer"]}
        >
          {found.slice(0, 50).map((one) => (
            <tr key={one.id}>
              <td class="tight">
                <Time at={one.at} />
              </td>
              <td class="mono">{one.actor}</td>
              <td class="break">{one.user}</td>
              <td class="tight">{one.operation}</td>
              <td class="break mono">{one.path}</td>
              <td>
                <Mark
                  tone={one.status !== null && one.status < 400
                    ? "good"
                    : "bad"}
                >
                  {one.status ?? "unknown"}
                </Mark>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}
