/**
 * One client of `GET /api/v1/events/stream`, as light as it can be: it reads
 * ids, and holds each position against the one before.
 *
 * @module
 */

/** What a client has come upon. */
export interface StreamClient {
  /** The position that it has been told of last. */
  readonly position: number;
  /** Events that it was given. */
  readonly events: number;
  /** Positions that it was never given. */
  readonly lost: number;
  /** Positions that it was given again, or out of order. */
  readonly repeated: number;
  /** Ends it. */
  close(): void;
}

/** How a client reads. */
export interface StreamClientOptions {
  readonly port: number;
  /** What follows `?`. */
  readonly query?: string;
  /** Hears of each event. */
  readonly onEvent?: (position: number) => void;
  /** Hears that the stream has ended before it was closed. */
  readonly onEnd: (reason: string) => void;
  /** Waits before it reads on: a slow client. */
  readonly pause?: () => Promise<void>;
}

const ID = /^id: [0-9a-f-]+:(\d+)$/;

/** Connects, and resolves once the stream has told where it begins. */
export async function openStreamClient(
  options: StreamClientOptions,
): Promise<StreamClient> {
  const { port, query = "", onEvent, onEnd, pause } = options;
  const connection = await Deno.connect({ port, hostname: "127.0.0.1" });
  await connection.write(
    new TextEncoder().encode(
      `GET /api/v1/events/stream?${query} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
    ),
  );
  const begun = Promise.withResolvers<void>();
  let isClosed = false;
  let position = -1;
  let events = 0;
  let lost = 0;
  let repeated = 0;
  /** Of the frame that is being read. */
  let id = -1;
  let isNamed = false;

  function takeLine(line: string): void {
    if (line === "") {
      if (id >= 0) takeFrame(id, isNamed);
      id = -1;
      isNamed = false;
      return;
    }
    if (line.startsWith("event: ")) {
      isNamed = true;
      if (line === "event: gap") lost++;
    } else if (line.startsWith("id: ")) id = Number(ID.exec(line)![1]);
  }

  function takeFrame(at: number, isPlace: boolean): void {
    if (isPlace) {
      // A place without an event: everything up to it has been delivered.
      if (position >= 0 && at !== position) lost += Math.abs(at - position);
      position = at;
      begun.resolve();
      return;
    }
    if (at <= position) repeated++;
    else {
      lost += at - position - 1;
      position = at;
    }
    events++;
    onEvent?.(at);
  }

  async function read(): Promise<void> {
    const decode = createChunkDecoder(takeLine);
    const decoder = new TextDecoder("latin1");
    const buffer = new Uint8Array(64 * 1024);
    for (;;) {
      const length = await connection.read(buffer);
      if (length === null) throw new Error("the server has closed it");
      decode(decoder.decode(buffer.subarray(0, length)));
      if (pause) await pause();
    }
  }
  read().catch((error: Error) => {
    if (isClosed) return;
    begun.reject(error);
    onEnd(error.message);
  });
  await begun.promise;
  return {
    get position() {
      return position;
    },
    get events() {
      return events;
    },
    get lost() {
      return lost;
    },
    get repeated() {
      return repeated;
    },
    close() {
      isClosed = true;
      connection.close();
    },
  };
}

/** Takes the head and the chunks of an answer apart, into lines of its body. */
function createChunkDecoder(
  takeLine: (line: string) => void,
): (text: string) => void {
  let rest = "";
  let isInBody = false;
  /** Characters of the chunk that are still to come. */
  let left = 0;
  let line = "";

  function takeBody(body: string): void {
    const lines = (line + body).split("\n");
    line = lines.pop()!;
    lines.forEach(takeLine);
  }

  return (text) => {
    rest += text;
    if (!isInBody) {
      const end = rest.indexOf("\r\n\r\n");
      if (end < 0) return;
      if (!rest.startsWith("HTTP/1.1 200")) throw new Error(rest.slice(0, 500));
      rest = rest.slice(end + 4);
      isInBody = true;
    }
    while (rest !== "") {
      if (left === 0) {
        // The end of the chunk before is an empty line.
        const start = rest.startsWith("\r\n") ? 2 : 0;
        const end = rest.indexOf("\r\n", start);
        if (end < 0) return;
        left = parseInt(rest.slice(start, end), 16);
        rest = rest.slice(end + 2);
        if (left === 0) return;
      }
      const body = rest.slice(0, left);
      rest = rest.slice(body.length);
      left -= body.length;
      takeBody(body);
    }
  };
}
