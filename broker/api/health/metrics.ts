/** What the broker counts and times, in Prometheus' terms. Labels are fixed sets, never ids. */
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { OperationClass } from "../../../protocols/guard.ts";
import type { SiteEvent } from "../../store/model.ts";
import type { RequestObserver } from "../request-log.ts";
import { RecentValues } from "./recent-values.ts";

export interface IntegrationGauge {
  /** As it is configured: a handful. */
  readonly name: string;
  readonly waiting: number;
  readonly isFailing: boolean;
  readonly deadLetters: number;
}

export interface GatewayGauge {
  /** As people named it: a handful. */
  readonly name: string;
  readonly isConnected: boolean;
  readonly sessions: number;
  /** Undefined while it is away. */
  readonly certificateUntilMs: number | undefined;
}

/** Of recordings and their copies in the object store. */
export interface CopiesGauge {
  readonly waiting: number;
  readonly parked: number;
  readonly stored: number;
  readonly onlyThere: number;
  /** How long the oldest one waits; 0 where none does. */
  readonly oldestSeconds: number;
}

/** Of brokers that wait to take over. */
export interface StandbyGauge {
  readonly waiting: number;
  /** Since one was seen, or since this broker began to look. */
  readonly unseenSeconds: number;
}

/** Read when somebody asks. */
export interface Gauges {
  liveSessions(): number;
  sockets(): number;
  recorderReady(): boolean;
  integrations(): Promise<readonly IntegrationGauge[]>;
  /** Those that have joined. */
  gateways(): Promise<readonly GatewayGauge[]>;
  /** Undefined where no store is configured. */
  copies(): CopiesGauge | undefined;
  /** Undefined where none is configured. */
  standby(): StandbyGauge | undefined;
  /** Every priority and state, also those of which there is none. */
  alarms(): readonly { priority: string; state: string; count: number }[];
  /** Alarms that are not over, by kind: a table of the release. */
  alarmKinds(): readonly { kind: string; priority: string; count: number }[];
  /** What each part says of itself. */
  parts(): readonly { name: string; state: "ok" | "attention" | "failed" }[];
  /** Null where the volume of the recordings cannot be read. */
  evidenceFreeBytes(): Promise<number | null>;
  readonly version: string;
}

export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  readonly request: RequestObserver;
  operation(operationClass: OperationClass, verdict: string, times?: number): void;
  cut(microseconds: number): void;
  commit(milliseconds: number): void;
  event(event: SiteEvent): void;
  readonly cutMs: RecentValues;
  readonly commitMs: RecentValues;
  /** What is read when somebody asks; known once all parts are there. */
  read(gauges: Gauges): void;
  close(): void;
}

const REQUEST_SECONDS = [0.001, 0.005, 0.02, 0.1, 0.5, 2];
/** A cut is a flag and closing sockets: tens of microseconds; 100 ms is the goal for 1,000. */
const CUT_SECONDS = [0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.02, 0.1];
/** From a fast disk's fdatasync to a disk that is failing. */
const COMMIT_SECONDS = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 1];
const LOOP_RESOLUTION_MS = 10;

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  loop.enable();
  addLoopDelay(registry, loop);
  const counters = countersOf(registry);
  const requestSeconds = new Histogram({
    name: "sallyport_http_request_seconds",
    help: "Time until an HTTP answer",
    buckets: REQUEST_SECONDS,
    registers,
  });
  const cutSeconds = new Histogram({
    name: "sallyport_cut_seconds",
    help: "Time from the cause that ends a session to its last byte",
    buckets: CUT_SECONDS,
    registers,
  });
  const commitSeconds = new Histogram({
    name: "sallyport_commit_seconds",
    help: "Time of one group commit of the recorder",
    buckets: COMMIT_SECONDS,
    registers,
  });
  const [cutMs, commitMs] = [new RecentValues(), new RecentValues()];
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    request: ({ route, method, status, ms }) => {
      counters.requests.inc({ route, method, status: String(status) });
      requestSeconds.observe(ms / 1_000);
    },
    operation: (operationClass, verdict, times = 1) =>
      counters.operations.inc({ class: operationClass, verdict }, times),
    cut: (microseconds) => {
      cutSeconds.observe(microseconds / 1e6);
      cutMs.add(microseconds / 1e3);
    },
    commit: (milliseconds) => {
      commitSeconds.observe(milliseconds / 1e3);
      commitMs.add(milliseconds);
    },
    event: ({ kind, priority }) => {
      counters.events.inc({ kind, priority });
      const result = SIGN_IN_RESULTS.get(kind);
      if (result) counters.signIns.inc({ result });
    },
    cutMs,
    commitMs,
    read: (gauges) => addGauges(registry, gauges),
    close: () => void loop.disable(),
  };
}

