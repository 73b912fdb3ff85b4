/** The integrations file: YAML text in, checked integrations or all that is wrong out. */
import { describeProblem } from "../plant/plant-problem.ts";
import { readYaml } from "../plant/yaml-document.ts";
import { identifier, list, oneOf, text } from "../plant/yaml-readings.ts";
import { Mapping, type Reading, Value } from "../plant/yaml-value.ts";
import { transmitter } from "../signals/parse-transmitters.ts";
import type { Transmitter } from "../signals/transmitter.ts";
import {
  type Integration,
  type NoticeIntegration,
  SENT_SIGNALS,
  type SiemIntegration,
  type SignalIntegration,
  type TicketSystem,
  TOPICS,
} from "./model.ts";
import { ticketSystem } from "./parse-tickets.ts";
import { mailVia, type SecretSource, siemWebVia, syslogVia, webVia } from "./parse-via.ts";

export type ParsedIntegrations =
  | {
      readonly kind: "integrations";
      readonly integrations: readonly Integration[];
      /** Whose signals are taken. */
      readonly transmitters: readonly Transmitter[];
      readonly tickets?: TicketSystem | undefined;
    }
  /** One line each, `name:line:column what is wrong`. */
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

/** Each is a loop and a connection. */
const INTEGRATIONS_MAX = 32;
const BUFFER_DEFAULT = 100_000;
/** A row of the buffer takes some 300 bytes of the database. */
const BUFFER_MAX = 1_000_000;

/** Never throws. Secrets are looked up, so that one that is missing is known now. */
export function parseIntegrations(
  text: string,
  name: string,
  source: SecretSource,
): ParsedIntegrations {
  const { root, report } = readYaml(text);
  const read = report.failed ? NOTHING : readAll(new Value(root, "", report), source);
  if (!report.failed) return { kind: "integrations", ...read };
  return {
    kind: "invalid",
    problems: report.listErrors().map((problem) => describeProblem(name, problem)),
  };
}

const NOTHING: Named = { integrations: [], transmitters: [] };

interface Named {
  readonly integrations: readonly Integration[];
  readonly transmitters: readonly Transmitter[];
  readonly tickets?: TicketSystem | undefined;
}

function readAll(root: Value, source: SecretSource): Named {
  if (root.isEmpty) return NOTHING;
  const from = Mapping.read(root, "the integrations file");
  if (!from) return NOTHING;
  const names = new Set<string>();
  const size = { max: INTEGRATIONS_MAX };
  const notices = from.take("notices", list(notice(names, source), size)) ?? [];
  const siem = from.take("siem", list(siemIntegration(names, source), size)) ?? [];
  const to = from.take("signals-to", list(signalIntegration(names, source), size)) ?? [];
  const sent = transmitter(uniqueName(names), source);
  const transmitters = from.take("signals-from", list(sent, size)) ?? [];
  const tickets = from.take("tickets", ticketSystem(source));
  from.finish();
  return { integrations: [...notices, ...siem, ...to], transmitters, tickets };
}

const topic = oneOf(TOPICS);

function notice(names: Set<string>, source: SecretSource): Reading<NoticeIntegration> {
  return (value) => {
    const from = Mapping.read(value, "a receiver of notices");
    if (!from) return undefined;
    const name = from.need("name", uniqueName(names)) ?? "";
    const form = from.need("form", oneOf(["webhook", "slack", "teams", "mail"]));
    const about = from.take("about", list(topic, { min: 1, max: TOPICS.length }));
    if (form === undefined) return undefined;
    const via = form === "mail" ? mailVia(from, source) : webVia(from, form, source);
    from.finish();
    const told = about ?? TOPICS.filter((each) => each !== "alarm");
    return via && { purpose: "notices", name, about: told, via };
  };
}

function siemIntegration(names: Set<string>, source: SecretSource): Reading<SiemIntegration> {
  return (value) => {
    const from = Mapping.read(value, "a receiver of events");
    if (!from) return undefined;
    const name = from.need("name", uniqueName(names)) ?? "";
    const form = from.need("form", oneOf(["syslog", "webhook"]));
    const bufferMax = from.take("buffer", bufferSize) ?? BUFFER_DEFAULT;
    if (form === undefined) return undefined;
    const via = form === "syslog" ? syslogVia(from, source) : siemWebVia(from, source);
    from.finish();
    return via && { purpose: "siem", name, bufferMax, via };
  };
}

function signalIntegration(names: Set<string>, source: SecretSource): Reading<SignalIntegration> {
  return (value) => {
    const from = Mapping.read(value, "a receiver of signals");
    if (!from) return undefined;
    const name = from.need("name", uniqueName(names)) ?? "";
    const audience = from.need("audience", text(AUDIENCE_MAX));
    const about = from.take(
      "about",
      list(oneOf(SENT_SIGNALS), { min: 1, max: SENT_SIGNALS.length }),
    );
    const bufferMax = from.take("buffer", bufferSize) ?? BUFFER_DEFAULT;
    const via = siemWebVia(from, source);
    from.finish();
    if (!via || audience === undefined) return undefined;
    return { purpose: "signals", name, audience, about: about ?? SENT_SIGNALS, bufferMax, via };
  };
}

const AUDIENCE_MAX = 500;

const bufferSize: Reading<number> = (value) => {
  const { scalar } = value;
  const whole = typeof scalar === "number" && Number.isSafeInteger(scalar);
  if (whole && scalar >= 100 && scalar <= BUFFER_MAX) return scalar;
  return value.fail(`a buffer is a number of events from 100 to ${BUFFER_MAX}`);
};

/** It stands in the memory of how far it came: two of a name would share it. */
function uniqueName(names: Set<string>): Reading<string> {
  return (value) => {
    const read = identifier(value);
    if (read === undefined) return undefined;
    if (names.has(read)) return value.fail(`"${read}" is the name of another integration`);
    names.add(read);
    return read;
  };
}
