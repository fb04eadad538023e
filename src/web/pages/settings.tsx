/**
 * Settings: the form, and what surrounds it.
 *
 * @module
 */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { messageOf } from "../api.ts";
import { may } from "../live.ts";
import { Done, Empty, Fault } from "../parts/basics.tsx";
import { ConflictDialog } from "./settings_conflict.tsx";
import { FieldRow } from "./settings_field.tsx";
import {
  DefaultsPreview,
  loadPreview,
  SettingsPast,
} from "./settings_past.tsx";
import {
  conflicts,
  done,
  dropEdits,
  edits,
  faults,
  type Field,
  isSame,
  keptOf,
  loadSettings,
  saveEdits,
  shownOf,
  table,
  trouble,
} from "./settings_state.ts";

/** The group that is shown, such as `mode_configs.scalp`. */
const group = signal("mode_configs.scalp");
const wanted = signal("");
const show = signal<"all" | "changed" | "edited">("all");
const view = signal<"form" | "past">("form");
const isBusy = signal(false);

/** The page. */
export function Settings() {
  useEffect(() => {
    load();
  }, []);
  if (!table.value) {
    return (
      <>
        <h1>Settings</h1>
        <Fault message={trouble.value} />
        {!trouble.value && <Empty>Reading the settings…</Empty>}
      </>
    );
  }
  const { settings } = table.value;
  const changed = settings.filter((f) => !isSame(keptOf(f), f.default)).length;
  return (
    <>
      <header class="page-head">
        <h1>
          {changed === 0
            ? `All ${settings.length} settings have their defaults.`
            : `${changed} of ${settings.length} settings differ from the defaults.`}
        </h1>
        <div class="tabs" role="group" aria-label="View">
          <Tab name="form">Settings</Tab>
          <Tab name="past">History</Tab>
        </div>
      </header>
      {view.value === "form"
        ? <Form settings={settings} />
        : <SettingsPast reload={load} />}
      <DefaultsPreview reload={load} />
      {conflicts.value.length > 0 && <ConflictDialog save={save} />}
    </>
  );
}

function Tab({ name, children }: { name: "form" | "past"; children: string }) {
  return (
    <button
      type="button"
      class="tab"
      aria-pressed={view.value === name}
      onClick={() => view.value = name}
    >
      {children}
    </button>
  );
}

async function load(): Promise<void> {
  trouble.value = undefined;
  try {
    await loadSettings();
  } catch (error) {
    trouble.value = messageOf(error);
  }
}

async function save(): Promise<void> {
  isBusy.value = true;
  try {
    await saveEdits();
  } catch (error) {
    trouble.value = `${messageOf(error)}. What you typed is still here.`;
  } finally {
    isBusy.value = false;
  }
}

function Form({ settings }: { settings: readonly Field[] }) {
  const groups = [...new Set(settings.map(groupOf))];
  const words = wanted.value.toLowerCase().split(/\s+/).filter(Boolean);
  const isSearch = words.length > 0 || show.value !== "all";
  const shown = settings.filter((field) => {
    if (!isSearch) return groupOf(field) === group.value;
    if (show.value === "changed" && isSame(shownOf(field), field.default)) {
      return false;
    }
    if (show.value === "edited" && !edits.value.has(field.path)) return false;
    const text = `${field.path} ${field.meaning}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const limited = shown.slice(0, 150);
  const parts = Map.groupBy(limited, (f) => partOf(f, isSearch));
  return (
    <div class="settings">
      <div class="settings-nav">
        <label class="field">
          Find
          <input
            type="search"
            value={wanted.value}
            placeholder="stop loss"
            onInput={(event) => wanted.value = event.currentTarget.value}
          />
        </label>
        <label class="field">
          Show
          <select
            value={show.value}
            onInput={(event) =>
              show.value = event.currentTarget.value as typeof show.value}
          >
            <option value="all">one group</option>
            <option value="changed">all that differ from the defaults</option>
            <option value="edited">all that are not saved</option>
          </select>
        </label>
        <label class="field">
          Group
          <select
            value={group.value}
            disabled={isSearch}
            onInput={(event) => group.value = event.currentTarget.value}
          >
            {groups.map((name) => (
              <option key={name} value={name}>{titleOf(name)}</option>
            ))}
          </select>
        </label>
        {may("write") && (
          <button type="button" class="quiet" onClick={loadPreview}>
            Load defaults…
          </button>
        )}
      </div>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        {limited.length === 0 && <Empty>No setting is like that.</Empty>}
        {[...parts].map(([part, fields]) => (
          <fieldset key={part} disabled={!may("write")}>
            <legend>{part}</legend>
            {fields.map((field) => (
              <FieldRow key={field.path} field={field} label={labelOf(field)} />
            ))}
          </fieldset>
        ))}
        {shown.length > limited.length && (
          <Empty>
            {shown.length - limited.length} more: find them by name.
          </Empty>
        )}
        <SaveBar />
      </form>
    </div>
  );
}

function SaveBar() {
  const { size } = edits.value;
  const hasWords = trouble.value ?? done.value;
  if (size === 0 && !hasWords) return null;
  return (
    <div class="save-bar">
      <div class="save-words">
        <Done message={done.value} />
        <Fault message={trouble.value} />
        {faults.value.size > 0 && (
          <p class="hint">
            {faults.value.size} of them cannot be saved: see the fields.
          </p>
        )}
      </div>
      {size > 0 && (
        <div class="buttons">
          <button type="submit" disabled={isBusy.value}>
            Save {size} {size === 1 ? "change" : "changes"}
          </button>
          <button type="button" class="quiet" onClick={dropEdits}>
            Undo all
          </button>
        </div>
      )}
    </div>
  );
}

/** The group of the form that a setting is in: modes are groups of their own. */
function groupOf({ path }: Field): string {
  const [first, second] = path.split(".");
  return first === "mode_configs" ? `${first}.${second}` : first!;
}

function titleOf(name: string): string {
  const [first, mode] = name.split(".");
  const title = table.value!.groups[first!] ?? first!;
  return mode ? `${title}: ${mode}` : title;
}

/** The heading beneath which a setting stands. */
function partOf(field: Field, isSearch: boolean): string {
  const steps = field.path.split(".").slice(
    groupOf(field).split(".").length,
    -1,
  );
  const part = steps.map(spaced).join(" · ");
  const title = titleOf(groupOf(field));
  if (!isSearch) return part === "" ? title : part;
  return part === "" ? title : `${title} · ${part}`;
}

function labelOf({ path }: Field): string {
  return spaced(path.split(".").at(-1)!);
}

function spaced(name: string): string {
  return name.replaceAll("_", " ");
}
