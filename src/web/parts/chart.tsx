/**
 * A chart of values over time.
 *
 * @module
 */
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { Time } from "./basics.tsx";

/** One line of a chart. */
export interface Line {
  readonly label: string;
  /** Name of the colour in the style sheet, such as `--accent`. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
}

/** What a chart shows. */
export interface ChartProps {
  readonly title: string;
  /** Unix seconds, rising. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  /** Prints a value, with its unit. */
  print(value: number): string;
  /** Where the scale ends; a little above the values when absent. */
  readonly max?: number;
  /** Seconds that the chart is wide; as wide as its values when absent. */
  readonly spanS?: number;
  /** Whether there is a value a day; then the scale begins near the lowest. */
  readonly isDaily?: boolean;
}

const HEIGHT = 132;

const isDark = globalThis.matchMedia("(prefers-color-scheme: dark)");

/** A chart with its title and newest values, or those under the pointer. */
export function Chart(props: ChartProps) {
  const { title, times, lines, print } = props;
  const [pointed, setPointed] = useState<number>();
  const time = pointed === undefined ? undefined : times[pointed];
  const instant = time === undefined
    ? undefined
    : new Date(time * 1000).toISOString();
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const told = lines.map(({ label, values }) => {
    const last = time === undefined
      ? values.findLast((value) => value !== null)
      : values[pointed!];
    return {
      label,
      text: last === undefined || last === null ? "–" : print(last),
    };
  });

  useEffect(() => {
    const element = place.current!;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(
        optionsOf(props, element.clientWidth, setPointed),
        dataOf(props),
        element,
      );
    };
    draw();
    const sizes = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: HEIGHT })
    );
    sizes.observe(element);
    isDark.addEventListener("change", draw);
    return () => {
      isDark.removeEventListener("change", draw);
      sizes.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, []);

  useEffect(() => {
    plot.current?.setData(dataOf(props));
  });

  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">{title}</span>
        {instant &&
          (props.isDaily ? instant.slice(0, 10) : <Time at={instant} />)}
        {told.map(({ label, text }, i) => (
          <span class="legend" key={label}>
            <i style={{ background: `var(${lines[i]!.colour})` }} />
            {label} <b>{text}</b>
          </span>
        ))}
      </figcaption>
      <div
        ref={place}
        class="plot"
        role="img"
        title={instant && `${instant} (UTC)`}
        aria-label={`${title}: ${
          told.map(({ label, text }) => `${label} ${text}`).join(", ")
        }`}
      />
    </figure>
  );
}

function dataOf({ times, lines }: ChartProps): uPlot.AlignedData {
  return [
    [...times],
    ...lines.map(({ values }) => [...values]),
  ] as uPlot.AlignedData;
}

const MINUTE = new Intl.DateTimeFormat([], {
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

function minuteOf(seconds: number): string {
  return seconds % 60 === 0 ? MINUTE.format(seconds * 1000) : "";
}

function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

function isAlone(values: uPlot.AlignedData[number]): boolean {
  let count = 0;
  for (const value of values) if (typeof value === "number") count++;
  return count === 1;
}

function optionsOf(
  { lines, print, spanS, max, isDaily }: ChartProps,
  width: number,
  point: (index: number | undefined) => void,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour("--muted"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: `11px ${style.fontFamily}`,
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    hooks: { setCursor: [({ cursor }) => point(cursor.idx ?? undefined)] },
    padding: [8, 8, 0, 0],
    scales: {
      x: spanS === undefined ? {} : {
        range: (_, __, last = Date.now() / 1000) => [
          last - spanS,
          // A point at the very end would be cut off.
          last + spanS / 100,
        ],
      },
      y: {
        range: (_, least, most) =>
          isDaily
            ? uPlot.rangeNum(least, most, 0.1, true)
            : [0, max ?? (most > 0 ? most * 1.15 : 1)],
      },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 24,
        space: 70,
        values: (_, times) => times.map(isDaily ? dayOf : minuteOf),
      },
      {
        ...axis,
        size: 58,
        space: 34,
        values: (_, values) => values.map((value) => print(value)),
      },
    ],
    series: [
      {},
      ...lines.map((line, i) => ({
        label: line.label,
        stroke: colour(line.colour),
        width: 1.5,
        spanGaps: true,
        // A single value makes no line.
        points: {
          show: (plot: uPlot, of: number) => isAlone(plot.data[of]!),
          size: 4,
        },
        ...(i === 0 ? { fill: `${colour(line.colour)}1f` } : {}),
      })),
    ],
  };
}
