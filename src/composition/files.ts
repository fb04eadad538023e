/**
 * The ports that read files which operators keep.
 *
 * @module
 */
import { openLightgbmModelRegistry } from "../../adapters/lightgbm/model_registry.ts";
import { openParquetMarketData } from "../../adapters/parquet/market_data.ts";
import {
  createNoQuarantine,
  openQuarantineFile,
} from "../../adapters/system/quarantine_file.ts";
import { ALPHA158_NAMES } from "../../domain/alpha158/alpha158.ts";
import type { Clock } from "../../ports/clock.ts";
import type { MarketData } from "../../ports/market_data.ts";
import type { ModelRegistry } from "../../ports/model_registry.ts";
import type { QuarantineList } from "../../ports/quarantine_list.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { Config } from "../config.ts";

/** Bars, models, and which bars may not be used. */
export interface FilePorts {
  readonly marketData: MarketData;
  readonly modelRegistry: ModelRegistry;
  readonly quarantineList: QuarantineList;
}

/** Where they are. */
export type FilePlaces = Pick<
  Config,
  "marketDataDir" | "modelPath" | "strategyId" | "quarantinePath"
>;

/** Opens them; `stack` closes them. */
export async function openFilePorts(
  config: FilePlaces,
  { clock, telemetry }: {
    readonly clock: Clock;
    readonly telemetry: Telemetry;
  },
  stack: AsyncDisposableStack,
): Promise<FilePorts> {
  const market = { dir: config.marketDataDir, clock, telemetry };
  return {
    marketData: stack.use(await openParquetMarketData(market)),
    modelRegistry: stack.use(
      await openLightgbmModelRegistry({
        path: config.modelPath,
        featureNames: ALPHA158_NAMES,
        strategy: config.strategyId,
        clock,
      }),
    ),
    quarantineList: config.quarantinePath === undefined
      ? createNoQuarantine()
      : openQuarantineFile(config.quarantinePath, telemetry),
  };
}
