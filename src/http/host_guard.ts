/**
 * Keeps web pages of other sites away from the service.
 *
 * A browser sends requests for any page it shows. A page of another site must
 * not change anything here (request forgery), and must not pass as this host
 * by a name of its own that it lets point here (DNS rebinding).
 *
 * @module
 */
import { RequestRefused } from "./errors.ts";

/** Lets requests in. */
export interface HostGuard {
  /**
   * Lets a request in.
   *
   * @throws {RequestRefused} `misdirected` when the request was meant for
   * another host; `cross_site` when a page of another site sent it to change
   * something.
   */
  admit(request: Request, headers: Headers): void;
}

/** Whether only this machine can reach a listener on `host`. */
export function isLoopback(host: string): boolean {
  return /^(localhost|\[?::1\]?|127(\.\d{1,3}){3})$/i.test(host);
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/;

/**
 * Creates the guard of a listener.
 *
 * @param options.loopback Whether only this machine can reach the listener;
 * such a listener answers only to names of this machine.
 * @param options.hosts More names that it answers to, without a port.
 */
export function createHostGuard(options: {
  readonly loopback: boolean;
  readonly hosts?: readonly string[];
}): HostGuard {
  const own = new Set(options.hosts?.map((host) => host.toLowerCase()));
  let accepted: string | undefined;

  function admitHost(host: string): void {
    const name = host.toLowerCase();
    if (
      options.loopback && !LOOPBACK.test(name) &&
      !own.has(name.replace(/:\d{1,5}$/, ""))
    ) {
      throw new RequestRefused(
        "misdirected",
        `Cannot serve host ${
          JSON.stringify(host.slice(0, 128))
        } as this service answers on localhost only`,
      );
    }
    accepted = host;
  }

  return {
    admit(request, headers) {
      const host = headers.get("host") ?? hostOf(request.url);
      if (host !== accepted) admitHost(host);
      if (request.method === "GET" || request.method === "HEAD") return;
      if (isCrossSite(headers, host)) {
        throw new RequestRefused(
          "cross_site",
          "Cannot accept a change as it was sent by a web page of another site",
        );
      }
    },
  };
}

/**
 * Keeps pages of other sites from what a GET changes, which a browser sends for
 * any page.
 *
 * @throws {RequestRefused} `cross_site`: the request cannot `what`.
 */
export function refuseCrossSite(
  { headers, url }: Request,
  what: string,
): void {
  if (!isCrossSite(headers, headers.get("host") ?? hostOf(url))) return;
  throw new RequestRefused(
    "cross_site",
    `Cannot ${what} as it was asked for by a web page of another site`,
  );
}

/** The host that `url` names; never fails. */
function hostOf(url: string): string {
  return /^\w+:\/\/([^/?#]*)/.exec(url)?.[1] ?? "";
}

/**
 * Whether a web page of another origin than `host` sent the request. Programs
 * that are not browsers send neither of the headers that tell.
 */
export function isCrossSite(headers: Headers, host: string): boolean {
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none") return true;
  const origin = headers.get("origin");
  return origin !== null &&
    origin.replace(/^https?:\/\//, "").toLowerCase() !== host.toLowerCase();
}
