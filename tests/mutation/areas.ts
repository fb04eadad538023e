/**
 * The code whose tests are tested, and the tests that it has.
 *
 * @module
 */

/** Code, and what must notice that it has changed. */
export interface Area {
  readonly name: string;
  /** Folders, whose programs are meant, and files. */
  readonly code: readonly string[];
  /** Test files; a folder stands for those in it. */
  readonly tests: readonly string[];
  /** Whether schedules of the simulation judge it, too. */
  readonly isSimulated: boolean;
}

/** The areas. */
export const AREAS: readonly Area[] = [
  {
    name: "follower",
    code: ["src/follower"],
    tests: ["tests/follower"],
    isSimulated: true,
  },
  {
    name: "breaker",
    code: ["domain/breaker.ts"],
    tests: ["tests/domain/breaker_test.ts"],
    isSimulated: false,
  },
  {
    name: "order states",
    code: [
      "domain/order/order_state.ts",
      "domain/order/report.ts",
      "domain/order/position.ts",
    ],
    tests: [
      "tests/domain/order_state_test.ts",
      "tests/domain/order_report_test.ts",
      "tests/domain/order_position_test.ts",
    ],
    isSimulated: false,
  },
  {
    name: "sequence",
    code: [
      "domain/sequence.ts",
      "domain/order/client_order_id.ts",
      "src/services/order_ids.ts",
      "src/services/order_ids",
    ],
    tests: [
      "tests/domain/client_order_id_test.ts",
      "tests/domain/dates_test.ts",
      "tests/domain/order_day_test.ts",
      "tests/services/order_ids_test.ts",
      "tests/services/order_ids_today_test.ts",
    ],
    isSimulated: false,
  },
];