const SIGN_IN_RESULTS: ReadonlyMap<string, string> = new Map([
  ["sign-in:begun", "signed-in"],
  ["sign-in:refused", "refused"],
  ["sign-in:limited", "limited"],
  ["sign-in:stepped-up", "stepped-up"],
  ["passkey:counter", "refused"],
]);

function countersOf(registry: Registry) {
  const registers = [registry];
  return {
    requests: new Counter({
      name: "sallyport_http_requests_total",
      help: "HTTP answers by route of the table, method and status",
      labelNames: ["route", "method", "status"] as const,
      registers,
    }),
    operations: new Counter({
      name: "sallyport_operations_total",
      help: "Operations decided, by class and verdict",
      labelNames: ["class", "verdict"] as const,
      registers,
    }),
    events: new Counter({
      name: "sallyport_site_events_total",
      help: "What the broker noticed, by kind and priority",
      labelNames: ["kind", "priority"] as const,
      registers,
    }),
    signIns: new Counter({
      name: "sallyport_sign_ins_total",
      help: "Sign-ins and confirmations with a passkey, by result",
      labelNames: ["result"] as const,
      registers,
    }),
  };
}

function addGauges(registry: Registry, gauges: Gauges): void {
  addIntegrations(registry, gauges.integrations);
  addGateways(registry, gauges.gateways);
  addCopies(registry, gauges.copies);
  addStandby(registry, gauges.standby);
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge("sallyport_sessions_live", "Live sessions", gauges.liveSessions);
  gauge("sallyport_live_sockets", "Pages on the live channel", gauges.sockets);
  gauge("sallyport_recorder_ready", "1 while everything can be recorded", () =>
    gauges.recorderReady() ? 1 : 0,
  );
  new Gauge({
    name: "sallyport_alarms",
    help: "Alarms that are not over, by priority and state",
    labelNames: ["priority", "state"],
    registers: [registry],
    collect() {
      for (const { count, ...labels } of gauges.alarms()) this.set(labels, count);
    },
  });
  addParts(registry, gauges);
  gauge("sallyport_memory_bytes", "Resident memory of the broker", () => process.memoryUsage.rss());
}

const PART_VALUES = { ok: 0, attention: 1, failed: 2 } as const;

/** For alert rules: parts and alarms by name, how long the volume lasts, which release runs. */
function addParts(registry: Registry, gauges: Gauges): void {
  const registers = [registry];
  new Gauge({
    name: "sallyport_part_state",
    help: "What a part says of itself: 0 well, 1 wants attention, 2 failed",
    ...{ labelNames: ["part"], registers },
    collect() {
      for (const { name, state } of gauges.parts()) this.set({ part: name }, PART_VALUES[state]);
    },
  });
  new Gauge({
    name: "sallyport_alarms_open",
    help: "Alarms that are not over, by kind; those of which there is none are left out",
    ...{ labelNames: ["kind", "priority"], registers },
    collect() {
      this.reset();
      for (const { count, ...labels } of gauges.alarmKinds()) this.set(labels, count);
    },
  });
  new Gauge({
    name: "sallyport_evidence_free_bytes",
    help: "Free on the volume of the recordings, for who runs as the broker's user",
    registers,
    async collect() {
      const freeBytes = await gauges.evidenceFreeBytes();
      if (freeBytes !== null) this.set(freeBytes);
    },
  });
  const { version } = gauges;
  new Gauge({ name: "sallyport_build_info", help: "1", labelNames: ["version", "node"], registers })
    .labels({ version, node: process.version })
    .set(1);
}

