/**
 * The defaults that new users get: one tree for everybody.
 *
 * @module
 */
import type { InputFault } from "../invalid_input.ts";
import { isJsonObject, type JsonObject } from "../json_value.ts";
import { BUILT_IN_TREE, SETTINGS, TREE_SHAPE, valueAt } from "./catalogue.ts";
import { faultsOf, InvalidSettings } from "./check.ts";
import { modeNamed } from "./field.ts";

/** Members of a defaults file that are for people: they are not settings. */
const REMARKS = /^(?:metadata$|_)/;

/**
 * Reads a tree of defaults. Every setting must be there, and none may be zero
 * that would switch a protection off. A mode may be called `ultra_fast`.
 *
 * @throws {InvalidSettings} With every fault.
 */
export function readDefaults(value: unknown): JsonObject {
  const faults = doubleModes(value);
  const tree = renamed(value);
  const zeros = dangerousZeros(tree);
  const isSaid = ({ path }: InputFault) =>
    zeros.some((zero) => zero.path === path);
  const others = faultsOf(TREE_SHAPE, tree).filter((one) => !isSaid(one));
  faults.push(...zeros, ...others);
  if (faults.length > 0) throw new InvalidSettings("these defaults", faults);
  return tree as JsonObject;
}

/**
 * Reads a defaults file: as `readDefaults`, but what it leaves out is as the
 * program has it, and remarks for people are left out.
 *
 * @throws {InvalidSettings} With every fault.
 */
export function readDefaultsFile(value: unknown): JsonObject {
  const said = withoutRemarks(value);
  const faults = doubleModes(said);
  // The others are told when this one is mended: which of the two was meant?
  if (faults.length > 0) throw new InvalidSettings("these defaults", faults);
  const tree = renamed(said);
  return readDefaults(isJsonObject(tree) ? completedDefaults(tree) : tree);
}

/** `tree` with the program's own defaults for what it leaves out. */
export function completedDefaults(tree: JsonObject): JsonObject {
  return filled(BUILT_IN_TREE, tree);
}

function dangerousZeros(tree: unknown): InputFault[] {
  return SETTINGS
    .filter(({ path, field }) =>
      field.isZeroDangerous && valueAt(tree, path.split(".")) === 0
    )
    .map(({ path }) => ({
      path,
      message: "must not be 0 in the defaults, as that switches a protection " +
        "off for everybody: current value is 0",
    }));
}

/** `value` without remarks at any level. */
function withoutRemarks(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !REMARKS.test(name))
      .map(([name, inner]) => [name, withoutRemarks(inner)]),
  );
}

/** The groups in which one mode stands by both of its names. */
function doubleModes(tree: unknown): InputFault[] {
  if (!isJsonObject(tree)) return [];
  return Object.entries(tree).flatMap(([group, value]) => {
    if (!isJsonObject(value)) return [];
    const names = Object.keys(value);
    return names
      .filter((name) => {
        const mode = modeNamed(name);
        return mode !== undefined && mode !== name && names.includes(mode);
      })
      .map((name) => ({
        path: `${group}.${name}`,
        message: `must not stand beside ${modeNamed(name)}, as both are ` +
          "names of one mode: leave one of them out",
      }));
  });
}

/** `tree` with the modes called as we call them. */
function renamed(tree: unknown): unknown {
  if (!isJsonObject(tree)) return tree;
  return Object.fromEntries(
    Object.entries(tree).map(([group, value]) => [
      group,
      isJsonObject(value)
        ? Object.fromEntries(
          Object.entries(value).map(([name, inner]) => [
            modeNamed(name) ?? name,
            inner,
          ]),
        )
        : value,
    ]),
  );
}

/** `base` with everything that `over` says. */
function filled(base: JsonObject, over: JsonObject): JsonObject {
  const next = new Map(Object.entries(base));
  for (const [name, value] of Object.entries(over)) {
    const held = next.get(name);
    next.set(
      name,
      isJsonObject(held) && isJsonObject(value) ? filled(held, value) : value,
    );
  }
  return Object.fromEntries(next);
}
