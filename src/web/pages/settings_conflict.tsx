/**
 * Somebody else saved first: both values, side by side.
 *
 * @module
 */
import { Dialog, Table } from "../parts/basics.tsx";
import { oneLine } from "../words.ts";
import { conflicts, edits, settle } from "./settings_state.ts";

/** Lets one choose for each setting; then what is left is saved. */
export function ConflictDialog({ save }: { save: () => Promise<void> }) {
  const keepAll = () => {
    for (const conflict of conflicts.value) settle(conflict, "mine");
    if (edits.value.size > 0) save();
  };
  const takeAll = () => {
    for (const conflict of conflicts.value) settle(conflict, "theirs");
  };
  return (
    <Dialog
      title="Somebody else saved first"
      onClose={() => conflicts.value = []}
    >
      <p>
        These settings were saved by somebody else since you opened them.
        Nothing of yours has been saved or lost.
      </p>
      <Table
        label="Conflicts"
        head={["Setting", "It was", "Theirs, now saved", "Yours", ""]}
      >
        {conflicts.value.map((conflict) => (
          <tr key={conflict.field.path}>
            <th scope="row" class="break">{conflict.field.path}</th>
            <td>{oneLine(conflict.was)}</td>
            <td>
              <strong>{oneLine(conflict.theirs)}</strong>
            </td>
            <td>
              <strong>{oneLine(conflict.mine)}</strong>
            </td>
            <td>
              <button
                type="button"
                class="row"
                onClick={() => settle(conflict, "theirs")}
              >
                take theirs
              </button>
            </td>
          </tr>
        ))}
      </Table>
      <div class="buttons">
        <button type="button" onClick={keepAll}>Save mine</button>
        <button type="button" class="quiet" onClick={takeAll}>
          Take all of theirs
        </button>
      </div>
    </Dialog>
  );
}
