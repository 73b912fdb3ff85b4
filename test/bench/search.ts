/**
 * Searching a million recorded writes in 100 recordings, which nothing folds, through the broker's
 * own index: encrypted on disk, in a thread. Beside it SQLite, which scans a plain table of the
 * same rows, unencrypted, in this thread. One question whose hits are everywhere, one whose only
 * hits are in the oldest recording, one for a word in a reason, one for nothing that there is.
 * `firstResultMs` is the slowest question's median; `coldMs` the worst first search after a start.
 * About two minutes.
 */
import { rmSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { systemClock } from "../../broker/clock.ts";
import { type Evidence, openEvidence } from "../../broker/evidence/evidence.ts";
import type { PageCursor, Search } from "../../broker/evidence/search/search.ts";
import { writePoints } from "../../protocols/modbus/build.ts";
import { parseQuery } from "../../protocols/search/parse-query.ts";
import { TEST_KEYS } from "../kit/evidence-keys.ts";
import { OperationsTape } from "../kit/operations-tape.ts";
import { testHeader } from "../kit/tape-header.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";
import { median, printResult, printTable } from "./report.ts";

const RECORDINGS = 100;
const OPERATIONS = Number(process.env.SALLYPORT_BENCH_OPERATIONS ?? 1_000_000);
const EACH = OPERATIONS / RECORDINGS;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7);
const PAGE = 50;
/** On a machine that is not brought to a standstill one is enough. */
const ANSWERS_MAX = 50;
/** Between two waits for the disk. */
const AT_ONCE = 1_000;
const REFUSED_EVERY = 50;
const RARE = 6_543;

const TAGS = ["P101.SpeedSetpoint", "P102.SpeedSetpoint", "V7.Position", "T1.Limit"].map(
  (name, at) => ({
    ...{ name, unitId: 1, table: "holding-registers", address: at, type: "uint16" },
    ...{ wordOrder: "big", scale: 0.1, offset: 0, unit: "" },
  }),
);

interface Question {
  readonly name: string;
  readonly query: string;
  readonly sql: string;
}

const QUESTIONS: readonly Question[] = [
  {
    name: "everywhere",
    query: "tag:P101.* value:>30 verdict:permit",
    sql: "tag GLOB 'P101.*' AND value > 30 AND verdict = 'permit'",
  },
  { name: "oldest only", query: `value:${RARE / 10}`, sql: `value = ${RARE / 10}` },
  {
    name: "word in a reason",
    query: `reason:"${RARE} rpm"`,
    sql: `reason LIKE '%${RARE} rpm%'`,
  },
  {
    name: "nothing",
    query: "tag:T1.* value:>6000 text:reload",
    sql: "tag GLOB 'T1.*' AND value > 6000 AND text LIKE '%reload%'",
  },
];

interface Row {
  readonly session: string;
  readonly sequence: number;
  readonly atMs: number;
  readonly tag: string;
  readonly value: number;
  readonly verdict: string;
  readonly reason: string;
}

export async function run(): Promise<void> {
  const folder = makeFolder();
  const peer = openPeer(path.join(folder, "peer.db"));
  try {
    const directory = path.join(folder, "evidence");
    await record(directory, peer);
    const indexedMs = await indexAll(directory);
    const cold: number[] = [];
    for (const question of QUESTIONS) cold.push(await coldMs(directory, question));
    const evidence = await open(directory);
    const search = evidence.openSearch(() => undefined);
    await caughtUp(search);
    const busy = new LoopDelay();
    const idle = new LoopDelay();
    const rounds = await measure(search, peer, { busy, idle });
    await evidence.close();
    report(rounds, cold, { indexedMs, loopP99Ms: busy.p99Ms, idleLoopP99Ms: idle.p99Ms });
  } finally {
    peer.close();
    removeFolder(folder);
  }
}

function open(directory: string): Promise<Evidence> {
  return openEvidence({ directory, build: "bench", clock: systemClock, keys: TEST_KEYS });
}

function openPeer(file: string): DatabaseSync {
  const peer = new DatabaseSync(file);
  peer.exec(`CREATE TABLE operations (session TEXT, sequence INTEGER, atMs REAL, tag TEXT,
    value REAL, verdict TEXT, rule TEXT, reason TEXT, text TEXT) STRICT`);
  return peer;
}

async function record(directory: string, peer: DatabaseSync): Promise<void> {
  const evidence = await open(directory);
  const insert = peer.prepare(
    "INSERT INTO operations VALUES (?, ?, ?, ?, ?, ?, 'tuning/all', ?, '')",
  );
  for (let n = 0; n < RECORDINGS; n += 1) {
    const session = `s-${String(n).padStart(4, "0")}`;
    const startedMs = Date.now();
    const header = { ...testHeader(session), tags: TAGS, startedMs: startedMs + n };
    const tape = await evidence.recorder.open(header);
    const operations = new OperationsTape(tape);
    peer.exec("BEGIN");
    for (let at = 0; at < EACH; at += 1) {
      const row = write(operations, session, n, at);
      insert.run(row.session, row.sequence, row.atMs, row.tag, row.value, row.verdict, row.reason);
      if (at % AT_ONCE === 0) {
        await new Promise<void>((resolve) => tape.whenDurable(() => resolve()));
      }
    }
    peer.exec("COMMIT");
    tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
    await tape.close();
  }
  await evidence.close();
}

