/**
 * The second listener: for those who look after the service.
 *
 * @module
 */
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { believing, createAuthority } from "../support/certificates.ts";
import { needs } from "../support/needs.ts";
import { ServiceEnded, startService } from "../support/service_process.ts";

async function folder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "holdfast-admin-" });
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

async function statusOf(url: string, init?: RequestInit): Promise<number> {
  const response = await fetch(url, init);
  await response.body?.cancel();
  return response.status;
}

if (await needs(import.meta.url, ["read", "write", "run", "net", "env"])) {
  Deno.test("e2e: ADMIN_PORT answers probes and Prometheus, and nothing else", async () => {
    await using world = await folder();
    await using service = await startService({
      DATA_DIR: world.path,
      ADMIN_PORT: "0",
    });
    const { url, adminUrl } = service;
    ok(adminUrl !== undefined && adminUrl !== url);
    for (const path of ["/health/live", "/health/ready", "/health"]) {
      equal(await statusOf(adminUrl + path), 200, path);
    }
    const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
    match(metrics, /^# TYPE holdfast_http_requests_total counter$/m);

    const { paths } = await (await fetch(`${url}/openapi.json`)).json();
    const others = Object.keys(paths)
      .filter((path) => !/^\/(health|metrics)/.test(path));
    ok(others.length > 50);
    for (const path of [...others, "/docs", "/"]) {
      equal(
        await statusOf(adminUrl + path.replace(/\{\w+\}/g, "x")),
        404,
        path,
      );
    }
    equal(await statusOf(`${adminUrl}/health`, { method: "POST" }), 405);
  });

  Deno.test("e2e: on a listener that others reach, probes and Prometheus need no key", async () => {
    await using world = await folder();
    await using service = await startService({
      DATA_DIR: world.path,
      ADMIN_PORT: "0",
      HOST: "0.0.0.0",
    });
    const at = (url: string) => url.replace("0.0.0.0", "127.0.0.1");
    for (const path of ["/health/live", "/health/ready", "/metrics"]) {
      equal(await statusOf(at(service.adminUrl!) + path), 200, path);
    }
    equal(await statusOf(`${at(service.url)}/api/user/settings`), 401);
  });

  Deno.test("e2e: while requests end, probes hear that no more should come; then both ports are free", async () => {
    await using world = await folder();
    await using service = await startService({
      DATA_DIR: world.path,
      ADMIN_PORT: "0",
    });
    const { url, adminUrl } = service;
    // A body that is still coming is a request under way.
    const slow = new TransformStream<Uint8Array, Uint8Array>();
    const writer = slow.writable.getWriter();
    const answer = fetch(`${url}/api/v1/features/batch`, {
      method: "POST",
      body: slow.readable,
    });
    await writer.write(new TextEncoder().encode('{"symbols":["SYNA"],'));
    // The service has it as soon as it has answered a later request.
    equal(await statusOf(`${url}/health/live`), 200);
    const ended = service.end("SIGTERM");
    while (await statusOf(`${adminUrl}/health/ready`) !== 503);
    const ready = await (await fetch(`${adminUrl}/health/ready`)).json();
    deepEqual(ready, { ready: false, reasons: ["The service shuts down"] });
    equal(await statusOf(`${adminUrl}/health/live`), 200);
    await writer.write(new TextEncoder().encode('"date":"2025-01-16"}'));
    await writer.close();
    equal((await answer).status, 200);
    await (await answer).body?.cancel();
    equal((await ended).code, 0);
    await rejects(fetch(`${url}/health/live`));
    await rejects(fetch(`${adminUrl}/health/live`));
  });

  Deno.test("e2e: an admin port in use is told of by its own name, and the start ends", async () => {
    await using world = await folder();
    await using running = await startService({ DATA_DIR: world.path });
    const ADMIN_PORT = new URL(running.url).port;
    const start = startService({ DATA_DIR: `${world.path}/2`, ADMIN_PORT });
    await rejects(start, (error: Error) => {
      ok(error instanceof ServiceEnded);
      equal(error.code, 1);
      match(
        error.message,
        /^Cannot listen on 127\.0\.0\.1:\d+ as the port is in use: set ADMIN_PORT to another/m,
      );
      return true;
    });
  });

  Deno.test("e2e: with a certificate both listeners speak TLS", async () => {
    await using world = await folder();
    const authority = await createAuthority("ours");
    const { cert, key } = await authority.sign("localhost", "127.0.0.1");
    const [TLS_CERT_PATH, TLS_KEY_PATH] = [
      `${world.path}/cert.pem`,
      `${world.path}/key.pem`,
    ];
    await Deno.writeTextFile(TLS_CERT_PATH, cert);
    await Deno.writeTextFile(TLS_KEY_PATH, key);
    const env = { DATA_DIR: world.path, TLS_CERT_PATH, TLS_KEY_PATH };
    {
      await using service = await startService({ ...env, ADMIN_PORT: "0" });
      using client = believing(authority.cert);
      for (const url of [service.url, service.adminUrl!]) {
        match(url, /^https:/);
        const at = url.replace("127.0.0.1", "localhost");
        const answer = await client.fetch(`${at}/health/live`);
        equal((await answer.json()).status, "alive");
      }
    }
    const other = await authority.sign("localhost");
    await Deno.writeTextFile(TLS_KEY_PATH, other.key);
    await rejects(startService(env), (error: Error) => {
      ok(error instanceof ServiceEnded);
      match(
        error.message,
        /^Cannot serve by TLS as the key in the file of TLS_KEY_PATH does not belong/m,
      );
      return true;
    });
  });
}
