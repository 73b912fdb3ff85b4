/** What the tape of a session on a screen tells: its picture, the hand on it, and what was decided. */
import { isRfbOperation } from "../../protocols/rfb/operation.ts";
import type { ScreenMoment } from "../../protocols/rfb/screen-frame.ts";
import { type ScreenEvent, ScreenHistory } from "../../protocols/rfb/screen-history.ts";
import { ScreenPlayer, type ScreenState } from "../../protocols/rfb/screen-player.ts";
import type { TapeRecord } from "../../protocols/tape/record.ts";
import type { Entry } from "./story.ts";

/** Pictures kept in memory, as they were sent; those before become one picture to begin from. */
const SHOWN_BYTES_MAX = 134_217_728;

export interface ScreenShown {
  /** In order. */
  readonly events: readonly ScreenEvent[];
  /** The screen before the first of them. */
  readonly before: ScreenState | undefined;
}

export class ScreenStory implements ScreenShown {
  events: ScreenEvent[] = [];
  before: ScreenState | undefined;
  private readonly history: ScreenHistory;
  private shownBytes = 0;

  /** @param moment what stood before its first record; absent: nothing had begun */
  constructor(moment?: ScreenMoment) {
    this.history = moment ? ScreenHistory.from(moment.history) : new ScreenHistory();
    this.before = moment?.screen;
  }

  /** Entries that are new. */
  push(record: TapeRecord): readonly Entry[] {
    for (const event of this.history.push(record)) {
      this.events.push(event);
      if (event.kind === "picture") this.shownBytes += event.bytes.length;
    }
    if (this.shownBytes > SHOWN_BYTES_MAX) this.fold();
    return record.kind === "verdict" ? entriesOf(record) : [];
  }

  /** The older half is drawn once and not kept. */
  private fold(): void {
    const player = this.before ? ScreenPlayer.from(this.before) : new ScreenPlayer();
    let count = 0;
    while (this.shownBytes > SHOWN_BYTES_MAX / 2 && count < this.events.length) {
      const event = this.events[count];
      count += 1;
      if (!event) break;
      if (event.kind === "picture") this.shownBytes -= event.bytes.length;
      player.show(event);
    }
    this.before = player.state;
    this.events = this.events.slice(count);
  }
}

function entriesOf(record: Extract<TapeRecord, { kind: "verdict" }>): Entry[] {
  const { channel, sequence, wallMs, decision, items } = record;
  return items.flatMap((judged, item) => {
    const { operation } = judged;
    if (!isRfbOperation(operation)) return [];
    const quiet = operation.action === "rfb:view" || operation.action === "rfb:pointer";
    if (quiet && judged.answer.kind === "permit") return [];
    const id = `hand/${channel}/${decision}/${item}`;
    return [{ id, sequence, wallMs, kind: "hand", operation, judged }];
  });
}
