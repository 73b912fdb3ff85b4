/**
 * What is held down on a screen when whoever spoke to it is killed with kill -9: the next run
 * reads it in the recording that the kill left, and lets go. Each test kills a process and waits
 * for another, which is what makes it slow.
 */
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Clock, systemClock } from "../../broker/clock.ts";
import { openEvidence } from "../../broker/evidence/evidence.ts";
import { parsePlant } from "../../broker/plant/parse-plant.ts";
import { LetGo } from "../../broker/sessions/let-go.ts";
import { newGuard } from "../../broker/sessions/protocol-road.ts";
import type { SessionHost } from "../../broker/sessions/session.ts";
import { createSessionHost } from "../../broker/sessions/session-host.ts";
import type { NewSiteEvent } from "../../broker/store/site-events.ts";
import type { ClientMessage } from "../../protocols/rfb/client-message.ts";
import { readSegment } from "../../protocols/tape/reader.ts";
import { TapeRerun } from "../../protocols/tape/rerun.ts";
import { PANEL_PASSWORD, startVncPanel, type VncPanel } from "../../simulators/assets/vnc-panel.ts";
import { startingPlant } from "../../simulators/process/water-plant.ts";
import { startConduit } from "../kit/conduit-child.ts";
import { TEST_KEYS } from "../kit/evidence-keys.ts";
import { testWith } from "../kit/programs.ts";
import { MODBUS_AGAIN } from "../kit/rerun.ts";
import { temporaryFolder } from "../kit/temporary.ts";
import { startBeside, startXvnc } from "../kit/vnc-screens.ts";
import { VncViewer } from "../kit/vnc-viewer.ts";

const SLOW = { timeout: 120_000 };
const SHIFT = 0xffe1;
const at = (mask: number, x: number, y: number): ClientMessage => ({ kind: "pointer", mask, x, y });
const JOG = [at(0, 400, 250), at(1, 400, 250)];

async function openPanel(): Promise<VncPanel> {
  const panel = await startVncPanel(0, startingPlant(3));
  onTestFinished(() => panel.close());
  return panel;
}

interface Killed {
  readonly recordings: string;
  readonly plant: string;
}

/** A viewer says this through the guard; once `heard`, the guard is killed. */
async function killedAfter(
  port: number,
  says: readonly ClientMessage[],
  heard: () => boolean,
): Promise<Killed> {
  const here = temporaryFolder();
  const recordings = path.join(here, "recordings");
  mkdirSync(recordings);
  const plant = path.join(here, "plant.yaml");
  writeFileSync(
    plant,
    `site: { id: s, name: S, time-zone: UTC }
zones: [{ id: z, name: Z, level: 1, sl-t: 1 }]
assets:
  - id: hmi
    name: Panel
    zone: z
    endpoints: [{ id: vnc, protocol: vnc, address: "127.0.0.1:${port}", allow-local: true }]
profiles: [{ id: operate, rules: [{ permit: [observe, operate] }] }]
`,
  );
  const env = { CONDUIT_USER: "", CONDUIT_PASSWORD: PANEL_PASSWORD };
  const to = { plant, endpoint: "hmi/vnc", profile: "operate", recordings, env };
  const conduit = await startConduit(to);
  try {
    const viewer = await VncViewer.open({ port: conduit.port, encodings: [0] });
    viewer.say(...says);
    await viewer.until(heard, 60_000);
  } finally {
    await conduit.stop("SIGKILL");
  }
  return { recordings, plant };
}

interface Next {
  readonly notes: NewSiteEvent[];
  /** Sessions of the broker's own since. */
  readonly opened: string[];
  /** What the next run does of its own accord. */
  lets(): Promise<void>;
  /** The tape of the session that let go, as it was recorded, under a new guard. */
  difference(): Promise<unknown>;
}

/** The next run, on what the killed one left on disk. */
async function nextRun({ recordings, plant: file }: Killed, locked = false): Promise<Next> {
  const keys = generateKeyPairSync("ed25519");
  const parsed = parsePlant(readFileSync(file, "utf8"), file);
  if (parsed.kind !== "plant") throw new Error("not a plant file");
  // Waits between tries are minutes.
  const clock: Clock = {
    ...systemClock,
    after: (delayMs, call) => systemClock.after(delayMs / 1_000, call),
  };
  const evidence = await openEvidence({
    ...{ directory: recordings, keys: TEST_KEYS, build: "next", clock: systemClock },
  });
  onTestFinished(() => evidence.close());
  const password = { kind: "password", user: "", password: PANEL_PASSWORD } as const;
  const host = createSessionHost({
    ...{ recorder: evidence.recorder, permitKey: keys.publicKey, clock: systemClock },
    ...{ build: "next", credentials: { of: async () => password } },
  });
  const opened: string[] = [];
  const notes: NewSiteEvent[] = [];
  const sessions: Pick<SessionHost, "open" | "list"> = {
    list: () => host.list(),
    open: async (permit) => {
      const live = await host.open(permit);
      opened.push(live.claims.session);
      return live;
    },
  };
  const letGo = new LetGo({
    ...{ clock, permitKey: keys.privateKey, sessions, recordings: evidence.recordings },
    plant: { current: () => parsed.plant },
    lockOver: () => (locked ? { rule: "lockdown", reason: "the panel is locked" } : undefined),
    note: (event) => notes.push(event),
  });
  onTestFinished(() => letGo.stop());
  return {
    ...{ notes, opened },
    lets: async () => {
      for (const { session } of evidence.recovered) await letGo.after(session);
    },
    difference: async () => {
      await host.shutdown();
      const plain = await evidence.recordings.segment(opened[0] ?? "", 0);
      const { header, records } = readSegment(plain ?? new Uint8Array(0));
      const guardOf = () => newGuard({ protocol: "vnc" }, header);
      const again = new TapeRerun({ ...MODBUS_AGAIN, guardOf });
      for (const record of records) again.push(record);
      return again.result;
    },
  };
}

