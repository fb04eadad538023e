/**
 * Channels that operators add: what they may be, and how faults are told.
 *
 * @module
 */
import { z } from "zod";
import { parseChannels } from "../../domain/event/channel_file.ts";
import { CHANNELS } from "../../domain/event/registry.ts";
import { InvalidInput } from "../../domain/invalid_input.ts";
import { deepEqual, equal, fail, ok } from "../support/assert.ts";

const SCHEMA = {
  type: "object",
  required: ["fill_id", "venue"],
  properties: {
    fill_id: { type: "string", description: "Of the venue" },
    venue: { type: "string", enum: ["paper", "binance"], maxLength: 7 },
    qty: { type: "integer", minimum: 1, maximum: 100 },
    price: { type: "number", minimum: 0.5 },
    is_maker: { type: "boolean", enum: [true] },
    note: { type: "string", maxLength: 3 },
    legs: {
      type: "array",
      items: {
        type: "object",
        required: ["symbol"],
        properties: { symbol: { type: "string" } },
      },
    },
    raw: { type: "array" },
  },
};

const fills = (more: object = {}) => ({
  name: "fills.booked",
  summary: "A venue has booked a fill.",
  lane: "durable",
  version: 2,
  key: "fill_id",
  large: "claim-check",
  schema: SCHEMA,
  example: { fill_id: "f-1", venue: "paper", qty: 3 },
  ...more,
});

function faults(list: unknown): string[] {
  try {
    parseChannels(list, CHANNELS);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    for (const { message } of error.errors) ok(error.message.includes(message));
    return error.errors.map(({ path, message }) => `${path} ${message}`);
  }
  return fail("it was accepted");
}

function parse(more: object = {}) {
  const registry = parseChannels([fills(more)], CHANNELS);
  return registry.find("fills.booked")!;
}

Deno.test("a channel of the file stands beside the built-in ones", () => {
  const registry = parseChannels([fills()], CHANNELS);
  deepEqual(
    registry.all.map(({ name }) => name),
    [...CHANNELS.all.map(({ name }) => name), "fills.booked"],
  );
  const { schema: _, ...channel } = registry.find("fills.booked")!;
  const { schema: _s, ...expected } = fills();
  deepEqual(channel, expected);
  deepEqual(parseChannels([], CHANNELS).all, CHANNELS.all);
});

Deno.test("what may be left out is filled in", () => {
  const { name, summary, key, schema, example } = fills();
  const registry = parseChannels(
    [{ name, summary, key, schema, example }],
    CHANNELS,
  );
  const { lane, version, large } = registry.find(name)!;
  deepEqual([lane, version, large], ["durable", 1, "refuse"]);
});

Deno.test("data is held to the schema, and members that it does not name are kept", () => {
  const { schema } = parse();
  const good = {
    fill_id: "f-1",
    venue: "binance",
    qty: 100,
    price: 0.5,
    is_maker: true,
    note: "äö😀",
    legs: [{ symbol: "SPY", more: [1] }],
    raw: [1, "x", null],
    extra: { of: "its own" },
  };
  deepEqual(schema.parse(good), good);
  const cases: [object, string][] = [
    [{ fill_id: undefined }, "fill_id is required"],
    [{ fill_id: 7 }, "fill_id must be a text: current value is 7"],
    [{ fill_id: "" }, "fill_id must be a text of 1 to 256 printable"],
    [{ fill_id: "a\0" }, "fill_id must be a text of 1 to 256 printable"],
    [
      { venue: "nyse" },
      'venue must be one of paper, binance: current value is "nyse"',
    ],
    [{ qty: 0 }, "qty must be a whole number, at least 1, at most 100"],
    [{ qty: 101 }, "qty must be a whole number, at least 1, at most 100"],
    [{ qty: 1.5 }, "qty must be a whole number"],
    [{ price: 0.4 }, "price must be a number, at least 0.5"],
    [{ price: "1" }, "price must be a number"],
    [{ is_maker: false }, "is_maker must be one of true"],
    [{ note: "1234" }, "note must be a text of at most 3 characters"],
    [{ legs: {} }, "legs must be a list"],
    [{ legs: [{}] }, "legs.0.symbol is required"],
    [{ legs: [1] }, "legs.0 must be an object"],
  ];
  for (const [more, expected] of cases) {
    const issues = schema.safeParse({ ...good, ...more }).error!.issues;
    const told = issues.map(({ path, message }) =>
      `${path.join(".")} ${message}`
    );
    ok(told.some((text) => text.startsWith(expected)), told.join("; "));
  }
});

