/**
 * Settings with a cache as one writes it in an afternoon; it is wrong.
 *
 * The run of faults has to find that out, or it finds nothing.
 *
 * @module
 */
import postgres from "postgres";
import { redis, serve } from "./afternoon_parts.ts";
import { keyOf } from "./clients.ts";

const sql = postgres(Deno.env.get("DATABASE_URL")!, { onnotice() {} });

// Versions in the order of the commits of a key, also of changes by hand.
await sql.unsafe(`
  CREATE SEQUENCE IF NOT EXISTS version;
  CREATE TABLE IF NOT EXISTS settings (key text PRIMARY KEY, value text, version bigint);
  CREATE OR REPLACE FUNCTION version_row() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.version := nextval('version'); RETURN NEW; END $$;
  CREATE OR REPLACE TRIGGER version_row BEFORE INSERT OR UPDATE ON settings
    FOR EACH ROW EXECUTE FUNCTION version_row()`);

/** The key, else the row, which then becomes the key. */
async function read(key: string): Promise<string> {
  const held = await redis("GET", key);
  if (typeof held === "string") return held;
  const [row] =
    await sql`SELECT version, value FROM settings WHERE key = ${key}`;
  const text = `${row!["version"]} ${row!["value"]}`;
  await redis("SET", key, text);
  return text;
}

/** The row, and no key any more. */
async function write(key: string, value: string): Promise<string> {
  const [row] = await sql`
    INSERT INTO settings VALUES (${key}, ${value})
    ON CONFLICT (key) DO UPDATE SET value = ${value} RETURNING version`;
  await redis("DEL", key);
  return `${row!["version"]} ${value}`;
}

serve(async (request, user) => {
  const text = request.method === "PUT"
    ? await write(keyOf(user), await request.text())
    : await read(keyOf(user));
  const [version, ...value] = text.split(" ");
  return new Response(value.join(" "), { headers: { ETag: `"${version}"` } });
});
