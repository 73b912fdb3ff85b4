/** Key frames of terminals: a player that begins at one shows what one that saw all shows. */
import { setTimeout as pause } from "node:timers/promises";
import { SerializeAddon } from "@xterm/addon-serialize";
import headless from "@xterm/headless";
import { expect, onTestFinished, test, vi } from "vitest";
import { decodeTerminalFrame, framedEvents } from "../../../protocols/ssh/terminal-frame.ts";
import { type TerminalEvent, TerminalHistory } from "../../../protocols/ssh/terminal-history.ts";
import { snapshotOf } from "../../../protocols/ssh/terminal-snapshot.ts";
import { readSegment } from "../../../protocols/tape/reader.ts";
import type { TapeBody, TapeRecord } from "../../../protocols/tape/record.ts";
import { TEST_KEYS } from "../../../test/kit/evidence-keys.ts";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { edited, output, said, shellOn, terminalHeader } from "../../../test/kit/terminal-tape.ts";
import { systemClock } from "../../clock.ts";
import { type Evidence, openEvidence } from "../evidence.ts";
import { sharedFrame } from "../viewing/shared-part.ts";
import { TerminalCourse } from "./terminal-course.ts";

const SESSION = "s-1";
/** Frames are made beside the sealing, on a machine that may have much to do. */
const FRAMES_WITHIN = { timeout: 60_000, interval: 50 };

async function open(directory = temporaryFolder()): Promise<Evidence> {
  const evidence = await openEvidence({
    ...{ directory, keys: TEST_KEYS, build: "test", clock: systemClock },
    limits: { segmentBytes: 20_000 },
  });
  onTestFinished(() => evidence.close());
  return evidence;
}

/** @param together so many come at one moment */
async function record(
  evidence: Evidence,
  bodies: Iterable<TapeBody>,
  together = 20,
): Promise<void> {
  const tape = await evidence.recorder.open(terminalHeader(SESSION));
  let count = 0;
  for (const body of bodies) {
    tape.append(body);
    count += 1;
    // Moments of their own.
    if (count % together === 0) await pause(3);
  }
  tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
  await tape.close();
}

/** The screen of each channel, drawn from events. */
class Screens {
  private readonly screens = new Map<number, InstanceType<typeof headless.Terminal>>();

  async show(events: readonly TerminalEvent[]): Promise<void> {
    for (const event of events) {
      if (event.kind === "start") this.begin(event.channel, event.columns, event.rows);
      const screen = this.screens.get(event.channel);
      if (event.kind === "resize") screen?.resize(event.columns, event.rows);
      if (event.kind === "output") await write(screen, event.bytes);
      if (event.kind === "end") this.screens.delete(event.channel);
      if (event.kind === "frame") {
        const { columns, rows, sequence } = event.snapshot;
        await write(this.begin(event.channel, columns, rows), sequence);
      }
    }
  }

  /** What can be seen of each, and what stands above it. */
  get seen(): unknown {
    return [...this.screens].map(([channel, screen]) => {
      const { buffer, cols, rows } = screen;
      const lines = Array.from({ length: rows }, (_, n) =>
        buffer.active.getLine(buffer.active.baseY + n)?.translateToString(true),
      );
      const serializer = new SerializeAddon();
      screen.loadAddon(serializer as never);
      const { sequence } = snapshotOf(screen, serializer);
      const hidden = sequence.endsWith("\x1b[?25l");
      const { type, cursorX, cursorY } = buffer.active;
      return { channel, cols, rows, lines, type, cursorX, cursorY, hidden };
    });
  }

  private begin(channel: number, cols: number, rows: number) {
    const screen = new headless.Terminal({ cols, rows, scrollback: 200, allowProposedApi: true });
    this.screens.set(channel, screen);
    return screen;
  }
}

function write(
  screen: InstanceType<typeof headless.Terminal> | undefined,
  content: Uint8Array | string,
): Promise<void> {
  return new Promise((done) => (screen ? screen.write(content, done) : done()));
}

async function recordsOf(evidence: Evidence, number: number): Promise<readonly TapeRecord[]> {
  const plain = await evidence.recordings.segment(SESSION, number);
  return readSegment(plain ?? new Uint8Array(0)).records;
}

test("what an asset says that no terminal understands fills nobody's log", async () => {
  const told = vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => told.mockRestore());
  const course = new TerminalCourse();
  onTestFinished(() => course.close());
  const bodies = [...shellOn(1), output("\x7f\x7f \x1b[\x7f", 1)];
  const records = bodies.map((body, sequence) => ({
    ...body,
    sequence,
    wallMs: 0,
    monotonicMs: 0,
  }));
  await course.follow(records);
  await course.frame();
  expect(told).not.toHaveBeenCalled();
});

test("what makes a terminal throw ends neither its frames nor those of the others", async () => {
  const course = new TerminalCourse();
  onTestFinished(() => course.close());
  const bodies = [
    ...shellOn(1),
    output("\x1b[?1049hfull\x1b[999;999H\x1b[1J", 1),
    output("\x1b[H\x1b[2Jstill here", 1),
  ];
  await course.follow(
    bodies.map((body, sequence) => ({ ...body, sequence, wallMs: 0, monotonicMs: 0 })),
  );
  const snapshot = decodeTerminalFrame(await course.frame())?.channels[0]?.snapshot;
  expect(snapshot?.sequence).toContain("still here");
});