function write(operations: OperationsTape, session: string, n: number, at: number): Row {
  const tag = TAGS[at % TAGS.length];
  const isRare = n === 0 && at === 10;
  const raw = isRare ? RARE : 200 + ((at * 7 + n) % 300);
  const refused = isRare || at % REFUSED_EVERY === 0;
  const reason = refused ? `asked for ${raw} rpm, allowed are 20 to 45` : "";
  const verdict = refused ? "deny" : "permit";
  const operation = writePoints(1, "holding-registers", tag?.address ?? 0, [raw]);
  const { sequence } = operations.judge(operation, { kind: verdict, reason });
  if (!refused) operations.answer(operation);
  return {
    session,
    sequence,
    atMs: Date.now(),
    tag: tag?.name ?? "",
    value: raw / 10,
    verdict,
    reason,
  };
}

async function caughtUp(search: Search): Promise<void> {
  for (;;) {
    const { recordings, behind } = search.progress();
    if (recordings === RECORDINGS && behind === 0) return;
    await setTimeout(20);
  }
}

/** From nothing. */
async function indexAll(directory: string): Promise<number> {
  rmSync(path.join(directory, "search"), { recursive: true, force: true });
  const evidence = await open(directory);
  const startMs = performance.now();
  await caughtUp(evidence.openSearch(() => undefined));
  const indexedMs = performance.now() - startMs;
  await evidence.close();
  return indexedMs;
}

/** The first search after a start: nothing is in memory. */
async function coldMs(directory: string, question: Question): Promise<number> {
  const evidence = await open(directory);
  const search = evidence.openSearch(() => undefined);
  await caughtUp(search);
  const tookMs = (await ask(search, question)).tookMs;
  await evidence.close();
  return tookMs;
}

async function ask(
  search: Search,
  { query }: Question,
): Promise<{ readonly tookMs: number; readonly hits: number }> {
  const parsed = parseQuery(query, { nowMs: 0, local: Date.UTC });
  if (parsed.kind === "fault") throw new Error(parsed.fault.message);
  const startMs = performance.now();
  let cursor: PageCursor | undefined;
  // One answer takes no longer than it may: on a slow machine several come to the first results.
  for (let n = 0; n < ANSWERS_MAX; n += 1) {
    const found = await search.find({
      ...{ terms: parsed.terms, maySee: () => true, asker: "bench", cursor, limit: PAGE },
      surroundings: { employer: () => undefined, requests: () => [] },
    });
    const tookMs = performance.now() - startMs;
    ({ cursor } = found);
    if (found.hits.length > 0 || cursor === undefined) return { tookMs, hits: found.hits.length };
  }
  throw new Error(`${query} came to no end`);
}

function askPeer(peer: DatabaseSync, { sql }: Question): { tookMs: number; hits: number } {
  const statement = peer.prepare(
    `SELECT * FROM operations WHERE ${sql} ORDER BY session DESC, sequence DESC LIMIT ${PAGE}`,
  );
  const startMs = performance.now();
  const hits = statement.all().length;
  return { tookMs: performance.now() - startMs, hits };
}

interface Measured {
  readonly question: Question;
  readonly ours: number[];
  readonly peers: number[];
  hits: number;
}

/** How late a timer of one millisecond comes, only while something is under way. */
class LoopDelay {
  private readonly lateMs: number[] = [];

  async during<T>(work: Promise<T>): Promise<T> {
    let dueMs = performance.now() + 1;
    const timer = setInterval(() => {
      const nowMs = performance.now();
      this.lateMs.push(nowMs - dueMs);
      dueMs = nowMs + 1;
    }, 1);
    try {
      return await work;
    } finally {
      clearInterval(timer);
    }
  }

  get p99Ms(): number {
    const sorted = [...this.lateMs].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
  }
}

/** As long as some searches: what the event loop of a machine does that has other work too. */
const IDLE_MS = 100;

/** In turns; the event loop is watched while ours is asked, and while nothing is. */
async function measure(
  search: Search,
  peer: DatabaseSync,
  { busy, idle }: { readonly busy: LoopDelay; readonly idle: LoopDelay },
): Promise<readonly Measured[]> {
  const all = QUESTIONS.map((question): Measured => ({ question, ours: [], peers: [], hits: 0 }));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const one of all) {
      await idle.during(setTimeout(IDLE_MS));
      const ours = await busy.during(ask(search, one.question));
      const peers = askPeer(peer, one.question);
      if (ours.hits !== peers.hits) {
        throw new Error(`${one.question.name}: ${ours.hits} hits, the peer has ${peers.hits}`);
      }
      one.ours.push(ours.tookMs);
      one.peers.push(peers.tookMs);
      one.hits = ours.hits;
    }
  }
  return all;
}

function report(
  rounds: readonly Measured[],
  cold: readonly number[],
  times: Readonly<Record<"indexedMs" | "loopP99Ms" | "idleLoopP99Ms", number>>,
): void {
  printTable(
    [`${OPERATIONS} operations`, "hits", "cold ms", "warm ms", "SQLite ms", "ratio"],
    rounds.map(({ question, ours, peers, hits }, at) => [
      ...[question.name, String(hits), (cold[at] ?? Number.NaN).toFixed(0)],
      ...[median(ours).toFixed(1), median(peers).toFixed(1)],
      (median(ours) / median(peers)).toFixed(2),
    ]),
  );
  const firstResultMs = Math.max(...rounds.map(({ ours }) => median(ours)));
  const slowest = Math.max(...rounds.map(({ peers }) => median(peers)));
  printResult({
    bench: "search",
    ratios: {
      ...{ firstResultMs, vsSqliteScan: firstResultMs / slowest, coldMs: Math.max(...cold) },
      ...{ loopP99Ms: times.loopP99Ms, idleLoopP99Ms: times.idleLoopP99Ms },
      indexedPerS: (OPERATIONS * 1000) / times.indexedMs,
    },
    goals: { firstResultMs: { atMost: 300 }, loopP99Ms: { atMost: 10 } },
    notes: { operations: OPERATIONS, recordings: RECORDINGS, rounds: ROUNDS, page: PAGE },
  });
}
