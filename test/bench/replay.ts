/**
 * Opening a recording and seeking in it, in a real Chromium against a real broker: a day of polling
 * at 1 Hz beside a minute of it, in turns. `openMs` is from the address to a page with its
 * panels filled; a seek is from the pointer on the time line to every value of the new moment on screen.
 * About two minutes.
 */
import { cpSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Page } from "playwright-core";
import type { RecordingDetailView } from "../../broker/api/shapes/sessions.ts";
import { openEvidenceKeys } from "../../broker/evidence/keys.ts";
import { parsePlant } from "../../broker/plant/parse-plant.ts";
import type { Header } from "../../protocols/tape/record.ts";
import { runProgram, startChild } from "../kit/child.ts";
import { writePolledRecording } from "../kit/polled-recording.ts";
import { openSite, type SiteInBrowser } from "../kit/site-in-browser.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";
import { seekAbout, UNTIL_READY } from "./replay-in-page.ts";
import { median, percentile, printResult, printTable } from "./report.ts";
import type { SeekJob, SeekTimes } from "./seek-client.ts";

const DAY_S = 86_400;
const MINUTE_S = 60;
const OPENS = 7;
const SEEKS = 120;
const SEEK_CLIENT = path.join(import.meta.dirname, "seek-client.ts");
const PLAIN_SERVER = path.join(import.meta.dirname, "plain-server.ts");
const SEEKS_MS = 120_000;

interface Measured {
  readonly openMs: number;
  readonly seekP50Ms: number;
  readonly seekP95Ms: number;
}

export async function run(): Promise<void> {
  const folder = makeFolder();
  const data = path.join(folder, "data");
  const site = await openSite({ SALLYPORT_DATA: data, SALLYPORT_REQUESTS_PER_MINUTE: "100000" });
  try {
    const { page } = await site.device({ dark: true });
    const person = await enrol(site, page);
    const { madeMs, from } = await makeRecordings(site, data, person);
    const opens = { day: [] as number[], minute: [] as number[] };
    for (let n = 0; n < OPENS; n += 1) {
      opens.minute.push(await openMs(page, "minute"));
      opens.day.push(await openMs(page, "day"));
    }
    const day = { openMs: median(opens.day), ...(await seeks(page, "day", from.day)) };
    const minute = { openMs: median(opens.minute), ...(await seeks(page, "minute", from.minute)) };
    report(day, minute, await serverSeeks(page, site.broker.process.pid), madeMs);
  } finally {
    await site.close();
    removeFolder(folder);
  }
}

async function enrol(site: SiteInBrowser, page: Page): Promise<{ id: string; name: string }> {
  await page.goto(site.enrolmentLink);
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.getByText("You are enrolled").first().waitFor();
  const me = (await (await page.request.get("/api/me")).json()) as {
    readonly person: { readonly id: string; readonly name: string };
  };
  return me.person;
}

/** Made beside the running broker, then put among its recordings: the folder is the listing. */
async function makeRecordings(
  site: SiteInBrowser,
  data: string,
  person: { readonly id: string; readonly name: string },
): Promise<{
  readonly madeMs: number;
  readonly from: { readonly day: number; readonly minute: number };
}> {
  const fromMs = performance.now();
  const from = { day: 0, minute: 0 };
  const evidenceFolder = path.join(data, "evidence");
  const file = path.join(data, "evidence.key");
  const keys = await openEvidenceKeys({ file, evidenceFolder, auditors: [] });
  const made = makeFolder();
  for (const [session, seconds] of [
    ["day", DAY_S],
    ["minute", MINUTE_S],
  ] as const) {
    const directory = path.join(made, session);
    const parts = headerFor(site, session, person);
    const readMs = await writePolledRecording({ directory, keys, seconds, ...parts });
    from[session] = readMs / (readMs + seconds * 1000);
    const written = path.join(directory, "recordings", session);
    cpSync(written, path.join(evidenceFolder, "recordings", session), { recursive: true });
  }
  removeFolder(made);
  return { madeMs: performance.now() - fromMs, from };
}

