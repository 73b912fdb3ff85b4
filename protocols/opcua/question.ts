/** What a decision is asked for. */
import type { Answer } from "../guard.ts";
import type { Exchange } from "./exchange.ts";
import type { Locating } from "./locator.ts";
import type { OpcUaOperation } from "./operation.ts";

export type Question =
  | { readonly kind: "request"; readonly exchange: Exchange }
  /** One operation of a request that had to wait. */
  | { readonly kind: "alone"; readonly exchange: Exchange; readonly operation: OpcUaOperation }
  | { readonly kind: "show"; readonly then: (answers: readonly Answer[]) => void }
  | { readonly kind: "locate"; readonly locating: Locating }
  | { readonly kind: "recheck" };

export type Alone = Extract<Question, { kind: "alone" }>;
