/** Words of the integrations page. */
import type { IntegrationView } from "../../broker/api/shapes/integrations.ts";

export const integrationsText = {
  title: "Integrations",
  failed: "The integrations could not be loaded",
  summary: (all: number, failing: number) => {
    const count = all === 1 ? "1 integration" : `${all} integrations`;
    return failing === 0 ? `${count}, all of them reached` : `${count}, ${failing} not reached`;
  },
  filter: "Filter integrations",
  emptyTitle: "Nothing goes out yet",
  noFile:
    "Name a file in SALLYPORT_INTEGRATIONS and describe in it who receives notices (a signed webhook, Slack, Teams, mail) and which SIEM receives the events. It counts without a restart from then on. deploy/siem/README.md shows each form.",
  noneIn:
    "The integrations file is in force and names no receiver. Add one; it counts within seconds.",
  problem: {
    title: "The file on disk is not in force",
    advice:
      "What was in force before goes on. Mend the file, or look at all that is wrong with: sallyport integrations check",
  },
  table: {
    label: "Integrations",
    name: "Name",
    state: "State",
    place: "Where",
    purpose: "What",
    succeeded: "Last taken",
    waiting: "Waiting",
    error: "What it says",
  },
  never: "never",
  states: {
    idle: "Reached",
    sending: "Sending",
    failing: "Not reached",
    untried: "Not tried yet",
  } satisfies Record<IntegrationView["state"], string> & { untried: string },
  forms: {
    webhook: "signed webhook",
    slack: "Slack",
    teams: "Teams",
    mail: "mail",
    syslog: "syslog",
  } satisfies Record<IntegrationView["form"], string>,
  purposes: {
    notices: (form: string) => `Notices by ${form}`,
    siem: (form: string) => `All events by ${form}`,
    signals: () => "Signals, signed by this site",
  },
  about: (topics: readonly string[]) => `About ${topics.join(", ")}`,
  nextTry: "Next try",
  test: "Send a test",
  testOf: (name: string) => `Send a test to ${name}`,
  testTaken: (name: string, ms: number) => `${name} took the test in ${ms} ms`,
  testFailed: (name: string) => `${name} did not take the test`,
  letters: {
    title: "Given up",
    summary: "What no receiver will take, newest first; the rest went on.",
    label: "Given up",
    integration: "Integration",
    kind: "Event",
    receiver: "For",
    reason: "Why",
    at: "When",
  },
} as const;
