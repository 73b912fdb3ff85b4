/** The integrations file: YAML text in, checked integrations or all that is wrong out. */
import { describeProblem } from "../plant/plant-problem.ts";
import { readYaml } from "../plant/yaml-document.ts";
import { identifier, list, oneOf } from "../plant/yaml-readings.ts";
import { Mapping, type Reading, Value } from "../plant/yaml-value.ts";
import { type Integration, type NoticeIntegration, type SiemIntegration, TOPICS } from "./model.ts";
import { mailVia, type SecretSource, siemWebVia, syslogVia, webVia } from "./parse-via.ts";

export type ParsedIntegrations =
  | { readonly kind: "integrations"; readonly integrations: readonly Integration[] }
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
  const integrations = report.failed ? [] : readAll(new Value(root, "", report), source);
  if (!report.failed) return { kind: "integrations", integrations };
  return {
    kind: "invalid",
    problems: report.listErrors().map((problem) => describeProblem(name, problem)),
  };
}

function readAll(root: Value, source: SecretSource): readonly Integration[] {
  if (root.isEmpty) return [];
  const from = Mapping.read(root, "the integrations file");
  if (!from) return [];
  const names = new Set<string>();
  const size = { max: INTEGRATIONS_MAX };
  const notices = from.take("notices", list(notice(names, source), size)) ?? [];
  const siem = from.take("siem", list(siemIntegration(names, source), size)) ?? [];
  from.finish();
  return [...notices, ...siem];
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
