/** The file of workloads: YAML (or JSON) in, checked workloads or all that is wrong out. */
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { describeProblem } from "../plant/plant-problem.ts";
import { readYaml } from "../plant/yaml-document.ts";
import {
  distinct,
  durationMs,
  flag,
  identifier,
  instantMs,
  list,
  name as nameReading,
  oneOf,
  text,
} from "../plant/yaml-readings.ts";
import { Mapping, type Reading, Value } from "../plant/yaml-value.ts";
import type { WorkloadConfig } from "./model.ts";
import { ALGORITHMS, type TokenIssuer, type TrustDomain, type Workload } from "./model.ts";
import { isTrustDomain, parseSpiffeId } from "./spiffe-id.ts";
import { BundleInvalid, NO_TRUST, parseBundle, parseKeySet } from "./trust-bundle.ts";

export type ParsedWorkloads =
  | { readonly kind: "workloads"; readonly config: WorkloadConfig }
  /** One line each, `name:line:column what is wrong`. */
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

/** A site's machines, not its people. */
const WORKLOADS_MAX = 512;
const TRUST_MAX = 16;
const CLAIMS_MAX = 16;
const TEXT_MAX = 2_000;
/** A bundle of a large federation is some tens of kilobytes. */
const BUNDLE_BYTES_MAX = 256 * 1024;
const MINUTE_MS = 60_000;
const LIFE_MIN_MS = MINUTE_MS;
/** Short: whoever is asked again every few minutes keeps nothing worth stealing. */
export const LIFE_MAX_MS = 60 * MINUTE_MS;
const LIFE_MS = 15 * MINUTE_MS;
const AGE_MAX_MS = 24 * 60 * MINUTE_MS;
/** What Kubernetes gives its tokens. */
const AGE_MS = 60 * MINUTE_MS;

/** Never throws. A file that it names and that is gone trusts nobody; one that is wrong is told. */
export function parseWorkloads(file: string, name: string, folder: string): ParsedWorkloads {
  const { root, report } = readYaml(file);
  const files: string[] = [];
  const read = report.failed
    ? undefined
    : readAll(new Value(root, "", report), { folder, files, names: new Map() });
  if (read && !report.failed) return { kind: "workloads", config: { ...read, files } };
  return {
    kind: "invalid",
    problems: report.listErrors().map((problem) => describeProblem(name, problem)),
  };
}

interface Source {
  readonly folder: string;
  /** Filled while reading. */
  readonly files: string[];
  /** What stands already, and where. */
  readonly names: Map<string, string>;
}

function readAll(root: Value, source: Source): Omit<WorkloadConfig, "files"> | undefined {
  if (root.isEmpty) return { domains: [], issuers: [], workloads: [] };
  const from = Mapping.read(root, "the file of workloads");
  if (!from) return undefined;
  const domains = from.take("trust", list(trustDomain(source), { max: TRUST_MAX })) ?? [];
  const issuers = from.take("issuers", list(tokenIssuer(source), { max: TRUST_MAX })) ?? [];
  const ground = { source, domains, issuers };
  const workloads = from.take("workloads", list(workload(ground), { max: WORKLOADS_MAX })) ?? [];
  from.finish();
  return { domains, issuers, workloads };
}

function trustDomain(source: Source): Reading<TrustDomain> {
  return (value) => {
    const from = Mapping.read(value, "a trust domain");
    if (!from) return undefined;
    const domain = from.need("domain", unique(source, domainName, "trust domain"));
    const bundle = from.need("bundle", content(source, parseBundle, NO_TRUST));
    from.finish();
    if (domain === undefined || !bundle) return undefined;
    return { domain, bundle: bundle.read, bundleFile: bundle.file };
  };
}

const domainName: Reading<string> = (value) => {
  const read = text(TEXT_MAX)(value);
  if (read === undefined || isTrustDomain(read)) return read;
  return value.fail(`"${read}" is not a trust domain; write plant.example, without spiffe://`);
};

function tokenIssuer(source: Source): Reading<TokenIssuer> {
  return (value) => {
    const from = Mapping.read(value, "an issuer");
    if (!from) return undefined;
    const issuer = from.need("issuer", unique(source, text(TEXT_MAX), "issuer"));
    const audience = from.take("audience", text(TEXT_MAX));
    const algorithms = from.take(
      "algorithms",
      distinct(oneOf(ALGORITHMS), { min: 1, max: ALGORITHMS.length }),
    );
    const keys = from.need("keys", keysOf(source));
    const ageMaxMs = from.take("max-age", durationMs(LIFE_MIN_MS, AGE_MAX_MS)) ?? AGE_MS;
    const once = from.take("once", flag) ?? false;
    from.finish();
    if (issuer === undefined || !keys) return undefined;
    return { issuer, audience, algorithms: algorithms ?? ["RS256", "ES256"], keys, ageMaxMs, once };
  };
}