Deno.test("a schema can be written down again", () => {
  const { $schema: _, ...written } = z.toJSONSchema(parse().schema, {
    io: "input",
  });
  const properties = written.properties as Record<string, object>;
  deepEqual(written.required, SCHEMA.required);
  deepEqual(properties["venue"], {
    type: "string",
    maxLength: 7,
    enum: ["paper", "binance"],
  });
  deepEqual(properties["note"], { type: "string", maxLength: 3 });
  deepEqual(properties["qty"], { type: "integer", minimum: 1, maximum: 100 });
});

Deno.test("a key that is a whole number is a key", () => {
  const schema = {
    type: "object",
    required: ["n"],
    properties: { n: { type: "integer" } },
  };
  equal(parse({ key: "n", schema, example: { n: 1 } }).key, "n");
});

const BAD: [what: string, list: unknown, expected: string][] = [
  ["no list", {}, " must be a list of at most 500 channels"],
  ["too many", Array(501).fill(0), " must be a list of at most 500"],
  ["a text", ["x"], "[0] must be an object"],
  [
    "a built-in name",
    [fills({ name: "signals.generated" })],
    "[0].name must not be that of a built-in channel, signals.generated",
  ],
  [
    "a reserved name",
    [fills({ name: "settings.updated" })],
    "[0].name must not be that of a built-in",
  ],
  [
    "a name twice",
    [fills(), fills()],
    "[1].name is the name of [0] too: fills.booked",
  ],
  [
    "a name that is none",
    [fills({ name: "Fills.>" })],
    "[0].name must be words of a-z",
  ],
  [
    "a name too long",
    [fills({ name: "x".repeat(129) })],
    "[0].name must be words of a-z",
  ],
  ["no name", [fills({ name: undefined })], "[0].name is required"],
  ["no summary", [fills({ summary: "" })], "[0].summary must be a text"],
  [
    "a lane that is none",
    [fills({ lane: "fast" })],
    "[0].lane must be durable or volatile",
  ],
  ["version 0", [fills({ version: 0 })], "[0].version must be a whole number"],
  [
    "a size that is none",
    [fills({ large: "yes" })],
    "[0].large must be refuse or claim-check",
  ],
  [
    "an unknown member",
    [fills({ reserved: true })],
    "[0].reserved is none of name, summary",
  ],
  [
    "a key that the schema has not",
    [fills({ key: "id" })],
    '[0].schema.properties must have the key of the channel, "id"',
  ],
  [
    "a key that is a number",
    [fills({ key: "price" })],
    '[0].schema.properties must have the key of the channel, "price"',
  ],
  [
    "a key that may be absent",
    [fills({ schema: { ...SCHEMA, required: ["venue"] } })],
    '[0].schema.required must name the key of the channel, "fill_id"',
  ],
  [
    "a key that may be absent, as nothing is required",
    [fills({ schema: { ...SCHEMA, required: undefined } })],
    '[0].schema.required must name the key of the channel, "fill_id"',
  ],
  ["no schema", [fills({ schema: undefined })], "[0].schema is required"],
  [
    "a schema of a list",
    [fills({ schema: { type: "array" } })],
    '[0].schema.type must be "object"',
  ],
  ["no example", [fills({ example: undefined })], "[0].example is required"],
  ["an example against its schema", [
    fills({ example: { fill_id: "f", venue: "x" } }),
  ], "[0].example.venue must be one of paper, binance"],
  [
    "an example that lacks what is required",
    [fills({ example: {} })],
    "[0].example.fill_id is required",
  ],
  ["an example too large", [
    fills({
      large: "refuse",
      example: { fill_id: "f", venue: "paper", x: "x".repeat(1024) },
    }),
  ], "[0].example must be at most 1024 bytes"],
];

