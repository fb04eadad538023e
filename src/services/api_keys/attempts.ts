/**
 * Work that is done again and again, and may fail.
 *
 * @module
 */
import type { Telemetry } from "../../../ports/telemetry.ts";
import { errorFields } from "../error_fields.ts";

/**
 * Creates what does work and never fails: the log hears once that it does not
 * succeed, and once that it does again.
 */
export function createAttempts(
  telemetry: Pick<Telemetry, "log">,
): (work: () => Promise<void>) => Promise<void> {
  let isFailing = false;
  return async (work) => {
    try {
      await work();
      if (isFailing) telemetry.log("info", "API keys are up to date again");
      isFailing = false;
    } catch (error) {
      if (!isFailing) {
        const fields = errorFields(error);
        telemetry.log(
          "warn",
          "API keys cannot be brought up to date",
          { ...fields },
        );
      }
      isFailing = true;
    }
  };
}