/** A path, or an https address. */
function keysOf(source: Source): Reading<TokenIssuer["keys"]> {
  return (value) => {
    const read = text(TEXT_MAX)(value);
    if (read === undefined) return undefined;
    if (/^https:\/\//.test(read) && URL.canParse(read)) {
      const { username, password } = new URL(read);
      if (username === "" && password === "") return { from: "url", url: read };
      return value.fail("an address does not carry a user or password");
    }
    if (/^[a-z]+:\/\//i.test(read)) return value.fail("keys come from a file or an https address");
    const found = content(source, parseKeySet, [])(value);
    return found && { from: "file", keys: found.read };
  };
}

interface Ground {
  readonly source: Source;
  readonly domains: readonly TrustDomain[];
  readonly issuers: readonly TokenIssuer[];
}

function workload(ground: Ground): Reading<Workload> {
  return (value) => {
    const from = Mapping.read(value, "a workload");
    if (!from) return undefined;
    const { source } = ground;
    const id = from.need("id", unique(source, identifier, "workload"));
    const name = from.take("name", nameReading);
    const owner = from.need("owner", mailAddress);
    const spiffeId = from.take("spiffe", unique(source, spiffeIdOf(ground), "SPIFFE ID"));
    const jwt = from.take("jwt", tokenMatch(ground));
    if (from.has("spiffe") === from.has("jwt")) {
      from.at.fail("a workload is proved by one of spiffe and jwt");
    }
    const lifeMs = from.take("life", durationMs(LIFE_MIN_MS, LIFE_MAX_MS)) ?? LIFE_MS;
    const untilMs = from.take("until", instantMs);
    from.finish();
    const proof = spiffeId === undefined ? jwt : ({ kind: "spiffe", spiffeId } as const);
    if (id === undefined || owner === undefined || !proof) return undefined;
    return { id, handle: `workload:${id}`, name: name ?? id, owner, proof, lifeMs, untilMs };
  };
}

const mailAddress: Reading<string> = (value) => {
  const read = text(TEXT_MAX)(value);
  if (read === undefined || /^[^\s@]+@[^\s@]+$/.test(read)) return read?.toLowerCase();
  return value.fail(`"${read}" is not an e-mail address; the owner is a person known here`);
};

function spiffeIdOf({ domains }: Ground): Reading<string> {
  return (value) => {
    const read = text(TEXT_MAX)(value);
    const id = read === undefined ? undefined : parseSpiffeId(read);
    if (!id || id.path === "") {
      return value.fail("this is not the SPIFFE ID of a workload; write spiffe://domain/path");
    }
    if (domains.some(({ domain }) => domain === id.domain)) return id.text;
    return value.fail(`the trust domain ${id.domain} stands nowhere under "trust"`);
  };
}

function tokenMatch(ground: Ground): Reading<Workload["proof"]> {
  return (value) => {
    const from = Mapping.read(value, "what its tokens say");
    if (!from) return undefined;
    const issuer = from.need("issuer", knownIssuer(ground));
    const subject = from.need("subject", text(TEXT_MAX));
    const claims = from.take("claims", claimsOf) ?? new Map<string, string>();
    from.finish();
    if (issuer === undefined || subject === undefined) return undefined;
    const all = JSON.stringify([issuer, subject, [...claims].sort()]);
    if (!isNew(ground.source, `token ${all}`, value)) return undefined;
    return { kind: "jwt", issuer, subject, claims };
  };
}

function knownIssuer({ issuers }: Ground): Reading<string> {
  return (value) => {
    const read = text(TEXT_MAX)(value);
    if (read === undefined || issuers.some(({ issuer }) => issuer === read)) return read;
    return value.fail(`"${read}" stands nowhere under "issuers"`);
  };
}

const claimsOf: Reading<ReadonlyMap<string, string>> = (value) => {
  const from = Mapping.read(value, "claims");
  if (!from) return undefined;
  const entries = from.entries();
  if (entries.length > CLAIMS_MAX) return value.fail(`at most ${CLAIMS_MAX} claims are taken`);
  const read = entries.map(([name, , at]) => [name, text(TEXT_MAX)(at) ?? ""] as const);
  return new Map(read);
};

/** What a file beside this one holds, and where it is. */
function content<T>(source: Source, parse: (text: string) => T, gone: T) {
  return (value: Value): { readonly read: T; readonly file: string } | undefined => {
    const path = text(TEXT_MAX)(value);
    if (path === undefined) return undefined;
    const file = resolve(source.folder, path);
    source.files.push(file);
    try {
      const stats = statSync(file, { throwIfNoEntry: false });
      if (!stats) return { read: gone, file };
      if (stats.size > BUNDLE_BYTES_MAX) throw new BundleInvalid("it is too large");
      return { read: parse(readFileSync(file, "utf8")), file };
    } catch (error) {
      const why = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
      return value.fail(`${file} cannot be used: ${why}`);
    }
  };
}

function unique(source: Source, reading: Reading<string>, what: string): Reading<string> {
  return (value) => {
    const read = reading(value);
    return read !== undefined && isNew(source, `${what} ${read}`, value) ? read : undefined;
  };
}

function isNew({ names }: Source, named: string, value: Value): boolean {
  const before = names.get(named);
  if (before === undefined) {
    names.set(named, value.place);
    return true;
  }
  value.fail(`this stands twice (first at ${before})`);
  return false;
}