for (const [what, list, expected] of BAD) {
  Deno.test(`refused: ${what}`, () => {
    const told = faults(list);
    ok(told.some((text) => text.startsWith(expected)), told.join("; "));
  });
}

const field = (schema: unknown) => [
  fills({
    schema: { ...SCHEMA, properties: { ...SCHEMA.properties, f: schema } },
  }),
];
const deep = (levels: number): object =>
  levels === 0
    ? { type: "string" }
    : { type: "array", items: deep(levels - 1) };

const BAD_FIELDS: (readonly [
  what: string,
  schema: unknown,
  expected: string,
])[] = [
  ["a text", "string", "must be an object"],
  ["no type", {}, ".type is required"],
  [
    "two types",
    { type: ["string", "null"] },
    ".type must be one of object, array",
  ],
  ["a type of objects", { type: "constructor" }, ".type must be one of object"],
  [
    "a keyword not understood",
    { type: "string", pattern: "^a" },
    ".pattern is not understood beside type string",
  ],
  [
    "a keyword of another type",
    { type: "boolean", minimum: 1 },
    ".minimum is not understood beside type boolean",
  ],
  [
    "closed objects",
    { type: "object", additionalProperties: false },
    ".additionalProperties is not understood",
  ],
  [
    "a limit as a text",
    { type: "number", minimum: "1" },
    ".minimum must be a number",
  ],
  [
    "no room between limits",
    { type: "integer", minimum: 2, maximum: 1 },
    ".maximum must not be below minimum, 2",
  ],
  [
    "a length of 0",
    { type: "string", maxLength: 0 },
    ".maxLength must be a whole number above 0",
  ],
  [
    "an empty enum",
    { type: "string", enum: [] },
    ".enum must be a list of 1 to 500 values",
  ],
  [
    "an enum of another type",
    { type: "string", enum: ["a", 1] },
    ".enum[1] must be a text",
  ],
  [
    "an enum with a value twice",
    { type: "string", enum: ["a", "a"] },
    ".enum must be a list",
  ],
  [
    "properties as a list",
    { type: "object", properties: [] },
    ".properties must be an object",
  ],
  [
    "__proto__",
    { type: "object", properties: JSON.parse('{"__proto__":{}}') },
    ".properties must be an object",
  ],
  ...["toString", "constructor", "hasOwnProperty"].map((name) =>
    [
      `a name that every object has, ${name}`,
      { type: "object", properties: { [name]: { type: "string" } } },
      `.properties must be an object of at most 500 names, none of them ${name}`,
    ] as const
  ),
  [
    "required as a text",
    { type: "object", required: "a" },
    ".required must be a list of names",
  ],
  [
    "a required name without a property",
    { type: "object", required: ["a"] },
    ".required names a, which properties has not",
  ],
  ["nesting without end", deep(20), "must not be nested more than 16 levels"],
];

for (const [what, schema, expected] of BAD_FIELDS) {
  Deno.test(`refused, as a field's schema: ${what}`, () => {
    const told = faults(field(schema));
    const at = "[0].schema.properties.f";
    ok(
      told.some((text) => text.startsWith(at) && text.includes(expected)),
      told.join("; "),
    );
  });
}

Deno.test("a key that every object has is refused in words", () => {
  for (const key of ["toString", "constructor", "__proto__"]) {
    const properties = JSON.parse(`{"${key}":{"type":"string"}}`);
    const schema = { type: "object", required: [key], properties };
    const told = faults([fills({ key, schema })]);
    ok(
      told.some((text) => text.includes(`none of them ${key}`)),
      told.join("; "),
    );
  }
});

Deno.test("every fault is told at once", () => {
  const told = faults([
    fills({ name: "A", lane: "x", example: 1 }),
    {
      ...fills(),
      schema: { type: "object", properties: { fill_id: { type: "no" } } },
    },
  ]);
  deepEqual(told.map((text) => text.split(" ")[0]), [
    "[0].name",
    "[0].lane",
    "[0].example",
    "[1].schema.properties.fill_id.type",
    "[1].schema.properties",
  ]);
});
