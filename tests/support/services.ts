/**
 * Tells test files where the servers are that they need.
 *
 * @module
 */
import {
  howToEnable,
  type ServiceName,
  serviceVariable,
} from "../../scripts/services.ts";
import { needs, skip } from "./needs.ts";

/**
 * The address of `service`, as `deno task test` gives it; if there is none,
 * registers the reason as a skipped test. Guard the file's tests with it.
 */
export async function requireService(
  file: string,
  service: ServiceName,
): Promise<string | undefined> {
  if (!await needs(file, ["env", "net"])) return undefined;
  const url = Deno.env.get(serviceVariable(service));
  if (url) return url;
  skip(file, `there is no ${service}; to run it, ${howToEnable(service)}`);
  return undefined;
}
