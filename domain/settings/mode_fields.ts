/**
 * Every field of a trading mode's document.
 *
 * @module
 */
import type { ModeFieldTree } from "./field.ts";
import { MODE_ENTRY_FIELDS } from "./mode_entry_fields.ts";
import { MODE_EXIT_FIELDS } from "./mode_exit_fields.ts";
import { MODE_FILTER_FIELDS } from "./mode_filter_fields.ts";
import { MODE_POSITION_FIELDS } from "./mode_position_fields.ts";

/** The fields of a mode: whether it is enabled, and fifteen groups. */
export const MODE_FIELDS: ModeFieldTree = {
  ...MODE_ENTRY_FIELDS,
  ...MODE_EXIT_FIELDS,
  ...MODE_POSITION_FIELDS,
  ...MODE_FILTER_FIELDS,
};
