/**
 * Traces: what a request has caused, and how long each part of it took.
 *
 * @module
 */

/** Facts of a span; secrets must not be among them. */
export type Attributes = Readonly<Record<string, string>>;

/** Tells a collector of spans; there is one only where somebody collects. */
export interface Trace {
  /**
   * Runs `work` as a span below the one that is under way, which fails where
   * `work` does. Where none is under way, as in the background, it is no span.
   */
  span<T>(
    name: string,
    attributes: Attributes,
    work: () => Promise<T>,
  ): Promise<T>;

  /** Names the span that is under way. */
  describe(name: string, attributes: Attributes): void;

  /** The span that is under way as a W3C `traceparent`, if there is one. */
  context(): string | undefined;
}

/** What the spans of some methods are called, by their arguments. */
export type SpanNames<Target> = {
  readonly [Method in keyof Target]?: Target[Method] extends
    (...args: infer Arguments) => Promise<unknown>
    ? (...args: Arguments) => string
    : never;
};

/**
 * `target` with a span for each call of the methods in `names`; `target` itself
 * where nobody traces, so that nothing is paid for it.
 */
export function traceCalls<Target extends object>(
  target: Target,
  trace: Trace | undefined,
  attributes: Attributes,
  names: SpanNames<Target>,
): Target {
  if (!trace) return target;
  const traced = Object.defineProperties(
    {},
    Object.getOwnPropertyDescriptors(target),
  ) as Target;
  for (const [method, nameOf] of Object.entries(names)) {
    const call = Reflect.get(target, method) as Call<Promise<unknown>>;
    const traceCall: Call<Promise<unknown>> = (...args) =>
      trace.span(
        (nameOf as Call<string>)(...args),
        attributes,
        () => call.apply(target, args),
      );
    Reflect.set(traced, method, traceCall);
  }
  return traced;
}

type Call<Result> = (...args: never[]) => Result;
