/**
 * The listener by TLS.
 *
 * @module
 */
import { createSystemClock } from "../../adapters/system/clock.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Certificate } from "../../src/http/address.ts";
import { type RunningServer, startServer } from "../../src/http/server.ts";
import { equal, match, ok, rejects } from "../support/assert.ts";
import { believing, createAuthority } from "../support/certificates.ts";
import { needs } from "../support/needs.ts";
import { createHarness, createRecordingTelemetry } from "./harness.ts";

async function serve(
  certificate: Certificate | undefined,
  hostname = "127.0.0.1",
): Promise<RunningServer & AsyncDisposable> {
  const server = await startServer({
    app: createHarness().app,
    hostname,
    port: 0,
    certificate,
    telemetry: createRecordingTelemetry(),
    clock: createSystemClock(),
    shutdownDeadlineMs: 100,
  });
  return { ...server, [Symbol.asyncDispose]: () => server.close() };
}

if (await needs(import.meta.url, ["net"])) {
  Deno.test("with a certificate the listener speaks TLS only", async () => {
    const authority = await createAuthority("ours");
    await using server = await serve(await authority.sign("localhost"));
    equal(server.url, `https://127.0.0.1:${server.port}`);
    const url = `https://localhost:${server.port}/health/live`;
    using client = believing(authority.cert);
    const answer = await client.fetch(url);
    equal((await answer.json()).status, "alive");
    await rejects(fetch(url.replace("https", "http")));
    using stranger = believing((await createAuthority("others")).cert);
    await rejects(stranger.fetch(url));
  });

  Deno.test("browsers are told to stay with TLS, but not for the names of this machine", async () => {
    const authority = await createAuthority("ours");
    const certificate = await authority.sign("localhost");
    const told = async (
      hostname: string,
      certificate: Certificate | undefined,
    ) => {
      await using server = await serve(certificate, hostname);
      using client = believing(authority.cert);
      const scheme = certificate ? "https" : "http";
      const url = `${scheme}://localhost:${server.port}`;
      const answers = [];
      for (const path of ["/health/live", "/nowhere"]) {
        const answer = await client.fetch(url + path);
        await answer.body?.cancel();
        answers.push(answer.headers.get("strict-transport-security"));
      }
      equal(answers[0], answers[1]);
      return answers[0];
    };
    equal(await told("0.0.0.0", certificate), "max-age=31536000");
    equal(await told("127.0.0.1", certificate), null);
    equal(await told("0.0.0.0", undefined), null);
  });

  Deno.test("a WebSocket is opened by TLS, on an address that tells of it", async () => {
    const authority = await createAuthority("ours");
    const certificate = await authority.sign("localhost");
    await using server = await serve(certificate, "0.0.0.0");
    using connection = await Deno.connectTls({
      hostname: "localhost",
      port: server.port,
      caCerts: [authority.cert],
    });
    const ask = [
      "GET /api/v1/events/ws HTTP/1.1",
      "Host: localhost",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    ].join("\r\n");
    await connection.write(new TextEncoder().encode(`${ask}\r\n\r\n`));
    const answer = new Uint8Array(1024);
    const count = await connection.read(answer);
    match(
      new TextDecoder().decode(answer.subarray(0, count ?? 0)),
      /^HTTP\/1\.1 101 /,
    );
  });

  Deno.test("a certificate that cannot be used is told of, and its key is not", async () => {
    const authority = await createAuthority("ours");
    const { cert, key } = await authority.sign("localhost");
    const other = await authority.sign("localhost");
    const middle = key.split("\n")[1]!;
    const faults: [Certificate, RegExp][] = [
      [
        { cert: "hello", key },
        /TLS_CERT_PATH holds no certificate: it must be PEM/,
      ],
      [{ cert: key, key }, /TLS_CERT_PATH holds no certificate/],
      [
        { cert, key: "hello" },
        /TLS_KEY_PATH holds no private key: it must be PEM/,
      ],
      [{ cert, key: cert }, /TLS_KEY_PATH holds no private key/],
      [
        { cert, key: other.key },
        /TLS_KEY_PATH does not belong to the certificate/,
      ],
      [{ cert: cert.replace(/M/, "!"), key }, /TLS_CERT_PATH is damaged/],
      [{ cert: cert.slice(0, 300), key }, /TLS_CERT_PATH is damaged/],
      [
        { cert, key: key.slice(0, 100) },
        /TLS_KEY_PATH is damaged, or of a kind/,
      ],
      [{ cert, key: key.replace("MIG", "MIX") }, /TLS_KEY_PATH is damaged, or/],
    ];
    for (const [certificate, says] of faults) {
      await rejects(serve(certificate), (error: Error) => {
        ok(error instanceof PortError);
        equal(error.code, "invalid");
        match(error.message, /^Cannot serve by TLS as /);
        match(error.message, says);
        ok(!error.message.includes(middle.slice(0, 20)), error.message);
        return true;
      });
    }
  });
}
