import { deepEqual, equal, match, ok, throws } from "../support/assert.ts";
import compose from "../../docker-compose.yml" with { type: "text" };
import dockerfile from "../../deploy/Dockerfile" with { type: "text" };
import { parseYaml, type Yaml } from "../support/yaml.ts";

const { services, volumes } = parseYaml(compose) as {
  services: Record<string, Record<string, Yaml>>;
  volumes: Record<string, Yaml>;
};
const SERVERS = ["redis", "postgres"];
const MONITORS = ["prometheus", "grafana"];

Deno.test("compose: it runs the service and its servers", () => {
  deepEqual(Object.keys(services), ["holdfast", ...SERVERS, ...MONITORS]);
});

Deno.test("compose: images are pinned to a release", () => {
  for (const name of SERVERS) {
    match(String(services[name]!.image), /^\w+:\d+\.\d+(\.\d+)?-\w+$/);
  }
});

Deno.test("compose: servers are of versions that README says were tested", async () => {
  const readme = await Deno.readTextFile("README.md");
  const tested = /Tested on ([^;]+?)\. Redis must/.exec(readme)![1]!;
  const [, redis] = /:([\d.]+)-/.exec(String(services.redis!.image))!;
  const [, postgres] = /:(\d+)/.exec(String(services.postgres!.image))!;
  ok(tested.includes(` ${redis}`), `Redis ${redis}`);
  ok(tested.endsWith(`Postgres ${postgres}`), `Postgres ${postgres}`);
});

Deno.test("compose: everything has a health check", () => {
  for (const name of SERVERS) {
    const check = services[name]!.healthcheck as Record<string, Yaml>;
    equal((check.test as Yaml[])[0], "CMD-SHELL");
    ok(check.interval && check.timeout && check.retries, name);
  }
  match(dockerfile, /^HEALTHCHECK /m);
});

Deno.test("compose: nothing listens beyond the loopback interface", () => {
  // The runner of the tests moves the ports by these variables.
  deepEqual(services.redis!.ports, [
    "127.0.0.1:${HOLDFAST_REDIS_PORT:-6379}:6379",
  ]);
  deepEqual(services.postgres!.ports, [
    "127.0.0.1:${HOLDFAST_POSTGRES_PORT:-5432}:5432",
  ]);
  const { network_mode, environment, ports } = services.holdfast!;
  equal(network_mode, undefined);
  deepEqual(ports, ["127.0.0.1:${HOLDFAST_PORT:-8080}:8080"]);
  // Within its network it listens on all addresses, and so asks for keys.
  const { HOST, AUTH } = environment as Record<string, Yaml>;
  deepEqual([HOST, AUTH], ["0.0.0.0", "keys"]);
});

Deno.test("compose: the service may write its data, and nothing else", () => {
  const { read_only, cap_drop, security_opt, volumes } = services.holdfast!;
  equal(read_only, "true");
  deepEqual(cap_drop, ["ALL"]);
  deepEqual(security_opt, ["no-new-privileges:true"]);
  deepEqual(volumes, ["holdfast:/data"]);
});

Deno.test("compose: it finds its servers by their names", () => {
  const { environment } = services.holdfast!;
  const { DATABASE_URL, REDIS_URL } = environment as Record<string, string>;
  equal(new URL(DATABASE_URL!).hostname, "postgres");
  equal(new URL(REDIS_URL!).hostname, "redis");
});

Deno.test("compose: Redis appends to its file and refuses rather than evicts", () => {
  const command = services.redis!.command as Yaml[];
  const value = (option: string) => command[command.indexOf(option) + 1];
  equal(value("--appendonly"), "yes");
  equal(value("--appendfsync"), "everysec");
  equal(value("--maxmemory-policy"), "noeviction");
  match(String(value("--maxmemory")), /^\d+mb$/);
});

Deno.test("compose: data lies in named volumes", () => {
  const used = Object.values(services)
    .flatMap((service) => service.volumes as Yaml[])
    .map((mount) => String(mount).split(":")[0]!)
    // What lies in the repository is no data.
    .filter((name) => !name.startsWith("./"));
  deepEqual(Object.keys(volumes).sort(), used.sort());
});

Deno.test("compose: what the reader of YAML does not know it refuses", () => {
  deepEqual(parseYaml('a:\n  - "b: c" # d\n  - e\nf:\ng: h:i\n'), {
    a: ["b: c", "e"],
    f: null,
    g: "h:i",
  });
  for (
    const text of ["a: &b c", "a: {b: c}", "a: |\n  b", "a:\n b: c\n  d: e"]
  ) {
    throws(() => parseYaml(text), /Cannot read YAML/, text);
  }
});
