/** Parts of a recording of a terminal: from a key frame, behind another part, over one without. */
import { SerializeAddon } from "@xterm/addon-serialize";
import headless from "@xterm/headless";
import { expect, test } from "vitest";
import { encodeTerminalFrame } from "../../protocols/ssh/terminal-frame.ts";
import { type TerminalEvent, TerminalHistory } from "../../protocols/ssh/terminal-history.ts";
import { snapshotOf } from "../../protocols/ssh/terminal-snapshot.ts";
import { ByteWriter } from "../../protocols/tape/byte-writer.ts";
import { TapeEncoder } from "../../protocols/tape/encoder.ts";
import { readSegment } from "../../protocols/tape/reader.ts";
import type { TapeBody } from "../../protocols/tape/record.ts";
import { edited, shellOn, terminalHeader } from "../../test/kit/terminal-tape.ts";
import { type PlayedScreen, TerminalPlayback } from "./terminal-playback.ts";
import { eventsOf, terminalsAt } from "./terminals-at.ts";
import { tellSegment } from "./told-story.ts";

/** Three parts of one tape. */
function parts(): Uint8Array<ArrayBuffer>[] {
  const bodies: TapeBody[] = [...shellOn(1), ...edited(240, 1), ...shellOn(2), ...edited(40, 2)];
  const size = Math.ceil(bodies.length / 3);
  const cut = [bodies.slice(0, size), bodies.slice(size, 2 * size), bodies.slice(2 * size)];
  let sequence = 0;
  return cut.map((some) => {
    const out = new ByteWriter(1024);
    const encoder = new TapeEncoder(out);
    encoder.begin(terminalHeader("s-1"));
    for (const body of some) {
      encoder.append(sequence, 1_000 + sequence, sequence, body);
      sequence += 1;
    }
    return Uint8Array.from(out.take());
  });
}

class Screen implements PlayedScreen {
  readonly terminal = new headless.Terminal({ scrollback: 200, allowProposedApi: true });
  endsLinesWithFeedAlone = false;
  private readonly serializer = new SerializeAddon();

  constructor() {
    this.terminal.loadAddon(this.serializer as never);
  }

  write(bytes: Uint8Array | string, done: () => void): void {
    this.terminal.write(bytes, done);
  }

  reset(): void {
    this.terminal.reset();
  }

  resize({ columns, rows }: { readonly columns: number; readonly rows: number }): void {
    this.terminal.resize(columns, rows);
  }

  snapshot() {
    return snapshotOf(this.terminal, this.serializer);
  }

  get seen(): unknown {
    const { buffer, rows, cols } = this.terminal;
    const { active } = buffer;
    const lines = Array.from({ length: rows }, (_, n) =>
      active.getLine(active.baseY + n)?.translateToString(true),
    );
    return { cols, lines, type: active.type, x: active.cursorX, y: active.cursorY };
  }
}

async function shown(events: readonly TerminalEvent[]): Promise<Screen> {
  const screen = new Screen();
  await new TerminalPlayback(screen).show(events, events.length);
  return screen;
}

/** At the end of these parts, as the broker makes it. */
async function frameAfter(some: readonly Uint8Array[]): Promise<Uint8Array> {
  const history = new TerminalHistory();
  const events: TerminalEvent[] = [];
  let [sequence, wallMs] = [-1, 0];
  for (const record of some.flatMap((part) => readSegment(part).records)) {
    ({ sequence, wallMs } = record);
    events.push(...history.push(record));
  }
  const { snapshot } = await shown(events.filter(({ channel }) => channel === 1)).then(
    (screen) => ({ snapshot: screen.snapshot() }),
  );
  const channels = history.state.map((state) => ({ ...state, snapshot }));
  return encodeTerminalFrame({ sequence, wallMs, channels });
}

test("a part from its key frame, behind another, or over one without, ends in the same screen", async () => {
  const [first, second, third] = parts();
  if (!first || !second || !third) throw new Error("no parts");
  const whole = [tellSegment(first, []), tellSegment(second, await frameAfter([first]))];
  const behind = terminalsAt(eventsOf(whole)).of(1);
  const alone = terminalsAt(eventsOf(whole.slice(1))).of(1);
  const over = terminalsAt(eventsOf([tellSegment(second, new Uint8Array(0), [first])])).of(1);
  const seen = (await shown(behind)).seen;
  expect((await shown(alone)).seen).toEqual(seen);
  expect((await shown(over)).seen).toEqual(seen);
  expect(behind.some(({ kind }) => kind === "frame")).toBe(false);
  expect(alone[0]?.kind).toBe("frame");
});

test("each terminal is there to choose once, those that ran already before what began later", async () => {
  const [first, second, third] = parts();
  if (!first || !second || !third) throw new Error("no parts");
  const stories = [
    tellSegment(second, await frameAfter([first])),
    tellSegment(third, await frameAfter([first, second])),
  ];
  const terminals = terminalsAt(eventsOf(stories));
  expect(terminals.starts.map(({ channel }) => channel)).toEqual([1, 2]);
  expect(terminals.newestAt(Number.POSITIVE_INFINITY)).toBe(2);
  expect(terminals.newestAt(terminals.starts[0]?.wallMs ?? 0)).toBe(1);
});

test("a key frame that is none tells nothing, and what follows is told all the same", async () => {
  const [first, second] = parts();
  if (!first || !second) throw new Error("no parts");
  const registers = new TextEncoder().encode('{"version":1,"points":[]}');
  const told = tellSegment(second, registers);
  expect(told.broken).toBeUndefined();
  expect(told.terminal?.every(({ kind }) => kind !== "frame")).toBe(true);
});