function addIntegrations(registry: Registry, read: Gauges["integrations"]): void {
  const gauge = (name: string, help: string, numberOf: (each: IntegrationGauge) => number) =>
    new Gauge({
      ...{ name, help, labelNames: ["integration"], registers: [registry] },
      async collect() {
        this.reset();
        for (const each of await read()) this.set({ integration: each.name }, numberOf(each));
      },
    });
  gauge("sallyport_integration_waiting", "Events an integration has to look at", (i) => i.waiting);
  gauge("sallyport_integration_up", "1 while it takes what it is sent", ({ isFailing }) =>
    isFailing ? 0 : 1,
  );
  gauge("sallyport_integration_dead_letters", "Kept of what was given up", (i) => i.deadLetters);
}

function addGateways(registry: Registry, read: Gauges["gateways"]): void {
  const gauge = (
    name: string,
    help: string,
    numberOf: (gateway: GatewayGauge) => number | undefined,
  ) =>
    new Gauge({
      ...{ name, help, labelNames: ["gateway"], registers: [registry] },
      async collect() {
        this.reset();
        for (const each of await read()) {
          const value = numberOf(each);
          if (value !== undefined) this.set({ gateway: each.name }, value);
        }
      },
    });
  gauge("sallyport_gateway_connected", "1 while it has its lease", ({ isConnected }) =>
    isConnected ? 1 : 0,
  );
  gauge("sallyport_gateway_sessions", "Live sessions that go through it", (g) => g.sessions);
  gauge(
    "sallyport_gateway_certificate_end_seconds",
    "When the certificate of a connected gateway ends, in seconds of Unix time",
    ({ certificateUntilMs }) => certificateUntilMs && certificateUntilMs / 1_000,
  );
}

function addCopies(registry: Registry, read: Gauges["copies"]): void {
  const gauge = (name: string, help: string, of: keyof CopiesGauge) =>
    new Gauge({
      ...{ name, help, registers: [registry] },
      collect() {
        const copies = read();
        if (copies) this.set(copies[of]);
      },
    });
  if (read() === undefined) return;
  gauge("sallyport_copies_waiting", "Recordings with no proven copy yet", "waiting");
  gauge("sallyport_copies_parked", "Recordings that do not come through", "parked");
  gauge("sallyport_copies_stored", "Recordings with a proven copy", "stored");
  gauge("sallyport_copies_only_there", "Of them, not on this machine any more", "onlyThere");
  gauge("sallyport_copies_oldest_seconds", "How long the oldest one waits", "oldestSeconds");
}

function addStandby(registry: Registry, read: Gauges["standby"]): void {
  const gauge = (name: string, help: string, of: keyof StandbyGauge) =>
    new Gauge({
      ...{ name, help, registers: [registry] },
      collect() {
        const standby = read();
        if (standby) this.set(standby[of]);
      },
    });
  if (read() === undefined) return;
  gauge("sallyport_standbys_waiting", "Other brokers that wait to take over", "waiting");
  gauge("sallyport_standby_unseen_seconds", "Since one of them was seen", "unseenSeconds");
}

function addLoopDelay(registry: Registry, loop: IntervalHistogram): void {
  new Gauge({
    name: "sallyport_event_loop_delay_seconds",
    help: "How late the event loop was since the last reading",
    labelNames: ["quantile"],
    registers: [registry],
    collect() {
      for (const quantile of [50, 99]) {
        // The histogram measures its own interval too; what is beyond it is delay.
        const lateMs = loop.percentile(quantile) / 1e6 - LOOP_RESOLUTION_MS;
        this.set({ quantile: String(quantile / 100) }, Math.max(0, lateMs) / 1e3);
      }
      loop.reset();
    },
  });
}
