/**
 * The composition root: every port of the service. It, and the modules of
 * `composition/` that it puts together, are the one place that names adapters.
 *
 * @module
 */
import { createHttpClient } from "../adapters/http/client.ts";
import { createHttpLook } from "../adapters/http/look.ts";
import { createHttpOrderEntry } from "../adapters/http/order_entry.ts";
import { createHttpSignalSource } from "../adapters/http/signal_source.ts";
import { openPaperBroker } from "../adapters/paper/broker.ts";
import {
  type PaperOptions,
  parsePaperOptions,
} from "../adapters/paper/options.ts";
import { openDefaultsFile } from "../adapters/system/defaults_file.ts";
import { InvalidInput } from "../domain/invalid_input.ts";
import type { Broker } from "../ports/broker.ts";
import type { Clock } from "../ports/clock.ts";
import type { DefaultsSource } from "../ports/defaults_source.ts";
import type { OrderEntry } from "../ports/order_entry.ts";
import type { SignalSource } from "../ports/signal_source.ts";
import {
  type Foundations,
  openFoundations,
} from "./composition/foundations.ts";
import { type FilePorts, openFilePorts } from "./composition/files.ts";
import { type OpenState, openStatePorts } from "./composition/state.ts";
import { type Config, ConfigError } from "./config.ts";
import type { RemoteLooks } from "./services/health_remotes.ts";
import { createBarPrices, type Prices } from "./services/prices.ts";
import { plays } from "./services/role.ts";

export type { Foundations } from "./composition/foundations.ts";

/** How often the paper broker looks whether open orders can be filled. */
const PAPER_LOOK_MS = 1000;

/** Every port of the service, open. */
export interface Ports extends Foundations, OpenState, FilePorts {
  readonly defaultsSource: DefaultsSource;
  /** What the bars say that things are worth. */
  readonly prices: Prices;
  readonly broker: Broker;
  /** The signal service and the gateway of other processes, where they are apart. */
  readonly remote: {
    readonly signals: SignalSource | undefined;
    readonly orders: OrderEntry | undefined;
    /** Whether they answer. */
    readonly looks: RemoteLooks;
  };
}

/**
 * Opens what `config` names; `stack` closes it, the last one first.
 *
 * @param overrides Foundations to stand on instead of the machine's.
 * @throws {PortError} When the database cannot be opened, naming its file.
 */
export async function openPorts(
  config: Config,
  stack: AsyncDisposableStack,
  overrides: Partial<Foundations> = {},
): Promise<Ports> {
  const foundations = openFoundations(config, stack, overrides);
  const { clock } = foundations;
  const options = readPaperOptions(config.paperBroker);
  const state = await openStatePorts(config, foundations, stack);
  const files = await openFilePorts(config, foundations, stack);
  const prices = createBarPrices(files.marketData);
  return {
    ...foundations,
    ...state,
    ...files,
    prices,
    broker: stack.use(openPaperBroker({
      ...foundations,
      ledger: state.tradeLedger,
      quotes: {
        now: async (symbol, signal) =>
          (await prices.latest(symbol, signal)).price,
      },
      options,
      // All processes share the venue: one role looks after it.
      lookEveryMs: plays(config.role, "execution-gateway")
        ? PAPER_LOOK_MS
        : undefined,
    })),
    remote: openRemote(config, clock),
    defaultsSource: openDefaultsFile({
      path: config.defaultSettingsPath,
      dataDir: config.dataDir,
    }),
  };
}

/** @throws {ConfigError} When PAPER_BROKER is not what it must be. */
function readPaperOptions(text: string): PaperOptions {
  try {
    return parsePaperOptions(text);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw new ConfigError(`${error.message} (PAPER_BROKER)`, { cause: error });
  }
}

/** Those who do a part of the work in processes of their own. */
function openRemote(
  { signalServiceUrl, executionGatewayUrl, serviceKey }: Config,
  clock: Clock,
): Ports["remote"] {
  const client = (name: string, url: string) =>
    createHttpClient({ name, url, clock, apiKey: serviceKey });
  const look = (name: string, url: string | undefined) =>
    url === undefined ? undefined : createHttpLook({ name, url, clock });
  return {
    looks: {
      signalService: look("signal service", signalServiceUrl),
      executionGateway: look("execution gateway", executionGatewayUrl),
    },
    signals: signalServiceUrl === undefined
      ? undefined
      : createHttpSignalSource(client("signal service", signalServiceUrl)),
    orders: executionGatewayUrl === undefined
      ? undefined
      : createHttpOrderEntry(
        client("execution gateway", executionGatewayUrl),
      ),
  };
}
