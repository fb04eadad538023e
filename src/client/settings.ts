/**
 * The settings of a user, as a program reads, changes and watches them.
 *
 * @module
 */
import type { ModeConfig } from "./contract/mode_config.ts";
import type {
  NotificationSettings,
  TradingSettings,
} from "./contract/parts.ts";
import type { ScalpReentry } from "./contract/scalp_reentry.ts";
import type {
  CapitalAllocation,
  GlobalCircuitBreaker,
  SettingsBundle,
  UserSettings,
} from "./contract/settings.ts";
import { HoldfastError } from "./errors.ts";
import { follow, type FollowOptions, type Gap, gapOf } from "./follow.ts";
import type { CallOptions, Reply, Transport } from "./transport.ts";

/** The documents of a user, by name. */
export interface SettingsDocuments {
  readonly settings: UserSettings;
  readonly trading: TradingSettings;
  readonly notifications: NotificationSettings;
  readonly ultra: ModeConfig;
  readonly scalp: ModeConfig;
  readonly swing: ModeConfig;
  readonly position: ModeConfig;
  readonly scalp_reentry: ScalpReentry;
  readonly circuit_breaker: GlobalCircuitBreaker;
  readonly capital_allocation: CapitalAllocation;
}

/** The name of a document. */
export type DocumentName = keyof SettingsDocuments;

/** What a bundle may hold: documents, the four modes, or all. */
export type BundlePart = DocumentName | "modes" | "all";

/** A value as a `PATCH` changes it: what is absent stays. */
export type Changes<T> = T extends readonly unknown[] ? T
  : T extends object ? { readonly [Name in keyof T]?: Changes<T[Name]> }
  : T;

/** What is known of a value that was read. */
export interface Provenance {
  /** The version: give it as `ifMatch` to change this very one. */
  readonly etag: string;
  /** Where the service took it from. */
  readonly source: string;
  /** Whether it is known to be the newest; not while the database is away. */
  readonly verified: boolean;
}

/** A document that was read or written. */
export interface Versioned<T> extends Provenance {
  /** The document. */
  readonly value: T;
}

/** On which condition a document is written. */
export interface WriteOptions extends CallOptions {
  /**
   * The `etag` that the document must still have; another one is refused with
   * the code `version-conflict`.
   */
  readonly ifMatch?: string | undefined;
}

/** A document has changed. */
export interface SettingsChange {
  /** Tells it from a gap. */
  readonly kind: "change";
  /** Where it stands in the log: watch on after it. */
  readonly id: string | undefined;
  /** The document, such as `mode:scalp`. */
  readonly document: string;
  /** Its version now. */
  readonly version: number;
  /** The paths that changed, with all beneath them; any when absent. */
  readonly paths?: readonly string[];
  /** Whatever else the service tells. */
  readonly [name: string]: unknown;
}

/** Settings of the user. */
export interface SettingsClient {
  /** Reads a document. */
  get<Name extends DocumentName>(
    name: Name,
    options?: CallOptions,
  ): Promise<Versioned<SettingsDocuments[Name]>>;

  /** Reads a document unless it still has `etag`; `undefined` when it has. */
  getUnless<Name extends DocumentName>(
    etag: string,
    name: Name,
    options?: CallOptions,
  ): Promise<Versioned<SettingsDocuments[Name]> | undefined>;

  /** Reads several documents as they stood at one moment. */
  bundle(
    parts: readonly BundlePart[],
    options?: CallOptions,
  ): Promise<Versioned<SettingsBundle["documents"]>>;

  /** Replaces a document; it is never sent twice. */
  put<Name extends DocumentName>(
    name: Name,
    value: SettingsDocuments[Name],
    options?: WriteOptions,
  ): Promise<Versioned<SettingsDocuments[Name]>>;

