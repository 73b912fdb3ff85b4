/** The slim bar of a session: what it reaches, how long, what is allowed, who sees it, and its end. */
import { Button } from "@mantine/core";
import { IconClock, IconClockExclamation, IconEye, IconPlugConnectedX } from "@tabler/icons-react";
import type { LiveSessionView } from "../../broker/api/shapes/sessions.ts";
import { ConditionBadge } from "../components/conditions.tsx";
import { useNow } from "../components/now.ts";
import { StateBadge } from "../components/state-badge.tsx";
import { TimeLeft } from "../components/time.tsx";
import { sessionText as words } from "../text/session.ts";
import { visitText } from "../text/visit.ts";
import { MoreTime } from "./more-time.tsx";
import { type SessionState, warningOf } from "./session-state.ts";
import { useOthersOfVisit } from "./visit.tsx";

interface SessionBarProps {
  readonly view: LiveSessionView;
  readonly state: SessionState;
  readonly onEnd: () => void;
}

export function SessionBar({ view, state, onEnd }: SessionBarProps) {
  const others = useOthersOfVisit();
  return (
    <header className="wb-bar">
      <div className="wb-bar-name">
        <h1 id="page-title" tabIndex={-1}>
          {view.asset.name}
        </h1>
        <span className="wb-dim">
          {view.endpoint} · {view.profile}
        </span>
      </div>
      <div className="wb-bar-facts">
        <TimeItem state={state} />
        <span className="wb-bar-item">{words.may(state.classes)}</span>
        <RecorderItem recorder={state.recorder} />
        <span className="wb-bar-item wb-bar-watchers" title={words.watched(state.watchers)}>
          <IconEye size={15} aria-hidden />
          <span>{words.watched(state.watchers)}</span>
        </span>
        <ConditionBadge conditions={state.conditions} />
      </div>
      <div className="wb-bar-end">
        <MoreTime view={view} />
        <Button
          variant="default"
          size="xs"
          leftSection={<IconPlugConnectedX size={15} />}
          onClick={onEnd}
        >
          {others > 0 ? visitText.end : words.end}
        </Button>
      </div>
    </header>
  );
}

/** The grant's end is what a person plans with; idling is named only once it is near. */
function TimeItem({ state }: { readonly state: SessionState }) {
  const nowMs = useNow();
  const warning = warningOf(state, nowMs);
  const deadline = warning ?? { rule: "until" as const, atMs: state.untilMs };
  const Clock = warning === undefined ? IconClock : IconClockExclamation;
  return (
    <span
      className="wb-bar-item wb-bar-left"
      data-tone={warning && "attention"}
      title={words.endsBecause[deadline.rule]}
    >
      <Clock size={15} aria-hidden />
      <span>{words.left}</span>
      <TimeLeft atMs={deadline.atMs} />
    </span>
  );
}

/** Recording is the normal state and quiet; only its loss has a colour. */
function RecorderItem({ recorder }: Pick<SessionState, "recorder">) {
  return recorder.state === "ready" ? (
    <StateBadge tone="active" word={words.recording} />
  ) : (
    <StateBadge tone="alarm" word={words.frozen} title={recorder.cause} />
  );
}
