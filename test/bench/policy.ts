/**
 * Deciding: one operation (capabilities and a profile of 200 rules) beside a plain allow-list and a
 * direct call of Cedar; and 1,000 live sessions on the real access over a real store, decided
 * again after a change of policies, after a grant is taken and after a lock.
 */
import { setTimeout as pause } from "node:timers/promises";
import { setOf } from "../../broker/access/policies/check-policies.ts";
import { readPolicyFolder } from "../../broker/access/policies/policy-folder.ts";
import { decideCapabilities } from "../../broker/policy/capabilities.ts";
import { inputOf, PLC } from "../../broker/policy/policy-samples.ts";
import {
  ALL,
  matcher,
  type RuleSketch,
  read,
  tag,
  write,
} from "../../broker/policy/profile-samples.ts";
import { judgeItems } from "../../broker/sessions/desk.ts";
import type { ModbusOperation } from "../../protocols/modbus/operation.ts";
import { DEFAULT_POLICIES } from "../kit/policies.ts";
import { openPolicySite, type PolicySite, SESSIONS, type WatchedSession } from "./policy-site.ts";
import { median, printResult, printTable } from "./report.ts";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const JUDGED = 50_000;
const CEDAR_CALLS = 200;
const RULES = 200;
const SETTLED_WITHIN_MS = 20_000;

interface Round {
  readonly operationNs: number;
  readonly slowestOperationNs: number;
  readonly allowListNs: number;
  readonly cedarNs: number;
  readonly redecideMs: number;
  readonly grantMs: number;
  readonly lockMs: number;
}

export async function run(): Promise<void> {
  const rounds: Round[] = [];
  for (let n = 0; n < ROUNDS; n += 1) rounds.push(await oneRound());
  const of = (name: keyof Round) => median(rounds.map((round) => round[name]));
  printTable(
    ["round", "operation ns", "allow-list ns", "Cedar ns", "re-decide ms", "grant ms", "lock ms"],
    rounds.map((round, n) => [
      String(n + 1),
      round.operationNs.toFixed(0),
      round.allowListNs.toFixed(0),
      round.cedarNs.toFixed(0),
      round.redecideMs.toFixed(0),
      round.grantMs.toFixed(2),
      round.lockMs.toFixed(2),
    ]),
  );
  printResult({
    bench: "policy",
    ratios: {
      operationNs: of("operationNs"),
      slowestOperationNs: of("slowestOperationNs"),
      redecide1000Ms: of("redecideMs"),
      grantMs: of("grantMs"),
      lockMs: of("lockMs"),
      operationVsAllowList: of("operationNs") / of("allowListNs"),
      operationVsCedar: of("operationNs") / of("cedarNs"),
    },
    goals: {
      operationNs: { atMost: 1_000 },
      redecide1000Ms: { atMost: 1_000 },
      grantMs: { atMost: 10 },
      lockMs: { atMost: 10 },
    },
    notes: { sessions: SESSIONS, rules: RULES, rounds: ROUNDS },
  });
}

async function oneRound(): Promise<Round> {
  const operations = OPERATIONS.map(operationNs);
  const allowListNs = median(OPERATIONS.map(allowListCost));
  const cedarNs = cedarCost();
  const site = await openPolicySite();
  try {
    const redecideMs = await redecided(site);
    const grantMs = await grantTaken(site);
    const lockMs = await locked(site);
    return {
      ...{ operationNs: median(operations), slowestOperationNs: Math.max(...operations) },
      ...{ allowListNs, cedarNs, redecideMs, grantMs, lockMs },
    };
  } finally {
    await site.close();
  }
}

