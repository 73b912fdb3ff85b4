/** Tables of `integration-tables.ts`, as queries see them. */
import type { Generated } from "kysely";

export interface IntegrationSchema {
  readonly integration_feed: IntegrationFeedTable;
  readonly integration_cursors: IntegrationCursorsTable;
  readonly integration_dead_letters: IntegrationDeadLettersTable;
}

export interface IntegrationFeedTable {
  position: Generated<number>;
  /** Of `site_events`; null where `body` holds all there is. */
  event_id: string | null;
  /** Of `body`. */
  subject: string | null;
  /** JSON. */
  body: string | null;
}

export interface IntegrationCursorsTable {
  name: string;
  /** Everything up to here was taken, dropped or is of no interest. */
  position: number;
  /** JSON: receivers who have the item behind it already. */
  served: string;
  /** Items dropped and not yet reported to the receiver. */
  dropped: number;
  dropped_from_ms: number | null;
  dropped_until_ms: number | null;
  succeeded_ms: number | null;
}

export interface IntegrationDeadLettersTable {
  id: string;
  integration: string;
  event_id: string;
  kind: string;
  /** Who would have received it, where an integration has several. */
  receiver: string;
  reason: string;
  at_ms: number;
}
