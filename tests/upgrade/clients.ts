/**
 * Clients of a fleet whose services come and go: each writes, reads it back
 * somewhere else, draws numbers and publishes.
 *
 * @module
 */
import type { ServiceProcess } from "../support/service_process.ts";

/** A client at work. */
export interface Client {
  /** Resolves when it has made `count` more rounds. */
  rounds(count: number): Promise<void>;
  /** Ends it; what it has been told. */
  end(): Promise<{
    readonly user: string;
    readonly numbers: readonly number[];
    /** Ids of the events that were acknowledged. */
    readonly events: readonly string[];
    readonly violations: readonly string[];
  }>;
}

/** Most attempts of a request that a service cannot answer now. */
const MAX_ATTEMPTS = 50;

/** Starts a client that asks the `services` that are there, in turn. */
export function startClient(
  user: string,
  services: () => readonly ServiceProcess[],
): Client {
  const numbers: number[] = [];
  const events: string[] = [];
  const violations: string[] = [];
  let isEnding = false;
  let done = 0;
  let turn = 0;

  /** Asks until it is answered; a request may come twice. */
  async function ask(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Json> {
    for (let attempt = 1;; attempt++) {
      const now = services();
      const service = now[turn++ % now.length]!;
      const more = { user, ...(body === undefined ? {} : { body }) };
      const answer = await askThrough(service, method, path, more)
        .catch((error) => ({ status: 0, json: String(error) }));
      if (answer.status >= 200 && answer.status < 300) return answer.json;
      const isPassing = [0, 503, 504].includes(answer.status);
      if (!isPassing || attempt === MAX_ATTEMPTS) {
        const said = JSON.stringify(answer.json);
        throw new Error(`${method} ${path}: ${answer.status} ${said}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function round(nth: number): Promise<void> {
    const path = "/api/user/settings/notifications";
    await ask("PATCH", path, { min_profit_usd: nth });
    const { min_profit_usd: read } = await ask("GET", path);
    if (read !== nth) violations.push(`${user} wrote ${nth} and read ${read}`);

    const day = "20260105";
    numbers.push((await ask("POST", "/api/orders/sequence", { day })).first);

    const id = crypto.randomUUID();
    await ask("POST", "/api/v1/events", {
      event_type: "setup.received",
      id,
      data: { setup_id: `${user}-${nth}`, tickers: ["SYNA"] },
    });
    events.push(id);
  }

  const work = (async () => {
    for (let nth = 1; !isEnding; nth++) {
      await round(nth);
      done = nth;
    }
  })();
  // Told by whoever waits for it.
  work.catch(() => {});

  return {
    async rounds(count) {
      const goal = done + count;
      while (done < goal) {
        await Promise.race([
          work,
          new Promise((resolve) => setTimeout(resolve, 5)),
        ]);
      }
    },
    async end() {
      isEnding = true;
      await work;
      return { user, numbers, events, violations };
    },
  };
}

// deno-lint-ignore no-explicit-any
type Json = any;

/** Asks one service. */
export async function askThrough(
  { url }: Pick<ServiceProcess, "url">,
  method: string,
  path: string,
  { user, body }: { readonly user?: string; readonly body?: unknown } = {},
): Promise<{ status: number; json: Json }> {
  const response = await fetch(url + path, {
    method,
    headers: user === undefined ? {} : { "X-User-Id": user },
    body: body === undefined ? null : JSON.stringify(body),
  });
  return { status: response.status, json: await response.json() };
}
