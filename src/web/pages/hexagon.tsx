/**
 * The picture: ports around the service, the adapter that each uses now, the
 * log, and Redis that follows it.
 *
 * @module
 */
import { useEffect, useState } from "preact/hooks";
import type { Status } from "../live.ts";
import type { Measure } from "../measures.ts";
import { count, figure, nameOf } from "../words.ts";
import { Edge, edgeClass, Follower } from "./hexagon_edges.tsx";
import {
  BOX,
  HALF,
  NARROW,
  type Places,
  RADIUS,
  WIDE,
} from "./hexagon_places.ts";

const isSmall = globalThis.matchMedia("(max-width: 720px)");

/** The picture of `status`. */
export function Hexagon(
  { status, measure }: { status: Status; measure: Measure | undefined },
) {
  const [places, setPlaces] = useState(isSmall.matches ? NARROW : WIDE);
  useEffect(() => {
    const turn = () => setPlaces(isSmall.matches ? NARROW : WIDE);
    isSmall.addEventListener("change", turn);
    return () => isSmall.removeEventListener("change", turn);
  }, []);
  const { width, height } = places;
  const hasRedis = status.redis_status !== "disabled";
  const others = [
    ...new Set(status.adapters.map(({ active }) => active)),
  ].filter((name) => name !== "redis" && name !== status.record);
  const ports = status.adapters.map(({ port, active }) =>
    `${nameOf(port)} on ${nameOf(active)}`
  );
  return (
    <svg
      class="hexagon"
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`Ports and adapters: ${ports.join(", ")}`}
    >
      <Driver places={places} measure={measure} />
      {status.adapters.map((adapter, i) => (
        <Edge
          key={`${adapter.port} ${adapter.active}`}
          places={places}
          index={i}
          adapter={adapter}
          record={status.record}
          hasRedis={hasRedis}
          rate={measure?.rateByPort[adapter.port] ?? 0}
        />
      ))}
      <Core places={places} status={status} />
      {hasRedis && <Follower places={places} status={status} />}
      <Store
        at={places.record}
        title={nameOf(status.record)}
        isUp={status.database_connected}
        isUsed
        lines={[
          "database of record",
          status.database_connected
            ? `log at ${count(status.log?.head ?? 0)}`
            : "does not answer",
        ]}
      />
      {hasRedis
        ? (
          <Store
            at={places.fast}
            title="Redis"
            isUp={status.redis_status === "connected"}
            isUsed={status.mode !== "degraded"}
            lines={[
              status.redis_status === "connected" ? "follows the log" : "away",
              status.checkpoint === null
                ? "no checkpoint yet"
                : `checkpoint ${count(status.checkpoint)}`,
            ]}
          />
        )
        : others.length > 0 && (
          <Store
            at={places.fast}
            title={others.map(nameOf).join(", ")}
            isUp
            isUsed
            lines={["in this process", "no Redis configured"]}
          />
        )}
    </svg>
  );
}

function Driver(
  { places: { driver: [x, y], hexagon, isNarrow }, measure }: {
    places: Places;
    measure: Measure | undefined;
  },
) {
  const rate = measure ? `${figure(measure.rate)} requests/s` : "measuring…";
  const [fromX, fromY] = isNarrow ? [x, y + 26] : [x + 78, y];
  const [toX, toY] = isNarrow
    ? [hexagon[0], hexagon[1] - HALF]
    : [hexagon[0] - RADIUS, hexagon[1]];
  return (
    <g>
      <line
        class={edgeClass(measure?.rate ?? 0)}
        x1={fromX}
        y1={fromY}
        x2={toX}
        y2={toY}
      />
      <rect class="box" x={x - 84} y={y - 28} width={168} height={56} rx={6} />
      <text class="strong" x={x} y={y - 4}>HTTP · SSE · CLI</text>
      <text x={x} y={y + 15}>{rate}</text>
    </g>
  );
}

function Core(
  { places: { hexagon: [x, y] }, status }: { places: Places; status: Status },
) {
  const corners = [0, 1, 2, 3, 4, 5].map((i) => {
    const angle = Math.PI / 3 * i;
    return `${x + RADIUS * Math.cos(angle)},${y + RADIUS * Math.sin(angle)}`;
  });
  const words = {
    normal: "normal",
    degraded: "degraded",
    unverified: "unverified",
  }[status.mode];
  return (
    <g>
      <polygon class={`core ${status.mode}`} points={corners.join(" ")} />
      <text class="title" x={x} y={y - 10}>Holdfast</text>
      <text x={x} y={y + 12}>{status.instance.slice(0, 24)}</text>
      <text class={`mode ${status.mode}`} x={x} y={y + 34}>{words}</text>
    </g>
  );
}

function Store(
  { at: [x, y], title, lines, isUp, isUsed }: {
    at: readonly [number, number];
    title: string;
    lines: readonly string[];
    isUp: boolean;
    isUsed: boolean;
  },
) {
  const state = isUp ? isUsed ? "used" : "idle" : "away";
  return (
    <g class={`store ${state}`}>
      <rect
        class="box"
        x={x - BOX.width / 2}
        y={y - BOX.height / 2}
        width={BOX.width}
        height={BOX.height}
        rx={6}
      />
      <text class="strong" x={x} y={y - 16}>{title}</text>
      {lines.map((line, i) => (
        <text key={i} x={x} y={y + 6 + i * 19}>{line}</text>
      ))}
    </g>
  );
}
