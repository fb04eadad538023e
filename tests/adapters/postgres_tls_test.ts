/**
 * Postgres by TLS: who is believed to be the server.
 *
 * @module
 */
import { parseAddress } from "../../adapters/postgres/address.ts";
import { type Link, openLink } from "../../adapters/postgres/link.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { equal, match, ok, rejects, throws } from "../support/assert.ts";
import { createAuthority } from "../support/certificates.ts";
import { needs, skip } from "../support/needs.ts";
import {
  createPostgres,
  findPostgres,
  type PostgresSetup,
} from "../support/postgres_server.ts";

Deno.test("postgres: sslmode says how far the server must prove itself", () => {
  const modeOf = (query: string, ca?: string) =>
    parseAddress(`postgres://u:secret@h/d${query}`, ca).tls.mode;
  equal(modeOf(""), "disable");
  equal(modeOf("", "PEM"), "verify-full");
  for (
    const mode of ["disable", "prefer", "require", "verify-ca", "verify-full"]
  ) equal(modeOf(`?sslmode=${mode}`), mode);
  equal(modeOf("?sslmode=verify-ca", "PEM"), "verify-ca");
});

Deno.test("postgres: an address that would verify less than it seems to is refused", () => {
  const refused: [string, string | undefined, RegExp][] = [
    ["?sslmode=verify_full", undefined, /its sslmode is not one of disable,/],
    ["?sslmode=require", "PEM", /sslmode=require would not ask the authori/],
    ["?sslmode=disable", "PEM", /sslmode=disable would not ask the authori/],
    ["?sslrootcert=/ca.pem", undefined, /name the file in DATABASE_CA_PATH/],
  ];
  for (const [query, ca, says] of refused) {
    throws(
      () => parseAddress(`postgres://u:secret@h/d${query}`, ca),
      (error: Error) => {
        equal((error as unknown as { code: string }).code, "invalid");
        match(error.message, says);
        ok(!error.message.includes("secret"));
        return true;
      },
    );
  }
});

const permissions = ["env", "net", "read", "run", "write", "sys"] as const;
if (await needs(import.meta.url, permissions)) {
  const bin = await findPostgres();
  if (bin) testServers(bin);
  else {
    const reason = "there is no initdb; to run it, install postgresql";
    skip(import.meta.url, reason);
  }
}

async function start(bin: string, setup: PostgresSetup) {
  const server = await createPostgres(bin, setup);
  await server.start();
  return server;
}

/** Connects with more of an address, to the server at `url`. */
async function connect(
  url: string,
  { host, sslmode, ca }: {
    readonly host?: string;
    readonly sslmode?: string;
    readonly ca?: string;
  },
): Promise<Link & AsyncDisposable> {
  const whole = new URL(url);
  if (host) whole.hostname = host;
  if (sslmode) whole.searchParams.set("sslmode", sslmode);
  const address = parseAddress(whole.href, ca);
  const link = await openLink(address, address.hosts[0]!, {
    clock: createSystemClock(),
    connectMs: 5000,
    statementMs: 5000,
  });
  return Object.assign(link, { [Symbol.asyncDispose]: () => link.close() });
}

async function isEncrypted(link: Link): Promise<unknown> {
  const text =
    "/* tests */ SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
  return (await link.query<[boolean]>(text))[0]![0];
}

function testServers(bin: string): void {
  Deno.test("postgres: by TLS, a server is believed as far as sslmode says", async () => {
    const [ours, others] = [
      await createAuthority("ours"),
      await createAuthority("others"),
    ];
    const certificate = await ours.sign("localhost", "127.0.0.1");
    await using server = await start(bin, { certificate });
    const { url } = server;

    const believed = [
      { host: "localhost", ca: ours.cert },
      { host: "127.0.0.1", ca: ours.cert },
      { host: "127.0.0.1", ca: ours.cert, sslmode: "verify-ca" },
      { host: "localhost", sslmode: "require" },
      { host: "localhost", sslmode: "prefer" },
    ];
    for (const how of believed) {
      await using link = await connect(url, how);
      equal(await isEncrypted(link), true, JSON.stringify(how));
      // More than a TLS record holds.
      const long = "x".repeat(100_000);
      const echo = "/* tests */ SELECT $1::text";
      equal((await link.query<[string]>(echo, [long]))[0]![0], long);
    }
    {
      await using link = await connect(url, { sslmode: "disable" });
      equal(await isEncrypted(link), false);
    }

    const doubted: [Parameters<typeof connect>[1], RegExp][] = [
      [{ ca: others.cert }, /its certificate is not believed/],
      [{ ca: others.cert, sslmode: "verify-ca" }, /is not believed/],
      [{ sslmode: "verify-full" }, /is not believed.*DATABASE_CA_PATH/],
    ];
    for (const [how, says] of doubted) {
      await rejects(connect(url, how), { code: "unavailable", message: says });
    }
  });

  Deno.test("postgres: verify-full holds the certificate to the host, by name and by number", async () => {
    const ours = await createAuthority("ours");
    const certificate = await ours.sign("localhost");
    await using server = await start(bin, { certificate });
    const ca = ours.cert;
    // A certificate for localhost says nothing of 127.0.0.1.
    await rejects(connect(server.url, { host: "127.0.0.1", ca }), {
      code: "unavailable",
      message: /not believed \(Hostname\/IP does not match/,
    });
    await using _named = await connect(server.url, { host: "localhost", ca });
    const lax = { host: "127.0.0.1", ca, sslmode: "verify-ca" };
    await using _lax = await connect(server.url, lax);
  });

  Deno.test("postgres: a server without TLS gets nothing but what prefer gives it", async () => {
    await using server = await start(bin, {});
    for (const sslmode of ["require", "verify-ca", "verify-full"]) {
      await rejects(connect(server.url, { sslmode }), {
        code: "unavailable",
        message: /as it does not speak TLS: set ssl = on there$/,
      });
    }
    await using link = await connect(server.url, { sslmode: "prefer" });
    equal(await isEncrypted(link), false);
  });

  Deno.test("postgres: what somebody slips in before TLS begins is not read", async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const between = (async () => {
      using connection = await listener.accept();
      await connection.read(new Uint8Array(8));
      await connection.write(new TextEncoder().encode("Sslipped in"));
      await connection.read(new Uint8Array(8));
    })();
    await rejects(
      connect(`postgres://u@127.0.0.1:${port}/d`, { sslmode: "require" }),
      { code: "unavailable", message: /it answers more than was asked/ },
    );
    await between;
  });
}
