/**
 * The defaults source port: a file of default settings that an operator keeps.
 *
 * @module
 */

/** Reads the file, and keeps copies of defaults that are replaced. */
export interface DefaultsSource {
  /** Where the defaults come from, for people; `undefined` when there is no file. */
  readonly path: string | undefined;

  /**
   * What the file says, parsed as JSON; `undefined` when there is no file.
   *
   * @throws {PortError} `not_found` when it is not there; `corrupt` when it is
   * not JSON, ambiguous or nested too deep; `unavailable` when it cannot be read.
   */
  load(): Promise<unknown>;

  /**
   * Keeps a copy of defaults before they are replaced.
   *
   * @param name Unique among all copies, fit for a file name.
   * @returns Where it is kept, for people.
   * @throws {PortError} `unavailable`, `full`.
   */
  backup(name: string, json: string): Promise<string>;
}
