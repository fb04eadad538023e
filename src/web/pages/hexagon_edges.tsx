/**
 * The edges of the picture: from ports to adapters, and from the log to Redis.
 *
 * @module
 */
import { lagOf, type Status } from "../live.ts";
import { counted, figure, nameOf } from "../words.ts";
import { BOX, HALF, type Places, RADIUS } from "./hexagon_places.ts";

/** A port, and the edge to the adapter that it uses now. */
export function Edge(
  { places, index, adapter, record, hasRedis, rate }: {
    places: Places;
    index: number;
    adapter: Status["adapters"][number];
    record: string;
    hasRedis: boolean;
    rate: number;
  },
) {
  const { hexagon: [x, y], isNarrow } = places;
  const isRecord = adapter.active === record;
  const isHere = hasRedis && !isRecord && adapter.active !== "redis";
  const [boxX, boxY] = isRecord ? places.record : places.fast;
  const label = nameOf(adapter.port);
  // Ports stand in a row of their own between the hexagon and the stores.
  const [portX, portY] = isNarrow
    ? [55 + index * 90, y + 146 + (index % 2) * 34]
    : [x + 214, 66 + index * 66];
  const width = isNarrow ? 92 : 122;
  const off = (index - 1.5) * (isNarrow ? 36 : 44);
  const start = isNarrow
    ? [x + off, y + HALF]
    : [x + RADIUS - Math.abs(off) / Math.tan(Math.PI / 3), y + off];
  const end = isNarrow
    ? [boxX + (index - 1.5) * 16, boxY - BOX.height / 2]
    : [boxX - BOX.width / 2, boxY + (index - 1.5) * 14];
  const [outX, outY] = isNarrow
    ? [portX, portY + 13]
    : [portX + width / 2, portY];
  const bend = isNarrow
    ? `C ${outX} ${outY + 26}, ${end[0]} ${end[1]! - 26}, ${end[0]} ${end[1]}`
    : `C ${outX + 48} ${outY}, ${end[0]! - 48} ${end[1]}, ${end[0]} ${end[1]}`;
  return (
    <g class="port" data-port={adapter.port} data-adapter={adapter.active}>
      <line class="stem" x1={start[0]} y1={start[1]} x2={portX} y2={portY} />
      {isHere
        ? (
          <text
            class={isNarrow ? "small" : "beside"}
            x={isNarrow ? portX : outX + 10}
            y={isNarrow ? portY + 27 : portY + 4}
          >
            in {nameOf(adapter.active)}
          </text>
        )
        : <path class={edgeClass(rate)} d={`M ${outX} ${outY} ${bend}`} />}
      <rect
        class="pill"
        x={portX - width / 2}
        y={portY - 13}
        width={width}
        height={26}
        rx={13}
      />
      <text class={isNarrow ? "small" : ""} x={portX} y={portY + 4}>
        {label}
        {adapter.pinned === null ? "" : " ⚲"}
      </text>
      <title>
        {`${label} is on ${nameOf(adapter.active)}${
          adapter.pinned === null ? "" : ", pinned"
        }: ${figure(rate)} requests/s`}
      </title>
    </g>
  );
}

/** How Redis follows the log. */
export function Follower(
  { places, status }: { places: Places; status: Status },
) {
  const { fast, record, isNarrow } = places;
  const lag = lagOf(status);
  const isUp = status.redis_status === "connected";
  const says = lag === undefined
    ? "not followed yet"
    : lag === 0
    ? "caught up"
    : `${counted(lag, "change")} behind`;
  const [x1, y1] = isNarrow
    ? [record[0] - BOX.width / 2, record[1] + 26]
    : [record[0], record[1] - BOX.height / 2];
  const [x2, y2] = isNarrow
    ? [fast[0] + BOX.width / 2, fast[1] + 26]
    : [fast[0], fast[1] + BOX.height / 2];
  return (
    <g class={isUp ? "follow" : "follow cut"}>
      <line x1={x1} y1={y1} x2={x2} y2={y2} />
      {isNarrow
        ? <text x={190} y={568}>{`log → Redis: ${says}`}</text>
        : <text class="beside" x={x1 + 10} y={(y1 + y2) / 2 + 4}>{says}</text>}
    </g>
  );
}

/** How an edge looks that so many requests a second pass. */
export function edgeClass(rate: number): string {
  if (rate <= 0) return "edge";
  return rate < 50 ? "edge flows" : "edge flows fast";
}
