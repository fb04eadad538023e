/**
 * The compose file of the roles: the same service, four times.
 *
 * @module
 */
import compose from "../../docker-compose.yml" with { type: "text" };
import apart from "../../docker-compose.roles.yml" with { type: "text" };
import { parseConfig } from "../../src/config.ts";
import { deepEqual, equal, match } from "../support/assert.ts";
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

/** A key as an operator sets it. */
const KEY = `hf_0123456789ab_${"x".repeat(43)}`;

/** What compose makes of an environment: defaults, and no quotes. */
const configOf = (environment: Readonly<Record<string, string>>) =>
  parseConfig(Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value.replace(/\$\{\w+:-(\w+)\}/, "$1").replace(
        /\$\{SERVICE_KEY:\?.*\}/,
        KEY,
      ),
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
  const same = without(base, "environment", "volumes", "ports");
  const shared = without(base.environment, "DATA_DIR", "SAMPLE_DESK");
  for (const service of Object.values(others)) {
    deepEqual(without(service, "environment", "ports"), same);
    const own = [
      "ROLE",
      "SIGNAL_SERVICE_URL",
      "EXECUTION_GATEWAY_URL",
      "SERVICE_KEY",
    ];
    deepEqual(without(service.environment, ...own), shared);
  }
});

Deno.test("compose of roles: each is published on a loopback port of its own", () => {
  const ports = Object.values(others).map(({ ports }) => `${ports}`);
  deepEqual(ports, [
    "127.0.0.1:8081:8080",
    "127.0.0.1:8082:8080",
    "127.0.0.1:8083:8080",
  ]);
});

Deno.test("compose of roles: the orchestrator finds the others, and has a key for them", () => {
  const { signalServiceUrl, executionGatewayUrl, serviceKey } = configs.at(-1)!;
  equal(signalServiceUrl, "http://signal-service:8080");
  equal(executionGatewayUrl, "http://execution-gateway:8080");
  equal(serviceKey, KEY);
  // Compose refuses to start it without one, and says how to make one.
  match(
    others["orchestrator"]!.environment["SERVICE_KEY"]!,
    /^\$\{SERVICE_KEY:\?.+\}$/,
  );
});

function without(record: object, ...names: readonly string[]) {
  return Object.fromEntries(
    Object.entries(record).filter(([name]) => !names.includes(name)),
  );
}
