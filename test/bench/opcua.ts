/**
 * OPC UA through the broker against the asset itself and a blind TCP relay, in the same run: a
 * node read, a hundred nodes read, a node written, a thousand values ten times a second. A foreign
 * client and a foreign server are at the ends of every road; the broker ends both secure channels,
 * decodes, decides, records and encrypts.
 *
 * What a subscription costs it, by thread, for a notification of a thousand values without security
 * (4.1 ms in all, of a machine that did much else): 2.1 ms that of the sessions, 0.6 what seals, 0.35
 * what makes key frames, which reads only the newest values since and took 0.65 before, 0.7 V8's own,
 * nearly all of it compiling (half a minute on still a function a notification), 0.4 the write to the
 * disk. Ten times a second everything is cold: one node that is read as seldom costs 2.4 ms of CPU,
 * and 0.3 in a row. So within the first no step stands out: a fourth is the commit, ten a second, a
 * fifth pages of memory that are touched for the first time (the socket's, and five arrays of a
 * notification's 28 KB), the rest small.
 *
 * What won nothing: memory that is not given back to the system (`MALLOC_TRIM_THRESHOLD_`), since
 * what is touched first has not been collected yet; larger pieces or a size known to zstd, which
 * takes 0.07 ms of it. Of a read, half is its two writes to the system.
 */
import { AttributeIds, type ClientSession, DataType, TimestampsToReturn } from "node-opcua";
import { type SignedIn, signInOpcua, signOut } from "../kit/opcua-client.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";
import { haproxyVersion } from "./haproxy.ts";
import {
  BENCH_LOGIN,
  NAMESPACE,
  openRoads,
  type Road,
  type RoadName,
  SECURITIES,
  type SecurityName,
  VALUES,
} from "./opcua-roads.ts";
import { cpuWithChildrenMs, median, printResult, printTable } from "./report.ts";

const ROUNDS = Math.max(1, Number(process.env.BENCH_ROUNDS ?? 5));
/** Of each road and round: medians of some hundred differ from those of more by less than rounds do. */
const READS = 200;
const READS_OF_100 = 50;
const WRITES = 50;
/** Values delivered of each road and round. */
const SUBSCRIBED_MS = 2_000;
const PUBLISHING_MS = 100;
/**
 * Of each road and kind of request before the rounds. Client and asset serve all roads, and are
 * compiled by the time that a broker, which has one, has seen a sixth as much.
 */
const WARM_REQUESTS_MS = 1_500;
/**
 * Of all roads at once before the rounds: key frames are made by then, and a broker has heard a
 * sixth of what the client has, which is compiled by it far sooner.
 */
const WARM_VALUES_MS = 60_000;
/** For all roads together: a machine that is slower measures fewer, not longer. */
const LATENCIES_WITHIN_MS = 5_000;
/** No new round begins after it: medians are then of those that were measured. */
const ROUNDS_WITHIN_MS = 120_000;
/** Of anything that is waited for: a road that stands still ends the bench with its name. */
const STEP_WITHIN_MS = 30_000;
const SECURITY_NAMES: readonly SecurityName[] = ["none", "sign"];

type Measure = "read1" | "read100" | "write" | "values" | "clientCpu" | "betweenCpu";
const MEASURES: readonly Measure[] = [
  ...(["read1", "read100", "write", "values", "clientCpu", "betweenCpu"] as const),
];

type Figures = Record<SecurityName, Record<RoadName, Record<Measure, number[]>>>;

const GOALS = {
  read1Added: { atMost: 1 },
  read100Added: { atMost: 0.5 },
  subscriptionCpu: { atMost: 1 },
  read1AddedSign: { atMost: 1 },
  read100AddedSign: { atMost: 0.5 },
  subscriptionCpuSign: { atMost: 1 },
};

interface Joined extends SignedIn {
  readonly security: SecurityName;
  readonly road: Road;
}

