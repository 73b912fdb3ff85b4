/** The file of identity providers: YAML text in, checked providers or all that is wrong out. */
import type { ProviderRules } from "../identity/through-provider.ts";
import { addressFault, pem, type SecretSource, secret } from "../integrations/parse-via.ts";
import { describeProblem } from "../plant/plant-problem.ts";
import { readYaml } from "../plant/yaml-document.ts";
import {
  distinct,
  durationMs,
  flag,
  identifier,
  list,
  oneOf,
  text,
} from "../plant/yaml-readings.ts";
import { Mapping, type Reading, Value } from "../plant/yaml-value.ts";
import { ALGORITHMS } from "../workloads/model.ts";
import type { Provider, Providers } from "./provider.ts";

export type ParsedProviders =
  | { readonly kind: "providers"; readonly providers: Providers }
  /** One line each, `name:line:column what is wrong`. */
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

/** Each is a button on the sign-in page. */
const PROVIDERS_MAX = 5;
const HOSTS_MAX = 8;
const EMERGENCY_MAX = 10;
const TEXT_MAX = 500;
/** On a button. */
const NAME_MAX = 40;
const MINUTE_MS = 60_000;
const AGE_MAX_MS = 24 * 60 * MINUTE_MS;

/** Never throws. Secrets are looked up, so that one that is missing is known now. */
export function parseProviders(yaml: string, name: string, source: SecretSource): ParsedProviders {
  const { root, report } = readYaml(yaml);
  const providers = report.failed ? NOTHING : readAll(new Value(root, "", report), source);
  if (!report.failed) return { kind: "providers", providers };
  return {
    kind: "invalid",
    problems: report.listErrors().map((problem) => describeProblem(name, problem)),
  };
}

export const NOTHING: Providers = {
  list: [],
  rules: { issuers: new Map(), required: false, except: new Set() },
};

function readAll(root: Value, source: SecretSource): Providers {
  const from = Mapping.read(root, "the file of identity providers");
  if (!from) return NOTHING;
  const seen = { ids: new Set<string>(), issuers: new Set<string>() };
  const sizes = { min: 1, max: PROVIDERS_MAX };
  const providers = from.need("providers", list(provider(seen, source), sizes)) ?? [];
  const requiredFor = from.take("required-for", oneOf(["nobody", "employees"])) ?? "nobody";
  const except = from.take("except", distinct(email, { min: 1, max: EMERGENCY_MAX })) ?? [];
  const required = requiredFor === "employees";
  if (required && except.length === 0) {
    from.at.fail(
      "required-for: employees needs `except`: who gets in, with an alarm, while the provider is away",
    );
  }
  if (providers.filter(({ scim }) => scim).length > 1) {
    from.place("providers").fail("only one of them is the provider that SCIM tells of");
  }
  from.finish();
  return { list: providers, rules: rulesOf(providers, required, except) };
}

function rulesOf(
  providers: readonly Provider[],
  required: boolean,
  except: readonly string[],
): ProviderRules {
  const issuers = providers.map(({ issuer, name, scim }) => [issuer, { name, scim }] as const);
  return { issuers: new Map(issuers), required, except: new Set(except) };
}

function provider(
  seen: { readonly ids: Set<string>; readonly issuers: Set<string> },
  source: SecretSource,
): Reading<Provider> {
  return (value) => {
    const from = Mapping.read(value, "an identity provider");
    if (!from) return undefined;
    const id = from.need("id", once(identifier, seen.ids));
    const name = from.need("name", text(NAME_MAX));
    const issuer = from.need("issuer", once(issuerAddress, seen.issuers));
    const clientId = from.need("client-id", text(TEXT_MAX));
    const key = from.take("client-secret", secret(source));
    const hosts = from.take("hosts", distinct(origin, { min: 1, max: HOSTS_MAX })) ?? [];
    const ca = from.take("ca", pem(source, "CERTIFICATE"));
    const sizes = { min: 1, max: ALGORITHMS.length };
    const algorithms = from.take("algorithms", distinct(oneOf(ALGORITHMS), sizes));
    const ageMaxMs = from.take("max-age", durationMs(MINUTE_MS, AGE_MAX_MS));
    const scim = from.take("scim", flag) ?? false;
    from.finish();
    if (!id || !name || !issuer || !clientId) return undefined;
    return {
      ...{ id, name, issuer, hosts, clientId, scim },
      algorithms: algorithms ?? ["RS256", "PS256", "ES256"],
      ...(key && { secret: key }),
      ...(ca && { ca }),
      ...(ageMaxMs !== undefined && { ageMaxMs }),
    };
  };
}

function once(of: Reading<string>, seen: Set<string>): Reading<string> {
  return (value) => {
    const read = of(value);
    if (read === undefined) return undefined;
    if (seen.has(read)) return value.fail(`${read} is given twice`);
    seen.add(read);
    return read;
  };
}

/** OpenID Connect Core 1.0, section 1.2: no query and no fragment. */
const issuerAddress: Reading<string> = (value) => {
  const read = text(TEXT_MAX)(value);
  if (read === undefined) return undefined;
  const wrong = addressFault(read);
  if (wrong !== undefined) return value.fail(wrong);
  if (/[?#]/.test(read)) return value.fail("an issuer has no query and no fragment");
  return read;
};

const origin: Reading<string> = (value) => {
  const read = text(TEXT_MAX)(value);
  if (read === undefined) return undefined;
  const wrong = addressFault(read);
  if (wrong !== undefined) return value.fail(wrong);
  if (new URL(read).origin === read) return read;
  return value.fail(`write it without a path: ${new URL(read).origin}`);
};

const email: Reading<string> = (value) => {
  const read = text(TEXT_MAX)(value)?.toLowerCase();
  if (read === undefined || /^[^\s@]+@[^\s@]+$/.test(read)) return read;
  return value.fail("write the e-mail address of a person here");
};
