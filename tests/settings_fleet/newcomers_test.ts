/**
 * Many new users at once: everybody gets settings, and what others write does
 * not wait until the last of them has his.
 *
 * @module
 */
import { USER_DOCUMENTS } from "../../domain/settings.ts";
import { MAX_COPYING } from "../../src/services/settings/documents.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { createRedis, findRedis } from "../support/redis_server.ts";
import { connectCli } from "../support/redis_world.ts";
import { skip } from "../support/needs.ts";
import { requireService } from "../support/services.ts";
import { openFleet } from "./fleet.ts";

const NEWCOMERS = 300;
const NOTIFICATIONS = "/api/user/settings/notifications";

const database = await requireService(import.meta.url, "postgres");
const program = await findRedis();
if (database !== undefined && program === undefined) {
  skip(import.meta.url, "there is no redis-server; to run it, install it");
}
if (database !== undefined && program !== undefined) {
  Deno.test(`the first reads of ${NEWCOMERS} users at once are all answered, and hold up nobody`, async () => {
    await using server = await createRedis(program);
    await server.start();
    await using command = await connectCli(server.url);
    await using fleet = await openFleet(database, {
      ...server,
      database: 0,
      command,
    });
    const { writer, reader, psql } = fleet;
    await Promise.all([writer.normal(), reader.normal()]);
    const ann = { user: "ann", body: { min_profit_usd: 7 } };
    await writer.ask("PATCH", NOTIFICATIONS, ann);

    const first = Array.from({ length: NEWCOMERS }, (_, i) => {
      const { service } = i % 2 === 0 ? writer : reader;
      const headers = { "x-user-id": `user-${i}` };
      return service.app.request(`http://127.0.0.1${NOTIFICATIONS}`, {
        headers,
      });
    });
    // Once some of them have their settings, before the others do.
    const stored = () =>
      psql`SELECT FROM settings WHERE key LIKE 'user:user-%' LIMIT 1`;
    while ((await stored()).length === 0);
    const changed = await writer.ask("PATCH", NOTIFICATIONS, {
      ...ann,
      body: { min_profit_usd: 8 },
    });
    const answers = await Promise.all(first);
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    equal(new Set(texts).size, 1, "they all have the same");

    const [{ written }] = await psql`
      SELECT count(*)::integer AS written FROM settings WHERE key LIKE 'user:user-%'
    ` as unknown as [{ written: number }];
    equal(written, NEWCOMERS * USER_DOCUMENTS.length);
    const [{ most }] = await psql`
      SELECT max(size)::integer AS most FROM (
        SELECT count(*) AS size FROM settings_history GROUP BY xmin
      ) AS commits` as unknown as [{ most: number }];
    ok(most <= MAX_COPYING * USER_DOCUMENTS.length + 1, `${most} in a commit`);
    const [{ later }] = await psql`
      SELECT count(*)::integer AS later FROM settings
      WHERE version > ${Number(changed.etag!.replaceAll('"', ""))}
    ` as unknown as [{ later: number }];
    // Else they would have gone first, each and every one.
    ok(
      later > MAX_COPYING * USER_DOCUMENTS.length,
      `only ${later} documents are newer than the change`,
    );
  });
}
