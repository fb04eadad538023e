/**
 * Commands of Postgres's own programs, to be run by hand.
 *
 * @module
 */
import { shellWord } from "./shell_word.ts";

/** The database that is meant. */
export interface PostgresAddress {
  /** Where it is; its secrets are not shown. */
  readonly url: string;
  /** The file of those whose certificates are believed. */
  readonly caPath?: string | undefined;
}

/** The commands that back the database up to `path`. */
export function backUpCommands(
  database: PostgresAddress,
  path: string,
): string[] {
  const { address, schema } = withoutSecrets(database);
  return [
    [
      ...["pg_dump", "--format=custom", "--no-owner", "--no-privileges"],
      ...schema === undefined ? [] : [shellWord(`--schema=${schema}`)],
      shellWord(`--file=${path}`),
      shellWord(`--dbname=${address}`),
    ].join(" "),
  ];
}

/**
 * The commands that put the backup at `path` into the database.
 *
 * @param flags What named the database on the command line, if anything did.
 * @param revokesKeys Whether no API key is to be left.
 */
export function restoreCommands(
  database: PostgresAddress,
  path: string,
  flags: readonly string[],
  revokesKeys: boolean,
): string[] {
  const { address } = withoutSecrets(database);
  return [
    [
      ...["pg_restore", "--clean", "--if-exists", "--no-owner"],
      ...["--no-privileges", "--single-transaction", "--exit-on-error"],
      shellWord(`--dbname=${address}`),
      shellWord(path),
    ].join(" "),
    [
      "holdfast restore --new-epoch --yes",
      ...revokesKeys ? ["--revoke-keys"] : [],
      ...naming(flags),
    ].join(" "),
  ];
}

/** The flags that say which database is meant: without them it is another. */
function naming(flags: readonly string[]): string[] {
  const given = flags.flatMap((flag) =>
    /^(--[^=]+)=(.*)$/s.exec(flag)?.slice(1) ?? flag
  );
  const words: string[] = [];
  for (let i = 0; i < given.length; i += 2) {
    const [name = "", value = ""] = given.slice(i);
    if (name === "--database-url") words.push(name, '"${DATABASE_URL:?}"');
    if (name === "--store" || name === "--database-ca-path") {
      words.push(name, shellWord(value));
    }
  }
  return words;
}

/** The address without its password, and without what only a session knows. */
function withoutSecrets(
  { url, caPath }: PostgresAddress,
): { readonly address: string; readonly schema: string | undefined } {
  const [, scheme, login = "", rest, query = ""] =
    /^(postgres(?:ql)?:\/\/)(?:([^/?]*)@)?([^?]*)(?:\?(.*))?$/.exec(url)!;
  const [user = ""] = login.split(":");
  const parameters = new URLSearchParams(query);
  const mode = parameters.get("sslmode");
  const kept = new URLSearchParams({
    ...mode !== null && { sslmode: mode },
    ...caPath !== undefined && {
      sslmode: "verify-full",
      sslrootcert: caPath,
    },
  });
  const tail = kept.size > 0 ? `?${kept}` : "";
  const address = `${scheme}${user === "" ? "" : `${user}@`}${rest}${tail}`;
  return { address, schema: parameters.get("search_path") ?? undefined };
}