export async function run(): Promise<void> {
  const folder = makeFolder();
  const stops: (() => Promise<unknown>)[] = [];
  try {
    const { roads } = await openRoads(folder, stops);
    const joined: Joined[] = [];
    stops.push(() =>
      within("signing out", Promise.all(joined.map(signOut))).catch(() => undefined),
    );
    for (const security of SECURITY_NAMES) {
      for (const road of roads[security]) {
        const joining = join(folder, security, road);
        joined.push(await within(`signing in (${security} ${road.name})`, joining));
      }
    }
    report(await measureAll(joined));
  } finally {
    for (const stop of stops.reverse()) await stop();
    removeFolder(folder);
  }
}

async function join(folder: string, security: SecurityName, road: Road): Promise<Joined> {
  const { user, password } = BENCH_LOGIN;
  const url = `opc.tcp://127.0.0.1:${road.port}`;
  const to = { url, folder, security: SECURITIES[security], user, password };
  return { ...(await signInOpcua(to)), security, road };
}

async function measureAll(joined: readonly Joined[]): Promise<Figures> {
  const none = () => Object.fromEntries(MEASURES.map((each) => [each, []]));
  const each = () => ({ direct: none(), relay: none(), broker: none() });
  const figures = { none: each(), sign: each() } as unknown as Figures;
  for (const one of joined) await within(`${nameOf(one)}, beginning`, warm(one.session));
  await warmValues(joined);
  const beganMs = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    if (performance.now() - beganMs > ROUNDS_WITHIN_MS) break;
    await latencies(joined, figures);
    for (const one of joined) {
      const measuring = subscribed(one, figures[one.security][one.road.name]);
      await within(`${nameOf(one)}, values`, measuring);
    }
    process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`);
  }
  return figures;
}

const nameOf = ({ security, road }: Joined) => `${security} ${road.name}`;

async function within<T>(step: string, working: Promise<T>): Promise<T> {
  let late: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    const error = new Error(`${step}: nothing for ${STEP_WITHIN_MS / 1_000} s`);
    late = setTimeout(() => reject(error), STEP_WITHIN_MS);
  });
  return Promise.race([working, tooLate]).finally(() => clearTimeout(late));
}

const id = (name: string) => `ns=${NAMESPACE};s=${name}`;
const target = (at: number) => ({ nodeId: id(`Value${at}`), attributeId: AttributeIds.Value });
const HUNDRED = Array.from({ length: 100 }, (_, at) => target(at));

const read1 = (session: ClientSession) => session.read(target(7));
const read100 = (session: ClientSession) => session.read(HUNDRED);
const write = (session: ClientSession) =>
  session.write({
    ...{ nodeId: id("Setpoint"), attributeId: AttributeIds.Value },
    value: { value: { dataType: DataType.Double, value: 12.5 } },
  });

async function warm(session: ClientSession): Promise<void> {
  const status = await write(session);
  if (!status.isGood()) throw new Error(`the write was refused: ${status.name}`);
  for (const one of [read1, read100, write]) {
    const untilMs = performance.now() + WARM_REQUESTS_MS;
    while (performance.now() < untilMs) await one(session);
  }
}

/** Roads take turns within a round, so that what else the machine does falls on all of them. */
async function latencies(joined: readonly Joined[], figures: Figures): Promise<void> {
  const kinds = [
    { measure: "read1", count: READS, one: read1 },
    { measure: "read100", count: READS_OF_100, one: read100 },
    { measure: "write", count: WRITES, one: write },
  ] as const;
  for (const { measure, count, one } of kinds) {
    const times = joined.map((): number[] => []);
    const untilMs = performance.now() + LATENCIES_WITHIN_MS;
    for (let turn = 0; turn < TURNS && performance.now() < untilMs; turn++) {
      for (const [at, each] of joined.entries()) {
        const some = timesOf(() => one(each.session), count / TURNS);
        times[at]?.push(...(await within(`${nameOf(each)}, ${measure}`, some)));
      }
    }
    for (const [at, { security, road }] of joined.entries()) {
      figures[security][road.name][measure].push(median(times[at] ?? []) * 1_000);
    }
  }
}

const TURNS = 10;

async function timesOf(work: () => Promise<unknown>, count: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  return times;
}

interface Watching {
  /** Delivered since it was asked last. */
  taken(): number;
  end(): Promise<unknown>;
}

async function watchValues(session: ClientSession): Promise<Watching> {
  const subscription = await session.createSubscription2({
    ...{ requestedPublishingInterval: PUBLISHING_MS, publishingEnabled: true },
    ...{ requestedLifetimeCount: 100, requestedMaxKeepAliveCount: 10, priority: 0 },
    maxNotificationsPerPublish: 2 * VALUES,
  });
  let values = 0;
  const group = await subscription.monitorItems(
    Array.from({ length: VALUES }, (_, at) => target(at)),
    { samplingInterval: PUBLISHING_MS, queueSize: 1, discardOldest: true },
    TimestampsToReturn.Both,
  );
  group.on("changed", () => {
    values += 1;
  });
  const taken = () => {
    const since = values;
    values = 0;
    return since;
  };
  return { taken, end: () => subscription.terminate() };
}

/**
 * Programs compile what they do often, and the broker begins threads for it: what is measured is
 * the course of a subscription, which lasts hours, and not its first seconds.
 */
async function warmValues(joined: readonly Joined[]): Promise<void> {
  const watching: Watching[] = [];
  for (const one of joined) {
    watching.push(await within(`${nameOf(one)}, first values`, watchValues(one.session)));
  }
  await new Promise((resolve) => setTimeout(resolve, WARM_VALUES_MS));
  for (const each of watching) await each.end();
}

/** CPU per second: of this process, which is the client, and of those between. */
async function subscribed(
  { session, road }: Joined,
  figures: Record<Measure, number[]>,
): Promise<void> {
  const watching = await watchValues(session);
  // The first notification carries every value and is no ordinary one.
  await new Promise((resolve) => setTimeout(resolve, 5 * PUBLISHING_MS));
  watching.taken();
  const began = performance.now();
  const [own, between] = [process.cpuUsage(), road.pid ? cpuWithChildrenMs(road.pid) : 0];
  await new Promise((resolve) => setTimeout(resolve, SUBSCRIBED_MS));
  const seconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(own);
  figures.values.push(watching.taken() / seconds);
  figures.clientCpu.push((user + system) / 1_000 / seconds);
  figures.betweenCpu.push(((road.pid ? cpuWithChildrenMs(road.pid) : 0) - between) / seconds);
  // Else it would go on beside what is measured next.
  await watching.end();
}

function report(figures: Figures): void {
  const at = (security: SecurityName, road: RoadName, measure: Measure) =>
    median(figures[security][road][measure]);
  const rows = SECURITY_NAMES.flatMap((security) =>
    (["direct", "relay", "broker"] as const).map((road) => [
      `${security} ${road}`,
      ...MEASURES.map((measure) => at(security, road, measure).toFixed(0)),
    ]),
  );
  const head = ["read1 µs", "read100 µs", "write µs", "values/s", "client ms/s", "between ms/s"];
  printTable(["", ...head], rows);
  printResult({
    bench: "opcua",
    ratios: { ...ratiosOf(at, "none", ""), ...ratiosOf(at, "sign", "Sign") },
    goals: GOALS,
    notes: {
      ...{ rounds: figures.none.direct.read1.length, items: VALUES, publishingMs: PUBLISHING_MS },
      ...{ warmRequestsMs: WARM_REQUESTS_MS, warmValuesMs: WARM_VALUES_MS },
      ...{ sign: "Basic256Sha256, SignAndEncrypt", relay: `HAProxy ${haproxyVersion()}` },
    },
  });
}

function ratiosOf(
  at: (security: SecurityName, road: RoadName, measure: Measure) => number,
  security: SecurityName,
  suffix: string,
): Record<string, number> {
  const added = (measure: Measure, road: RoadName = "broker") => {
    const direct = at(security, "direct", measure);
    return (at(security, road, measure) - direct) / direct;
  };
  const ratios = {
    read1Added: added("read1"),
    read100Added: added("read100"),
    writeAdded: added("write"),
    subscriptionCpu: at(security, "broker", "betweenCpu") / at(security, "broker", "clientCpu"),
    relayRead1Added: added("read1", "relay"),
  };
  return Object.fromEntries(
    Object.entries(ratios).map(([name, value]) => [`${name}${suffix}`, value]),
  );
}
