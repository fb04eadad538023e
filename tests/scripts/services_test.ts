import { equal, match } from "../support/assert.ts";
import { requireService } from "../support/services.ts";

const redis = await requireService(import.meta.url, "redis");
if (redis) {
  Deno.test("services: Redis answers PING with PONG", async () => {
    using connection = await dial(redis, 6379);
    await connection.write(new TextEncoder().encode("*1\r\n$4\r\nPING\r\n"));
    equal(await readText(connection), "+PONG\r\n");
  });
}

const postgres = await requireService(import.meta.url, "postgres");
if (postgres) {
  Deno.test("services: Postgres answers an SSLRequest", async () => {
    using connection = await dial(postgres, 5432);
    await connection.write(new Uint8Array([0, 0, 0, 8, 4, 210, 22, 47]));
    match(await readText(connection), /^[NS]$/);
  });

  Deno.test("services: Postgres answers a StartupMessage", async () => {
    const user = decodeURIComponent(new URL(postgres).username);
    const body = new TextEncoder().encode(`user\0${user}\0\0`);
    using connection = await dial(postgres, 5432);
    const head = [0, 0, 0, body.length + 8, 0, 3, 0, 0];
    await connection.write(new Uint8Array([...head, ...body]));
    match(
      await readText(connection),
      /^R/,
      "asks for a password, or needs none",
    );
  });
}

function dial(url: string, defaultPort: number): Promise<Deno.TcpConn> {
  const { hostname, port } = new URL(url);
  return Deno.connect({ hostname, port: Number(port || defaultPort) });
}

async function readText(connection: Deno.Conn): Promise<string> {
  const answer = new Uint8Array(1024);
  const count = await connection.read(answer);
  return new TextDecoder().decode(answer.subarray(0, count ?? 0));
}
