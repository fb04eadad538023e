/**
 * Written by `deno task openapi` from the contract of the service.
 *
 * @module
 */

/** `OrderRequest` of the contract. */
export interface OrderRequest {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly qty: string | number;
  readonly order_type: "market" | "limit" | "stop" | "stop_limit";
  readonly limit_price?: string | number;
  readonly stop_price?: string | number;
  readonly time_in_force?: "day" | "gtc" | "ioc" | "fok";
  readonly client_order_id?: string;
  readonly strategy_id?: string;
  readonly reduce_only?: boolean;
  readonly run_id?: string;
}

/** `Order` of the contract. */
export interface Order {
  readonly client_order_id: string;
  readonly status:
    | "pending_new"
    | "accepted"
    | "partially_filled"
    | "pending_cancel"
    | "filled"
    | "canceled"
    | "expired"
    | "rejected"
    | "denied"
    | "failed"
    | "dry_run";
  readonly broker_order_id: string | null;
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly qty: string;
  readonly order_type: "market" | "limit" | "stop" | "stop_limit";
  readonly limit_price: string | null;
  readonly stop_price: string | null;
  readonly time_in_force: "day" | "gtc" | "ioc" | "fok";
  readonly reduce_only: boolean;
  readonly filled_qty: string;
  readonly filled_avg_price: string | null;
  readonly filled_value: string;
  readonly commission: string;
  readonly reason: string | null;
  readonly strategy_id: string;
  readonly run_id: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly message: string;
}

/** `OrderList` of the contract. */
export interface OrderList {
  readonly orders: readonly Order[];
  readonly next: string | null;
}

/** `Positions` of the contract. */
export interface Positions {
  readonly positions: readonly {
    readonly symbol: string;
    readonly qty: string;
    readonly avg_entry_price: string;
    readonly current_price: string;
    readonly unrealized_pl: string;
    readonly realized_pl: string;
    readonly commission: string;
    readonly updated_at: string;
  }[];
  readonly total_positions: number;
  readonly total_unrealized_pl: string;
  readonly total_realized_pl: string;
}

/** `SequenceRequest` of the contract. */
export interface SequenceRequest {
  readonly day?: string;
  readonly count?: number;
}

/** `SequenceRange` of the contract. */
export interface SequenceRange {
  readonly user_id: string;
  readonly day: string;
  readonly first: number;
  readonly last: number;
}

/** `ClientOrderIdRequest` of the contract. */
export interface ClientOrderIdRequest {
  readonly mode?: string;
  readonly type:
    | "E"
    | "SL"
    | "TP1"
    | "TP2"
    | "TP3"
    | "TP4"
    | "H"
    | "HSL"
    | "HTP"
    | "DCA1"
    | "DCA2"
    | "DCA3"
    | "RB";
  readonly chain?: string;
  readonly symbol?: string;
}

/** `ClientOrderId` of the contract. */
export interface ClientOrderId {
  readonly user_id: string;
  readonly client_order_id: string;
  readonly chain: string;
  readonly mode: "ULT" | "SCA" | "SWI" | "POS";
  readonly type:
    | "E"
    | "SL"
    | "TP1"
    | "TP2"
    | "TP3"
    | "TP4"
    | "H"
    | "HSL"
    | "HTP"
    | "DCA1"
    | "DCA2"
    | "DCA3"
    | "RB";
  readonly day: string;
  readonly number: number;
  readonly symbol?: string;
  readonly known: boolean;
}