function headerFor(
  site: SiteInBrowser,
  session: string,
  person: { readonly id: string; readonly name: string },
) {
  const parsed = parsePlant(readFileSync(site.plantFile, "utf8"), "the bench's plant");
  const asset = parsed.kind === "plant" ? parsed.plant.assets[0] : undefined;
  const endpoint = asset?.endpoints[0];
  if (asset === undefined || endpoint?.protocol !== "modbus") throw new Error("no Modbus here");
  const header: Header = {
    ...{ version: 1, build: "bench", session, site: "bench" },
    subject: { ...person, roles: ["engineer"] },
    asset: { id: asset.id, name: asset.name, zone: asset.zone },
    endpoint: { id: endpoint.id, protocol: endpoint.protocol },
    grant: { id: "g", profile: "pump-tuning", until: 0 },
    digests: { profile: "", plant: "" },
    tags: endpoint.tags.map(({ description, min, max, ...tag }) => tag),
    startedMs: Date.now() - (DAY_S + 60) * 1000,
  };
  return { header, endpoint };
}

async function openMs(page: Page, session: string): Promise<number> {
  await page.goto("about:blank");
  const fromMs = performance.now();
  await page.goto(`/recordings/${session}`, { waitUntil: "commit" });
  await page.evaluate(UNTIL_READY);
  return performance.now() - fromMs;
}

async function seeks(page: Page, session: string, from: number): Promise<Omit<Measured, "openMs">> {
  await openMs(page, session);
  const samples = await page.evaluate<number[]>(seekAbout(SEEKS, from));
  return { seekP50Ms: median(samples), seekP95Ms: percentile(samples, 0.95) };
}

/** As an independent client sees it. */
interface ServerSeeks {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p99RunningMs: number;
  /** Of the server that only sends the same bytes, at the same time. */
  readonly plainP99Ms: number;
  readonly plainP99RunningMs: number;
}

/**
 * The broker's part of a seek. Not asked by this process: it has the test's library and the makers of
 * recordings in memory, and its own collections of garbage are longer than what is measured.
 */
async function serverSeeks(page: Page, broker: number | undefined): Promise<ServerSeeks> {
  const detail = (await (
    await page.request.get("/api/recordings/day")
  ).json()) as RecordingDetailView;
  const cookies = await page.context().cookies();
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const origin = new URL(page.url()).origin;
  // A player that is open draws, on the cores that the broker is measured on.
  await page.goto("about:blank");
  const plain = await startChild(process.execPath, [PLAIN_SERVER], { ready: /(\d+)/ });
  try {
    const job: SeekJob = {
      ...{ origin, cookie, broker: broker ?? 0, segments: detail.segments.length },
      plain: `http://127.0.0.1:${plain.ready[1]}`,
    };
    const input = JSON.stringify(job);
    const end = await runProgram(process.execPath, [SEEK_CLIENT], { input, withinMs: SEEKS_MS });
    if (end.code !== 0) throw new Error(end.output);
    const times = JSON.parse(end.output.trimEnd().split("\n").at(-1) ?? "") as SeekTimes;
    return {
      p50Ms: percentile(times.samples, 0.5),
      p99Ms: percentile(times.samples, 0.99),
      p99RunningMs: percentile(times.running, 0.99),
      plainP99Ms: percentile(times.plain, 0.99),
      plainP99RunningMs: percentile(times.plainRunning, 0.99),
    };
  } finally {
    await plain.stop("SIGKILL");
  }
}

function report(day: Measured, minute: Measured, server: ServerSeeks, madeMs: number): void {
  const row = (name: string, { openMs: opened, seekP50Ms, seekP95Ms }: Measured) => [
    name,
    ...[opened, seekP50Ms, seekP95Ms].map((ms) => ms.toFixed(1)),
  ];
  printTable(
    ["recording", "open ms", "seek p50 ms", "seek p95 ms"],
    [row("1 minute", minute), row("24 hours", day)],
  );
  printResult({
    bench: "replay",
    ratios: {
      ...{ openMs: day.openMs, seekP95Ms: day.seekP95Ms, serverSeekP99Ms: server.p99Ms },
      serverSeekP50Ms: server.p50Ms,
      serverSeekP99RunningMs: server.p99RunningMs,
      plainServerP99Ms: server.plainP99Ms,
      plainServerP99RunningMs: server.plainP99RunningMs,
      seekP50Ms: day.seekP50Ms,
      openVsMinute: day.openMs / minute.openMs,
      seekVsMinute: day.seekP95Ms / minute.seekP95Ms,
    },
    goals: {
      openMs: { atMost: 1000 },
      seekP95Ms: { atMost: 100 },
      serverSeekP99Ms: { atMost: 5 },
    },
    notes: {
      recording: "24 h, every tag of the example's PLC read at 1 Hz, a write each 5 min",
      browser: "headless Chromium, 1280x860",
      seekIncludes: "up to one frame of waiting for the picture (16.7 ms)",
      madeS: Math.round(madeMs / 1000),
    },
  });
}