test(
  "a jog button and a key held when the broker is killed are let go of by its next run, and by nothing else",
  SLOW,
  async () => {
    const panel = await openPanel();
    const down: ClientMessage = { kind: "key", keysym: SHIFT, down: true };
    const killed = await killedAfter(panel.port, [...JOG, down], () => panel.heard.length === 2);
    // Whatever the kernel does with the dead one's connection, the panel goes on jogging.
    expect(panel.pressed).toBe("jog");
    const next = await nextRun(killed);
    await next.lets();
    await expect
      .poll(() => panel.heard, { timeout: 30_000 })
      .toEqual([...["jog down", "key ffe1 down", "jog up", "key ffe1 up"]]);
    expect(panel.pressed).toBeUndefined();
    expect(next.opened).toHaveLength(1);
    expect(next.notes).toEqual([
      expect.objectContaining({
        ...{ kind: "screen:left-down", priority: "alarm" },
        text: expect.stringContaining(
          "was killed while the left button and a key were held down: the broker told the screen",
        ),
      }),
    ]);
    expect(await next.difference()).toMatchObject({
      ...{ difference: undefined, left: [], figures: { channels: 1, verdicts: 1 } },
    });
  },
);

test(
  "only what was held is named, and a session that held nothing leads nowhere",
  SLOW,
  async () => {
    const panel = await openPanel();
    const down: ClientMessage = { kind: "key", keysym: SHIFT, down: true };
    const click = [...JOG, at(0, 400, 250), down];
    const killed = await killedAfter(panel.port, click, () => panel.heard.length === 3);
    const looked = await killedAfter(panel.port, [], () => true);
    const next = await nextRun(killed);
    await next.lets();
    expect(next.notes[0]?.text).toContain("was killed while a key was held down:");
    const after = await nextRun(looked);
    await after.lets();
    expect(after).toMatchObject({ opened: [], notes: [] });
    await expect
      .poll(() => panel.heard, { timeout: 30_000 })
      .toEqual([...["jog down", "jog up", "key ffe1 down", "key ffe1 up"]]);
  },
);

test(
  "a screen that is gone is not dialled for ever, and a person is told to look",
  SLOW,
  async () => {
    const panel = await openPanel();
    const killed = await killedAfter(panel.port, JOG, () => panel.pressed === "jog");
    await panel.close();
    const next = await nextRun(killed);
    await next.lets();
    expect(next.opened.length).toBe(8);
    expect(next.notes).toHaveLength(1);
    expect(next.notes[0]?.text).toContain("could not let go");
    expect(next.notes[0]?.text).toContain("Look at the screen");
  },
);

test("behind a lock nothing is dialled", SLOW, async () => {
  const panel = await openPanel();
  const killed = await killedAfter(panel.port, JOG, () => panel.pressed === "jog");
  const next = await nextRun(killed, true);
  await next.lets();
  expect(next.opened).toEqual([]);
  expect(next.notes[0]?.text).toContain("the panel is locked. Look at the screen");
  expect(panel.pressed).toBe("jog");
});

testWith(["Xvnc", "xev"])(
  "TigerVNC's screen lets go of the button of the run before",
  async () => {
    const screen = await startXvnc(640, 480);
    const xev = await startBeside("xev", ["-geometry", "400x300+0+0"], {
      DISPLAY: screen.display,
    });
    const said = (what: string) => xev.output.includes(what);
    await expect.poll(() => said("Outer window is"), { timeout: 30_000 }).toBe(true);
    const presses = [at(0, 100, 100), at(1, 100, 100)];
    const killed = await killedAfter(screen.port, presses, () => said("ButtonPress event"));
    expect(said("ButtonRelease event")).toBe(false);
    const next = await nextRun(killed);
    await next.lets();
    await expect.poll(() => said("ButtonRelease event"), { timeout: 30_000 }).toBe(true);
    expect(xev.output.match(/ButtonPress event/g)).toHaveLength(1);
  },
  120_000,
);
