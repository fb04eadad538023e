/**
 * How long commands take, from the start of their process to its end.
 *
 * @module
 */
import { runHoldfast } from "../support/cli_process.ts";
import { type Figure, quantile, timeEach } from "./figure.ts";

const STARTS = 15;
const EXAMINATIONS = 5;

/** Measures the help, and the doctor with the defaults and before servers that hang. */
export async function benchCommandLine(): Promise<Figure[]> {
  const dataDir = await Deno.makeTempDir({ prefix: "holdfast-bench-" });
  using hung = openHungServer();
  const at = `127.0.0.1:${hung.port}`;
  const servers = {
    DATABASE_URL: `postgres://holdfast@${at}/holdfast`,
    REDIS_URL: `redis://${at}`,
  };
  const env = { DATA_DIR: dataDir, PORT: "0" };
  const doctor = (env: Record<string, string>, code: number) =>
    p50(EXAMINATIONS, ["doctor"], env, code);
  try {
    return [
      {
        name: "holdfast --help, p50",
        value: await p50(STARTS, ["--help"], {}, 0),
        unit: "ms",
        limit: 150,
      },
      {
        name: "holdfast doctor with the defaults, p50",
        value: await doctor(env, 0),
        unit: "ms",
        limit: 2000,
      },
      {
        name: "holdfast doctor where Postgres and Redis hang, p50",
        value: await doctor({ ...env, ...servers }, 1),
        unit: "ms",
        limit: 2000,
      },
    ];
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

/** Median milliseconds of a command that must end with `code`. */
async function p50(
  times: number,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  code: number,
): Promise<number> {
  const run = async () => {
    const ended = await runHoldfast(args, env);
    if (ended.code !== code) throw new Error(ended.out + ended.err);
  };
  await run();
  return quantile(await timeEach(times, run), 0.5);
}

/** Takes connections and never says anything. */
function openHungServer(): Disposable & { readonly port: number } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const held: Deno.Conn[] = [];
  (async () => {
    for await (const connection of listener) held.push(connection);
  })();
  return {
    port: listener.addr.port,
    [Symbol.dispose]() {
      listener.close();
      for (const connection of held) connection.close();
    },
  };
}
