import type { TrustView, WorkloadView } from "../../broker/api/shapes/workloads.ts";

const state: Record<WorkloadView["state"], string> = {
  active: "May work",
  disabled: "Disabled",
  unnamed: "Not in the file",
};

const mark: Record<WorkloadView["marks"][number], string> = {
  unused: "Unused for 30 days",
  expiring: "Ends within 14 days",
  expired: "Ended",
  "no-owner": "Owner is not active here",
};

const trustKind: Record<TrustView["kind"], string> = {
  domain: "Trust domain",
  issuer: "Issuer of tokens",
};

export const workloadText = {
  title: "Workloads",
  lead: "Services that work here without a person: proved by a certificate or a token, held to the same grants, rules and recordings. The file of workloads names them; here they are shut out at once.",
  failed: "The workloads could not be loaded",
  emptyTitle: "No service may work here",
  empty:
    "Name a file with SALLYPORT_WORKLOADS: which trust bundles and issuers count, and which services they prove. deploy/workloads.md shows one.",
  problem: "The file of workloads is not as it should be",
  table: {
    label: "Workloads",
    name: "Name",
    owner: "Owner",
    identity: "Proved as",
    lastUse: "Last proved",
    live: "Signed in",
    state: "State",
  },
  never: "never",
  until: "until",
  state,
  mark,
  trustKind,
  trustLabel: "What is trusted",
  trust: { name: "Name", kind: "Kind", keys: "Keys", ends: "Last certificate ends" },
  disable: "Disable",
  enable: "Enable",
  disableNamed: (name: string) => `Disable the workload ${name}`,
  enableNamed: (name: string) => `Enable the workload ${name} again`,
  disableTitle: (name: string) => `Disable ${name}?`,
  disableRest:
    "Its sessions end at once, and nothing proves it any more. Its grants stay listed; recordings stay.",
  enableTitle: (name: string) => `Enable ${name} again?`,
  enableRest: "It can prove itself again, and grants still in their window work again.",
} as const;