const TAGS = Array.from({ length: RULES }, (_, n) =>
  tag(`T${n}`, 2 * n, { scale: 0.1, min: 0, max: 100 }),
);
const RULE_LIST: readonly RuleSketch[] = Array.from({ length: RULES }, (_, n) =>
  n < RULES / 2
    ? { match: { classes: ["operate"], tags: [`T${n}`, `T${n + 100}`] }, limits: { max: 50 } }
    : {
        match: {
          classes: ["observe"],
          table: "holding-registers",
          addresses: [{ first: 8 * (n - 100), last: 8 * (n - 100) + 7 }],
        },
      },
);
const MATCHER = matcher(RULE_LIST, TAGS);
/** Permitted by an early and a late rule, refused for its value, refused by none. */
const OPERATIONS: readonly ModbusOperation[] = [
  read(8, 8),
  read(792, 8),
  write(2 * 3, [200]),
  write(2 * 97, [200]),
  write(2 * 97, [900]),
  read(900, 8),
];

function operationNs(operation: ModbusOperation): number {
  const items = [operation];
  return nsEach(JUDGED, () => judgeItems(items, MATCHER, ALL, 0));
}

/** What a firewall with a list of registers would look up. */
const ALLOWED = new Set(Array.from({ length: 800 }, (_, address) => `1 3 ${address}`));

function allowListCost(operation: ModbusOperation): number {
  const address = "address" in operation ? operation.address : 0;
  return nsEach(JUDGED, () => ALLOWED.has(`${operation.unit} ${operation.function} ${address}`));
}

/** One class of another person each time: nothing that is remembered answers. */
function cedarCost(): number {
  const text = `@id("personal") @reason("The bench.") ${READ_ONLY}`;
  const set = setOf([...readPolicyFolder(DEFAULT_POLICIES), { name: "personal.cedar", text }]);
  let n = 0;
  decideCapabilities(set, inputOf(["engineer"], {}, PLC, "nobody"));
  return nsEach(CEDAR_CALLS, () => {
    const context = { grant: { active: true }, authentication: { ageSeconds: 30 * ++n } };
    decideCapabilities(set, inputOf(["engineer"], context, PLC, `person-${n}`), ["operate"]);
  });
}

function nsEach(times: number, act: () => unknown): number {
  const before = performance.now();
  for (let n = 0; n < times; n += 1) act();
  return ((performance.now() - before) / times) * 1e6;
}

/** A policy that looks at the person: every one is a decision of its own. */
const READ_ONLY =
  'forbid (principal, action == Action::"operate", resource) unless { principal == Subject::"boss" };';

async function redecided({ policies, sessions }: PolicySite): Promise<number> {
  const beganMs = performance.now();
  policies.add(READ_ONLY);
  await until(sessions, ({ classes }) => classes.join() === "observe");
  return Math.max(...sessions.map(({ toldMs }) => toldMs)) - beganMs;
}

/** Of one grant, with a thousand sessions to look through for those under it. */
async function grantTaken({ access, first }: PolicySite): Promise<number> {
  const nowMs = Date.now();
  const grant = await access.createGrant(first, {
    ...{ personId: first.id, endpoint: "plc-0/modbus", profile: "all", reason: "bench" },
    ...{ fromMs: nowMs, untilMs: nowMs + 3_600_000 },
  });
  const beganMs = performance.now();
  const revoking = access.revokeGrant(first, grant.id);
  const calledMs = performance.now() - beganMs;
  await revoking;
  return calledMs;
}

async function locked({ access, sessions, first }: PolicySite): Promise<number> {
  const beganMs = performance.now();
  const locking = access.locks.lock(first, { kind: "site", target: "nord", reason: "bench" });
  if (sessions.some(({ ended }) => !ended)) throw new Error("a session outlived the lock");
  const lastMs = Math.max(...sessions.map(({ toldMs }) => toldMs)) - beganMs;
  await locking;
  return lastMs;
}

async function until(
  sessions: readonly WatchedSession[],
  holds: (session: WatchedSession) => boolean,
): Promise<void> {
  const lateMs = performance.now() + SETTLED_WITHIN_MS;
  while (!sessions.every(holds)) {
    if (performance.now() > lateMs) throw new Error("not all sessions were decided again in time");
    await pause(5);
  }
}
