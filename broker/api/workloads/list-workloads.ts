/** Services that may work here, what proves them, and which of them nobody uses. */
import type { Clock } from "../../clock.ts";
import type { Person, SignIn } from "../../store/model.ts";
import type { Workload, WorkloadConfig } from "../../workloads/model.ts";
import type { WorkloadKnown, Workloads } from "../../workloads/workloads.ts";
import { endpoint } from "../endpoint.ts";
import { type TrustView, type WorkloadView, workloadsSchema } from "../shapes/workloads.ts";

/** As long as a change freeze or a holiday takes; longer is forgotten. */
const UNUSED_MS = 30 * 86_400_000;
/** One who renews by hand needs some days. */
const EXPIRING_MS = 14 * 86_400_000;

export interface WorkloadsGround {
  readonly workloads: Pick<Workloads, "list" | "current" | "troubles">;
  /** Undefined where there is no file. */
  readonly problem: () => string | null | undefined;
  readonly people: { list(): Promise<readonly Person[]> };
  readonly clock: Clock;
}

export function listWorkloads({ workloads, problem, people, clock }: WorkloadsGround) {
  return endpoint({
    summary: "Services that may work here, what proves them, which are unused or expire",
    answer: workloadsSchema,
    handle: async () => {
      const owners = new Set(
        (await people.list()).filter(({ state }) => state === "active").map(({ email }) => email),
      );
      const nowMs = clock.wallMs();
      const known = await workloads.list();
      return {
        configured: problem() !== undefined,
        problem: problem() ?? null,
        workloads: known.map((each) => viewOf(each, owners, nowMs)),
        trust: trustOf(workloads.current(), workloads.troubles(), nowMs),
      };
    },
  });
}

function viewOf(
  { person, workload, signIns }: WorkloadKnown,
  owners: ReadonlySet<string>,
  nowMs: number,
): WorkloadView {
  const { id, email: handle, name, employer: owner, createdMs, lastSignInMs } = person;
  const ends = signIns.flatMap(({ workload: proof }: SignIn) => (proof ? [proof.endsMs] : []));
  return {
    ...{ id, handle, name, owner, createdMs },
    state: person.state === "disabled" ? "disabled" : workload ? "active" : "unnamed",
    identity: workload ? identityOf(workload) : "",
    lifeMs: workload?.lifeMs ?? null,
    untilMs: workload?.untilMs ?? null,
    lastUsedMs: lastSignInMs,
    live: signIns.length,
    proofEndsMs: ends.length > 0 ? Math.max(...ends) : null,
    marks: workload ? marksOf(workload, person, owners, nowMs) : [],
  };
}

function identityOf({ proof }: Workload): string {
  if (proof.kind === "spiffe") return proof.spiffeId;
  const claims = [...proof.claims].map(([name, value]) => `, ${name} ${value}`).join("");
  return `${proof.issuer} subject ${proof.subject}${claims}`;
}

function marksOf(
  { untilMs = Infinity, owner }: Workload,
  { lastSignInMs, createdMs }: Person,
  owners: ReadonlySet<string>,
  nowMs: number,
): WorkloadView["marks"] {
  const marks: WorkloadView["marks"] = [];
  if (nowMs - (lastSignInMs ?? createdMs) > UNUSED_MS) marks.push("unused");
  if (untilMs <= nowMs) marks.push("expired");
  else if (untilMs - nowMs < EXPIRING_MS) marks.push("expiring");
  if (!owners.has(owner)) marks.push("no-owner");
  return marks;
}

function trustOf(
  { domains, issuers }: WorkloadConfig,
  troubles: readonly string[],
  nowMs: number,
): TrustView[] {
  const ofDomains = domains.map(({ domain, bundle }): TrustView => {
    const ends = bundle.anchors.map(({ validTo }) => Date.parse(validTo));
    const endsMs = ends.length > 0 ? Math.max(...ends) : null;
    const keys = bundle.anchors.length + bundle.keys.length;
    return { kind: "domain", name: domain, keys, endsMs, problem: problemOf(keys, endsMs, nowMs) };
  });
  const ofIssuers = issuers.map(({ issuer, keys }): TrustView => {
    const trouble = keys.from === "url" && troubles.find((each) => each.startsWith(`${keys.url}:`));
    const count = keys.from === "file" ? keys.keys.length : 0;
    const problem = trouble || (keys.from === "file" ? problemOf(count, null, nowMs) : null);
    return { kind: "issuer", name: issuer, keys: count, endsMs: null, problem };
  });
  return [...ofDomains, ...ofIssuers];
}

function problemOf(keys: number, endsMs: number | null, nowMs: number): string | null {
  if (keys === 0) return "Nothing is trusted: nobody can prove themselves by it.";
  if (endsMs === null || endsMs - nowMs > EXPIRING_MS) return null;
  return endsMs <= nowMs ? "All its certificates have ended." : "Its last certificate ends soon.";
}
