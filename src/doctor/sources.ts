/**
 * Whether market data and model can be read.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import type { Finding } from "../../ports/finding.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { type FilePlaces, openFilePorts } from "../composition/files.ts";

/** Files of bars that are opened. */
const MOST_OPENED = 5;

/** Opens some of the bars, and the model. */
export async function sourceFindings(
  places: FilePlaces,
  foundations: { readonly clock: Clock; readonly telemetry: Telemetry },
): Promise<Finding[]> {
  await using stack = new AsyncDisposableStack();
  let files: Awaited<ReturnType<typeof openFilePorts>>;
  try {
    files = await openFilePorts(places, foundations, stack);
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    return [{
      check: "market data",
      level: "warn",
      says: error.message,
      mend: "mend MARKET_DATA_DIR, MODEL_PATH or QUARANTINE_PATH",
    }];
  }
  const { marketData, modelRegistry } = files;
  return await Promise.all([
    finding("market data", "mend MARKET_DATA_DIR, or its files", async () => {
      const symbols = await marketData.symbols();
      if (symbols.length === 0) {
        throw new PortError(
          "not_found",
          `there is no SYMBOL.parquet in ${places.marketDataDir}`,
        );
      }
      const opened = symbols.slice(0, MOST_OPENED);
      for (const symbol of opened) await marketData.range(symbol);
      return `${symbols.length} symbols in ${places.marketDataDir}, the first ${opened.length} can be read`;
    }),
    finding("model", "mend MODEL_PATH, or the model", async () => {
      const { model } = await modelRegistry.reload();
      const { strategy, version, treeCount } = model.info;
      return `${strategy} ${version}, ${treeCount} trees`;
    }),
  ]);
}

/** What `look` says; a service starts without, and answers 503 where it needs it. */
async function finding(
  check: string,
  mend: string,
  look: () => Promise<string>,
): Promise<Finding> {
  try {
    return { check, level: "ok", says: await look() };
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    return { check, level: "warn", says: error.message, mend };
  }
}
