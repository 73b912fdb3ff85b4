/** Claims of a permit for tests: an engineer on a small PLC under a profile given by the test. */
import type { PermitClaims } from "../../broker/access/permit.ts";
import type { EndpointLimits, ModbusEndpoint, Profile, Rule } from "../../broker/plant/model.ts";

export const TEST_LIMITS: EndpointLimits = {
  connectionsMax: 100,
  requestsPerSecond: 10_000,
  inFlightMax: 8,
  queueMax: 256,
  connectTimeoutMs: 2_000,
  responseTimeoutMs: 1_000,
};

export function testEndpoint(changes: Partial<ModbusEndpoint> = {}): ModbusEndpoint {
  return {
    id: "modbus",
    protocol: "modbus",
    host: "127.0.0.1",
    port: 15_020,
    allowLocal: true,
    units: [1],
    connection: "shared",
    limits: TEST_LIMITS,
    tags: [
      {
        name: "P101.SpeedSetpoint",
        description: "Speed of the raw water pump",
        unitId: 1,
        table: "holding-registers",
        address: 11,
        type: "uint16",
        wordOrder: "big",
        scale: 1,
        offset: 0,
        unit: "Hz",
        states: [],
      },
      {
        name: "P101.Remote",
        description: "Key switch",
        unitId: 1,
        table: "coils",
        address: 5,
        type: "bool",
        wordOrder: "big",
        scale: 1,
        offset: 0,
        unit: "",
        states: [
          { value: 0, word: "local" },
          { value: 1, word: "remote" },
        ],
      },
    ],
    ...changes,
  };
}

/** Reads everything; writes what `rules` say, by default any holding register. */
export function testProfile(
  rules: readonly Rule[] = [WRITE_ALL],
  onRecorderFailure: Profile["onRecorderFailure"] = "freeze",
): Profile {
  return {
    id: "test",
    description: "Test profile",
    onRecorderFailure,
    rules: [READ_ALL, ...rules],
  };
}

export const READ_ALL: Rule = {
  name: "test#1",
  verdict: "permit",
  match: { classes: ["observe"] },
  limits: {},
};

export const WRITE_ALL: Rule = {
  name: "test#2",
  verdict: "permit",
  match: { classes: ["operate"] },
  limits: {},
};

export interface TestClaimsOptions {
  readonly nowMs: number;
  readonly session?: string;
  readonly endpoint?: ModbusEndpoint;
  readonly profile?: Profile;
  readonly idleMs?: number;
  readonly leaseMs?: number;
  readonly untilMs?: number;
  readonly renewMs?: number;
}

export function testClaims(options: TestClaimsOptions): PermitClaims {
  const untilMs = options.untilMs ?? options.nowMs + 3_600_000;
  return {
    session: options.session ?? "session-1",
    site: { id: "test", name: "Test site" },
    subject: { id: "person-1", name: "Eva Engineer", roles: ["engineer"] },
    grant: { id: "grant-1", untilMs },
    asset: { id: "plc", name: "PLC", zone: "cell" },
    endpoint: options.endpoint ?? testEndpoint(),
    profile: options.profile ?? testProfile(),
    plantDigest: "0".repeat(64),
    capabilities: ["observe", "operate"],
    limits: {
      idleMs: options.idleMs ?? 600_000,
      leaseMs: options.leaseMs ?? 30_000,
      // Nobody renews here: what a test does not speak of must not lapse.
      renewMs: options.renewMs ?? Number.MAX_SAFE_INTEGER,
      untilMs,
    },
    expiresMs: options.nowMs + 30_000,
  };
}
