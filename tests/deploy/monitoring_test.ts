/**
 * The profile `monitoring` of docker-compose.yml, and what Grafana is given.
 *
 * @module
 */
import compose from "../../docker-compose.yml" with { type: "text" };
import dashboards from "../../deploy/grafana/provisioning/dashboards/holdfast.yml" with {
  type: "text",
};
import source from "../../deploy/grafana/provisioning/datasources/prometheus.yml" with {
  type: "text",
};
import scrape from "../../deploy/prometheus/prometheus.yml" with {
  type: "text",
};
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { parseYaml, type Yaml } from "../support/yaml.ts";

const { services } = parseYaml(compose) as {
  services: Record<string, Record<string, Yaml>>;
};
const monitors = ["prometheus", "grafana"].map((name) => services[name]!);

Deno.test("monitoring: it is there for who asks for it, at a release, and only on the loopback interface", () => {
  for (const { profiles, image, ports, healthcheck } of monitors) {
    deepEqual(profiles, ["monitoring"]);
    match(String(image), /^[a-z]+\/[a-z]+:v?\d+\.\d+\.\d+$/);
    for (const port of ports as Yaml[]) match(String(port), /^127\.0\.0\.1:/);
    ok(healthcheck);
  }
});

Deno.test("monitoring: what is mounted is there", async () => {
  const mounts = monitors.flatMap(({ volumes }) => volumes as string[]);
  const own = mounts.filter((mount) => mount.startsWith("./"));
  equal(own.length, 3);
  for (const mount of own) {
    const [path, , mode] = mount.split(":");
    equal(mode, "ro");
    await Deno.stat(path!);
  }
});

Deno.test("monitoring: Prometheus asks the listener that wants no key", () => {
  const environment = services.holdfast!.environment as Record<string, string>;
  ok(scrape.includes(`- holdfast:${environment.ADMIN_PORT}\n`));
  const published = (services.holdfast!.ports as string[]).join();
  ok(!published.includes(environment.ADMIN_PORT!), published);
});

Deno.test("monitoring: Grafana finds Prometheus and the dashboard", () => {
  const [, port] = /:(\d+)$/.exec(
    (services.prometheus!.ports as string[])[0]!,
  )!;
  ok(source.includes(`url: http://prometheus:${port}\n`));
  const [, folder] = /path: (\S+)/.exec(dashboards)!;
  const mounts = services.grafana!.volumes as string[];
  ok(mounts.some((mount) => mount.includes(`:${folder}/holdfast.json:`)));
});
