/**
 * What is held by symbol, or was, and what it has earned.
 *
 * @module
 */
import { money } from "../words.ts";
import { Table } from "./basics.tsx";

/** What is held of a symbol; 0 units where it is closed. */
export interface Holding {
  readonly symbol: string;
  readonly qty: string;
  readonly avg_entry_price: string;
  readonly current_price: string;
  readonly unrealized_pl: string;
  readonly realized_pl: string;
  readonly commission: string;
}

/** A row a symbol. */
export function Holdings(
  { label, held }: { label: string; held: readonly Holding[] },
) {
  return (
    <Table
      label={label}
      head={[
        "Symbol",
        { number: "Quantity" },
        { number: "Entry, USD" },
        { number: "Price, USD" },
        { number: "Unrealized, USD" },
        { number: "Realized, USD" },
        { number: "Commission, USD" },
      ]}
    >
      {held.map((one) => (
        <tr key={one.symbol}>
          <th scope="row">{one.symbol}</th>
          <td class="number">{one.qty}</td>
          <td class="number">{one.avg_entry_price}</td>
          <td class="number">{one.current_price}</td>
          <td class="number">{money(one.unrealized_pl)}</td>
          <td class="number">{money(one.realized_pl)}</td>
          <td class="number">{one.commission}</td>
        </tr>
      ))}
    </Table>
  );
}
