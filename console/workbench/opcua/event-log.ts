/** Events of one object, as a subscription tells them: newest first, bounded. */
import type { NodeId } from "../../../protocols/opcua/node-id.ts";
import type { ShortValue } from "../../../protocols/opcua/variant.ts";
import { Changes } from "./changes.ts";

export interface EventSource {
  readonly node: NodeId;
  readonly id: string;
  readonly name: string;
}

export interface ShownEvent {
  readonly number: number;
  /** As the asset says: `2026-03-01T10:00:00.000Z`. */
  readonly time: string;
  readonly source: string;
  readonly message: string;
  readonly severity: number | undefined;
}

/** The recording keeps all. */
const EVENTS_MAX = 500;

export class EventLog extends Changes {
  source: EventSource | undefined;
  /** Why they do not come, in words. */
  problem: string | undefined;
  private handle: number | undefined;
  private list: readonly ShownEvent[] = [];
  private last = 0;

  get all(): readonly ShownEvent[] {
    return this.list;
  }

  get isRunning(): boolean {
    return this.handle !== undefined;
  }

  choose(source: EventSource): void {
    this.source = source;
    this.problem = undefined;
    this.handle = undefined;
    this.list = [];
    this.changed();
  }

  started(handle: number): void {
    this.handle = handle;
    this.problem = undefined;
    this.changed();
  }

  stopped(): void {
    this.handle = undefined;
    this.changed();
  }

  failed(words: string): void {
    this.handle = undefined;
    this.problem = words;
    this.changed();
  }

  /** @param fields in the order of `EVENT_FIELDS` */
  add(handle: number, [time, source, message, severity]: readonly ShortValue[]): void {
    if (handle !== this.handle) return;
    const event: ShownEvent = {
      ...{ number: ++this.last, time: time?.text ?? "", source: source?.text ?? "" },
      ...{ message: message?.text ?? "", severity: severity?.number },
    };
    this.list = [event, ...this.list.slice(0, EVENTS_MAX - 1)];
    this.changed();
  }
}
