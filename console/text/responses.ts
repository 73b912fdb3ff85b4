/** Words about rules that answer findings, and about what they stopped. */
import type { ResponseRuleView, ResponseView } from "../../broker/api/shapes/responses.ts";

type Unanswered = ResponseRuleView["unanswered"];

export const responseText = {
  waiting: {
    title: "Stopped by a finding",
    label: (who: string, asset: string) => `What ${who} does on ${asset} was stopped by a finding`,
    where: "on",
    stopped: "can only look since",
    rule: "Rule",
    moment: "Look at the moment",
    watch: "Watch",
    more: (count: number) => (count === 1 ? "and 1 finding since" : `and ${count} findings since`),
    sessions: (count: number) =>
      count === 0
        ? "No session is open now. One that they open meanwhile is stopped too."
        : count === 1
          ? "1 session stands still."
          : `${count} sessions stand still.`,
    left: (time: string) => `${time} left`,
    overdue: "nobody answered in time",
    without: {
      stay: "Without an answer it stays stopped until it ends.",
      release: "Without an answer it goes on by itself.",
      end: "Without an answer it ends by itself.",
    } satisfies Record<ResponseView["unanswered"], string>,
    resume: "Let it go on",
    end: "End it",
    reason: "Why? The person reads it.",
    sign: (answer: "resume" | "end") => (answer === "end" ? "End it now" : "Let it go on now"),
    back: "Back",
    own: "It is about your own session. Somebody else has to answer.",
    failed: "That answer did not count",
    altered: "The broker showed one thing and asked you to sign another. Nothing was signed.",
    done: { resume: "It goes on.", end: "It ended." },
    notice: (count: number) =>
      count === 1
        ? "A finding stopped somebody's work and waits for your answer."
        : `${count} findings stopped somebody's work and wait for your answer.`,
    answer: "Answer",
  },
  rules: {
    title: "Rules that answer findings",
    summary:
      "Written in the plant file (responses). A finding that fits stops the person's sessions on that asset, and somebody who supervises is asked.",
    label: "Rules that answer findings",
    none: "No rule answers findings",
    noneAdvice:
      "They are told, and what SALLYPORT_RISK enforces is asked. Rules are written in the plant file.",
    edit: "Open the plant file",
    off: "Sessions are not compared with what was usual (SALLYPORT_RISK is off): these rules do nothing.",
    rule: "Rule",
    findings: "Findings",
    where: "Where",
    everywhere: "everywhere",
    within: "Asked for",
    unanswered: "Unanswered",
    without: { stay: "stays stopped", release: "goes on", end: "ends" } satisfies Record<
      Unanswered,
      string
    >,
    people: "People an hour",
    trial: "trial",
    trialMeaning: "It only says what it would have done.",
  },
} as const;
