import { SerializeAddon } from "@xterm/addon-serialize";
import headless from "@xterm/headless";
import { expect, test } from "vitest";
import type { TerminalEvent } from "../../protocols/ssh/terminal-history.ts";
import { snapshotOf } from "../../protocols/ssh/terminal-snapshot.ts";
import { type PlayedScreen, TerminalPlayback } from "./terminal-playback.ts";

const SIZE = { columns: 80, rows: 24 } as const;

/** A terminal without a page, and all that can be seen of it. */
class Screen implements PlayedScreen {
  readonly terminal = new headless.Terminal({
    ...{ cols: SIZE.columns, rows: SIZE.rows, scrollback: 1_000, allowProposedApi: true },
  });
  endsLinesWithFeedAlone = false;
  writes = 0;
  private readonly serializer = new SerializeAddon();

  constructor() {
    this.terminal.loadAddon(this.serializer as never);
  }

  write(bytes: Uint8Array | string, done: () => void): void {
    this.writes += bytes.length;
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

  seen(): unknown {
    const { cols, rows, buffer } = this.terminal;
    const { active } = buffer;
    const lines = Array.from({ length: rows }, (_, n) =>
      active.getLine(active.baseY + n)?.translateToString(true),
    );
    const inside = this.terminal as unknown as {
      _core: {
        buffer: { scrollTop: number; scrollBottom: number };
        coreService: { isCursorHidden: boolean };
      };
    };
    const { scrollTop, scrollBottom } = inside._core.buffer;
    return {
      ...{ cols, rows, type: active.type, x: active.cursorX, y: active.cursorY, lines },
      ...{ scrollTop, scrollBottom, hidden: inside._core.coreService.isCursorHidden },
    };
  }
}

/** What an editor and a table of processes send: other screen, regions, hidden cursor, wide signs. */
function recorded(): TerminalEvent[] {
  const place = (n: number) => ({ channel: 1, sequence: n, wallMs: n });
  const out = (n: number, text: string): TerminalEvent => ({
    ...place(n),
    ...{ kind: "output", bytes: new TextEncoder().encode(text) },
  });
  const events: TerminalEvent[] = [
    { ...place(0), kind: "start", command: "", terminal: true, ...SIZE },
    out(1, "sw# vim startup.cfg\r\n"),
    out(2, "\x1b[?1049h\x1b[?25l\x1b[1;20r\x1b[H\x1b[2J"),
  ];
  for (let n = 3; n < 900; n += 1) {
    if (n === 300) events.push({ ...place(n), kind: "resize", columns: 100, rows: 40 });
    else if (n === 310) events.push(out(n, "\x1b[?1049l\x1b[r\x1b[?25h"));
    else if (n === 320) events.push(out(n, "\x1b[5;30r"));
    else if (n === 600) events.push({ ...place(n), kind: "resize", columns: 60, rows: 20 });
    else {
      const colour = `\x1b[${31 + (n % 7)}m`;
      const line = `${colour}line ${n} 水ポンプ ${"x".repeat(700)}\x1b[0m`;
      events.push(out(n, `\x1b[${(n % 18) + 1};${(n % 50) + 1}H${line}\r\n`));
    }
  }
  return events;
}

async function played(events: readonly TerminalEvent[], count: number): Promise<unknown> {
  const screen = new Screen();
  await new TerminalPlayback(screen).show(events, count);
  return screen.seen();
}

test("any moment looks the same from a key frame as when it was played from the start", async () => {
  const events = recorded();
  const screen = new Screen();
  const playback = new TerminalPlayback(screen);
  await playback.show(events, events.length);
  for (const count of [899, 700, 601, 600, 599, 450, 330, 321, 305, 301, 299, 120, 3, 2, 1, 0]) {
    await playback.show(events, count);
    expect(screen.seen(), `after ${count} events`).toEqual(await played(events, count));
  }
});

test("going back costs a key frame and not the whole recording", async () => {
  const events = recorded();
  const screen = new Screen();
  const playback = new TerminalPlayback(screen);
  await playback.show(events, events.length);
  const whole = screen.writes;
  await playback.show(events, 890);
  expect(screen.writes - whole).toBeLessThan(whole / 2);
});

test("a head that moves on while the screen is being drawn ends where it is", async () => {
  const events = recorded();
  const screen = new Screen();
  const playback = new TerminalPlayback(screen);
  void playback.show(events, 800);
  void playback.show(events, 20);
  await playback.show(events, 410);
  expect(screen.seen()).toEqual(await played(events, 410));
});

test("another terminal begins on an empty screen", async () => {
  const events = recorded();
  const other = recorded().slice(0, 30);
  const screen = new Screen();
  const playback = new TerminalPlayback(screen);
  void playback.show(events, 700);
  await playback.show(other, other.length);
  expect(screen.seen()).toEqual(await played(other, other.length));
});
