/**
 * The compose file of the roles: the same service, four times.
 *
 * @module
 */
import compose from "../../docker-compose.yml" with { type: "text" };
import apart from "../../docker-compose.roles.yml" with { type: "text" };
import { parseConfig } from "../../src/config.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { parseYaml, type Yaml } from "../support/yaml.ts";

interface Service {
  readonly environment: Readonly<Record<string, string>>;
  readonly [name: string]: Yaml | Readonly<Record<string, string>>;
}

const servicesOf = (text: string) =>
  (parseYaml(text) as unknown as { services: Record<string, Service> })
    .services;
const base = servicesOf(compose)["holdfast"]!;
const { holdfast, ...others } = servicesOf(apart);

/** What compose makes of an environment: defaults, and no quotes. */
const configOf = (environment: Readonly<Record<string, string>>) =>
  parseConfig(Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value.replace(/\$\{\w+:-(\w+)\}/, "$1").replaceAll('"', ""),
    ]),
  ));
const state = configOf({ ...base.environment, ...holdfast!.environment });
const configs = Object.entries(others).map(([name, { environment }]) => ({
  name,
  ...configOf(environment),
}));

Deno.test("compose of roles: each runs in a process that is named after it", () => {
  equal(state.role, "state");
  deepEqual(configs.map(({ name }) => name), configs.map(({ role }) => role));
  deepEqual(configs.map(({ role }) => role), [
    "signal-service",
    "execution-gateway",
    "orchestrator",
  ]);
});

Deno.test("compose of roles: apart from roles, all are the service of the first file", () => {
  const same = without(base, "environment", "volumes");
  const shared = without(base.environment, "DATA_DIR", "PORT");
  for (const service of Object.values(others)) {
    deepEqual(without(service, "environment"), same);
    const own = ["PORT", "ROLE", "SIGNAL_SERVICE_URL", "EXECUTION_GATEWAY_URL"];
    deepEqual(without(service.environment, ...own), shared);
  }
});

Deno.test("compose of roles: each has a port of its own, and the orchestrator knows them", () => {
  const ports = Object.fromEntries(
    configs.map(({ role, port }) => [role, port]),
  );
  equal(new Set([state.port, ...Object.values(ports)]).size, 4);
  const { signalServiceUrl, executionGatewayUrl } = configs.at(-1)!;
  equal(signalServiceUrl, `http://127.0.0.1:${ports["signal-service"]}`);
  equal(executionGatewayUrl, `http://127.0.0.1:${ports["execution-gateway"]}`);
});

function without(record: object, ...names: readonly string[]) {
  return Object.fromEntries(
    Object.entries(record).filter(([name]) => !names.includes(name)),
  );
}