test("a letter with a thousand marks on it is shown once, however often it is to be repeated", async () => {
  const course = new TerminalCourse();
  onTestFinished(() => course.close());
  const marks = "\u0301".repeat(1_000);
  const bodies = [...shellOn(1), output(`e${marks}\x1b[9bstill here`, 1)];
  await course.follow(
    bodies.map((body, sequence) => ({ ...body, sequence, wallMs: 0, monotonicMs: 0 })),
  );
  const snapshot = decodeTerminalFrame(await course.frame())?.channels[0]?.snapshot;
  expect(snapshot?.sequence.split("e\u0301")).toHaveLength(2);
  expect(snapshot?.sequence).toContain("still here");
});

test("a player that begins at any segment comes to the same screens as one that saw all", async () => {
  const evidence = await open();
  // Two at once, one of which ends on the way; and a message that is cut between two segments.
  await record(evidence, [
    ...shellOn(1),
    ...shellOn(2),
    ...edited(600, 1),
    ...edited(60, 2),
    said("asset", { kind: "close" }, 2),
    ...edited(300, 1),
  ]);
  const segments = (await evidence.recordings.get(SESSION))?.segments ?? [];
  expect(segments.length).toBeGreaterThan(5);
  const frameOf = (number: number) => evidence.recordings.frame(SESSION, number);
  await expect
    .poll(async () => (await frameOf(segments.length - 1))?.length ?? 0, FRAMES_WITHIN)
    .toBeGreaterThan(0);
  const history = new TerminalHistory();
  const all = new Screens();
  for (const { number } of segments) {
    const records = await recordsOf(evidence, number);
    if (number > 0) {
      const moment = decodeTerminalFrame((await frameOf(number)) ?? new Uint8Array(0));
      if (!moment) throw new Error(`no key frame of segment ${number}`);
      expect(moment.sequence).toBe((records[0]?.sequence ?? 0) - 1);
      expect(moment.channels.map(({ snapshot: _, ...state }) => state)).toEqual(history.state);
      const begun = new Screens();
      await begun.show(framedEvents(moment));
      expect(begun.seen, `segment ${number}`).toEqual(all.seen);
    }
    for (const one of records) await all.show(history.push(one));
  }
}, 120_000);

test("a link to a part shows the terminal as it stood when the part begins", async () => {
  const evidence = await open();
  await record(evidence, [...shellOn(1), ...edited(600, 1)]);
  const recording = await evidence.recordings.get(SESSION);
  const number = 3;
  const records = await recordsOf(evidence, number);
  const later = records.find(({ wallMs }) => wallMs > (records[0]?.wallMs ?? 0) + 2);
  if (!recording || !later) throw new Error("no recording");
  const fromMs = later.wallMs;
  const range = { fromMs, untilMs: recording.endedMs };
  const frame = await sharedFrame(evidence.recordings, recording, number, range);
  const moment = decodeTerminalFrame(frame ?? new Uint8Array(0));
  if (!moment) throw new Error("no key frame of the part");
  expect(moment.wallMs).toBeLessThan(fromMs);
  const history = new TerminalHistory();
  const all = new Screens();
  for (let at = 0; at <= number; at += 1) {
    for (const one of await recordsOf(evidence, at)) {
      if (one.sequence <= moment.sequence) await all.show(history.push(one));
    }
  }
  const begun = new Screens();
  await begun.show(framedEvents(moment));
  expect(begun.seen).toEqual(all.seen);
}, 120_000);

test("the sequences that would keep a screen busy for minutes cost a frame nothing", async () => {
  const evidence = await open();
  const hostile = ["b", "L", "M", "S", "T", "@", "P", "X", "I", "Z"].map((final) =>
    output(`a\x1b[2000000000${final}`),
  );
  await record(evidence, [...shellOn(1), ...hostile, ...edited(300)]);
  await expect
    .poll(async () => (await evidence.recordings.frame(SESSION, 1))?.length ?? 0, FRAMES_WITHIN)
    .toBeGreaterThan(0);
}, 120_000);

test("a session that carries files alone has frames that say so, and costs no terminal", async () => {
  const evidence = await open();
  const text = new Uint8Array([0, 0, 0, 4, 115, 102, 116, 112]);
  const bulk = said("asset", { kind: "data", bytes: new Uint8Array(15_000) });
  const bodies: TapeBody[] = [
    { kind: "channel", channel: 1, protocol: "ssh", by: "subject", peer: "test" },
    said("client", { kind: "request", name: "subsystem", wantReply: true, rest: text }),
    ...[said("asset", { kind: "open-confirmation" }), said("asset", { kind: "success" })],
    ...Array.from({ length: 14 }, () => bulk),
  ];
  await record(evidence, bodies, 1);
  const frame = async () => (await evidence.recordings.frame(SESSION, 3)) ?? new Uint8Array(0);
  await expect.poll(async () => (await frame()).length, FRAMES_WITHIN).toBeGreaterThan(0);
  const moment = decodeTerminalFrame(await frame());
  expect(moment?.channels).toMatchObject([{ channel: 1, running: false, snapshot: undefined }]);
  for (const number of [1, 2, 4]) {
    expect(await evidence.recordings.frame(SESSION, number)).toBeUndefined();
  }
  // A link to what happened from there on shows nothing of before.
  const recording = await evidence.recordings.get(SESSION);
  const fromMs = recording?.segments[4]?.firstMs;
  if (!recording || fromMs === undefined) throw new Error("no recording");
  const range = { fromMs, untilMs: recording.endedMs };
  const linked = (number: number) => sharedFrame(evidence.recordings, recording, number, range);
  expect(decodeTerminalFrame((await linked(4)) ?? new Uint8Array(0))).toMatchObject({
    channels: [{ channel: 1, running: false }],
  });
  expect(await linked(5)).toBeUndefined();
}, 120_000);