  /** Changes what is named of a document; it is never sent twice. */
  patch<Name extends DocumentName>(
    name: Name,
    changes: Changes<SettingsDocuments[Name]>,
    options?: WriteOptions,
  ): Promise<Versioned<SettingsDocuments[Name]>>;

  /**
   * Reads a document, has `change` make a new one of it, and writes that if
   * nobody else has written meanwhile; else begins anew, up to 10 times.
   */
  update<Name extends DocumentName>(
    name: Name,
    change: (value: SettingsDocuments[Name]) => SettingsDocuments[Name],
    options?: CallOptions,
  ): Promise<Versioned<SettingsDocuments[Name]>>;

  /** Follows the changes from now on, or after the place `after`. */
  watch(
    options?: FollowOptions & { readonly after?: string | undefined },
  ): AsyncGenerator<SettingsChange | Gap, void, undefined>;
}

/** Where each document is. */
const PATHS: Readonly<Record<DocumentName, string>> = {
  settings: "/api/user/settings",
  trading: "/api/user/settings/trading",
  notifications: "/api/user/settings/notifications",
  ultra: "/api/futures/ginie/modes/ultra",
  scalp: "/api/futures/ginie/modes/scalp",
  swing: "/api/futures/ginie/modes/swing",
  position: "/api/futures/ginie/modes/position",
  scalp_reentry: "/api/futures/ginie/scalp-reentry-config",
  circuit_breaker: "/api/user/global-circuit-breaker",
  capital_allocation: "/api/futures/ginie/capital-allocation",
};

/** Times that `update` begins. */
const UPDATE_ATTEMPTS = 10;

/** Creates what speaks of settings over `transport`. */
export function createSettingsClient(transport: Transport): SettingsClient {
  const settings: SettingsClient = {
    async get(name, options) {
      return versioned(await transport.call("GET", PATHS[name], options));
    },

    async getUnless(etag, name, options) {
      const headers = { "If-None-Match": etag };
      const question = { ...options, headers };
      const reply = await transport.call("GET", PATHS[name], question);
      return reply.status === 304 ? undefined : versioned(reply);
    },

    async bundle(parts, options) {
      const query = { include: parts.join(",") };
      const question = { ...options, query };
      const reply = await transport.call("GET", PATHS.settings, question);
      const { documents } = reply.json as SettingsBundle;
      return { ...provenanceOf(reply), value: documents };
    },

    put: (name, value, options) => write("PUT", name, value, options),
    patch: (name, changes, options) => write("PATCH", name, changes, options),

    async update(name, change, options) {
      for (let attempt = 1;; attempt++) {
        const { value, etag } = await settings.get(name, options);
        try {
          const conditional = { ...options, ifMatch: etag };
          return await settings.put(name, change(value), conditional);
        } catch (error) {
          const isOvertaken = error instanceof HoldfastError &&
            error.status === 412;
          if (!isOvertaken || attempt === UPDATE_ATTEMPTS) throw error;
        }
      }
    },

    async *watch({ after, ...options } = {}) {
      const path = `${PATHS.settings}/watch`;
      for await (const message of follow(transport, path, { after }, options)) {
        const { event, id, data } = message;
        if (event === "gap") yield gapOf(data);
        else yield { ...JSON.parse(data), kind: "change", id };
      }
    },
  };

  async function write<T>(
    method: string,
    name: DocumentName,
    body: unknown,
    { ifMatch, ...options }: WriteOptions = {},
  ): Promise<Versioned<T>> {
    const question = { ...options, body, headers: { "If-Match": ifMatch } };
    return versioned(await transport.call(method, PATHS[name], question));
  }

  return settings;
}

function versioned<T>(reply: Reply): Versioned<T> {
  return { ...provenanceOf(reply), value: reply.json as T };
}

function provenanceOf({ headers }: Reply): Provenance {
  return {
    etag: headers.get("etag") ?? "",
    source: headers.get("x-holdfast-source") ?? "",
    verified: headers.get("x-holdfast-verified") === "true",
  };
}
