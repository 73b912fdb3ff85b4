/** A live session of someone, watched: the player at the tail of the tape, and the means to end it. */
import { Button } from "@mantine/core";
import { IconInfoCircle, IconPlugConnectedX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link, useParams } from "react-router";
import type { LiveSessionView } from "../../broker/api/shapes/sessions.ts";
import { api } from "../components/api.ts";
import { ConditionBadge, needsSupervisor } from "../components/conditions.tsx";
import { ConfirmDialog } from "../components/confirm-dialog.tsx";
import { FreezeButton } from "../components/freeze-button.tsx";
import { useRight } from "../components/me.ts";
import { Page } from "../components/page.tsx";
import { isProblem } from "../components/problem.ts";
import { sessionQuery, sessionsQuery } from "../components/queries.ts";
import { QueryView } from "../components/query-view.tsx";
import { StateBadge } from "../components/state-badge.tsx";
import { Empty } from "../components/states.tsx";
import { withFreshAssertion } from "../components/step-up.ts";
import { TimeSince } from "../components/time.tsx";
import { VisitNote } from "../components/visit-note.tsx";
import { conditionText } from "../text/conditions.ts";
import { replayText } from "../text/replay.ts";
import { sentence, sessionText } from "../text/session.ts";
import { supervisionText } from "../text/supervision.ts";
import { Notice } from "../workbench/session-notices.tsx";
import { InfoPanel } from "./info-panel.tsx";
import { idleSpans } from "./playback.ts";
import { PlayerView } from "./player-view.tsx";
import { type LiveReel, useLiveReel, type WatchState } from "./use-live-reel.ts";
import { usePlayback } from "./use-playback.ts";
import { usePresence } from "./use-presence.ts";

const words = replayText.watch;

export function WatchPage() {
  const { id = "" } = useParams();
  // What was true when the page opened stays: a session that ends is still shown to its last record.
  const session = useQuery({ ...sessionQuery(id), staleTime: Number.POSITIVE_INFINITY });
  if (session.data === undefined && isProblem(session.error, "not-found")) {
    return <NotLive id={id} />;
  }
  if (session.data !== undefined) return <LivePlayer key={id} view={session.data} />;
  return (
    <Page title={words.live}>
      <QueryView query={session} failed={words.failed}>
        {() => null}
      </QueryView>
    </Page>
  );
}

function LivePlayer({ view }: { readonly view: LiveSessionView }) {
  const live = useLiveReel(view);
  const { reel, state } = live;
  const idle = useMemo(
    () =>
      idleSpans(
        reel.content.moments.map((moment) => moment.wallMs),
        reel.span,
      ),
    [reel],
  );
  const head = usePlayback({ atMs: view.startedMs, following: true }, reel.span, idle);
  const [about, setAbout] = useState(false);
  const over = state.kind === "over";
  const now = useStandingNow(view);
  const shown = usePresence(view.id, state.kind === "watching");
  return (
    <Page
      fill
      title={replayText.title(view.subject.name, view.asset.name)}
      summary={<Summary view={now} state={state} />}
      actions={
        <>
          <Button
            variant="default"
            leftSection={<IconInfoCircle size={15} />}
            disabled={reel.header === undefined}
            onClick={() => setAbout(true)}
          >
            {replayText.info.show}
          </Button>
          {!over && <FreezeButton session={now} />}
          {!over && <EndButton view={view} />}
        </>
      }
    >
      <WatchNotices live={live} id={view.id} />
      {state.kind === "watching" && <SupervisorNotice view={now} shown={shown} />}
      <PlayerView
        reel={reel}
        head={head}
        live={!over}
        linkAt={(sequence) => `/recordings/${view.id}?at=${sequence}`}
      />
      {reel.header && (
        <InfoPanel
          header={reel.header}
          opened={about}
          onClose={() => setAbout(false)}
          extent={{
            endedMs: reel.span.untilMs,
            records: (reel.stories[0]?.lastSequence ?? -1) + 1,
            bytes: undefined,
            counts: undefined,
            state: over ? words.ended : words.live,
          }}
        />
      )}
    </Page>
  );
}

/** Whoever watches a session that needs it should know what leaving does. */
function SupervisorNotice(props: { readonly view: LiveSessionView; readonly shown: boolean }) {
  const maySupervise = useRight("session:watch");
  if (!needsSupervisor(props.view.conditions) || !maySupervise || props.view.mine) return null;
  const { here, alone } = conditionText.supervisor;
  return <p className="wb-quiet">{props.shown ? here : alone}</p>;
}

/** The view stays as it was when the page opened, but for what keeps changes back. */
function useStandingNow(view: LiveSessionView): LiveSessionView {
  const { data } = useQuery(sessionsQuery);
  const now = data?.find(({ id }) => id === view.id);
  return now ? { ...view, frozen: now.frozen, conditions: now.conditions } : view;
}

function EndButton({ view }: { readonly view: LiveSessionView }) {
  const [ending, setEnding] = useState(false);
  const mayEnd = useRight("session:end") || view.mine;
  if (!mayEnd) return null;
  return (
    <>
      <Button
        className="sp-harmful"
        leftSection={<IconPlugConnectedX size={15} />}
        onClick={() => setEnding(true)}
      >
        {words.end}
      </Button>
      <ConfirmDialog
        opened={ending}
        onClose={() => setEnding(false)}
        title={words.endTitle(view.subject.name)}
        action={words.end}
        harmful
        reasonLabel={words.endReason}
        onConfirm={(reason) => withFreshAssertion(() => api.endSession(view.id, reason))}
      >
        {words.endBody}
        <VisitNote session={view} />
      </ConfirmDialog>
    </>
  );
}

function Summary({ view, state }: { readonly view: LiveSessionView; readonly state: WatchState }) {
  return (
    <span className="rp-summary">
      <StateBadge
        tone={state.kind === "watching" ? "active" : "normal"}
        word={state.kind === "over" ? words.ended : words.live}
      />
      <span className="sp-mono">{view.endpoint}</span>
      <span>{view.profile}</span>
      {state.kind !== "over" && view.frozen && (
        <StateBadge
          tone="attention"
          word={supervisionText.freeze.frozen}
          title={view.frozen.reason}
        />
      )}
      {state.kind !== "over" && <ConditionBadge conditions={view.conditions} />}
      {state.kind !== "over" && <TimeSince atMs={view.startedMs} />}
      {state.kind === "watching" && <span className="wb-dim">{words.seen}</span>}
    </span>
  );
}

function WatchNotices({ live, id }: { readonly live: LiveReel; readonly id: string }) {
  const { state, dropped, joined } = live;
  const again = { label: words.againNow, act: live.again };
  return (
    <div className="wb-notices" aria-live="polite">
      {state.kind === "connecting" && <p className="wb-quiet">{words.connecting}</p>}
      {state.kind === "away" && <Notice tone="attention" title={words.away} />}
      {state.kind === "refused" && (
        <Notice tone="alarm" title={words.refused} action={again}>
          {sentence(state.message)}
        </Notice>
      )}
      {state.kind === "over" && <Over state={state} id={id} again={again} />}
      {joined && <p className="wb-quiet">{words.joined}</p>}
      {dropped > 0 && <p className="wb-quiet">{words.dropped(dropped)}</p>}
    </div>
  );
}

interface OverProps {
  readonly state: Extract<WatchState, { kind: "over" }>;
  readonly id: string;
  readonly again: { readonly label: string; readonly act: () => void };
}

/** Dropped as a watcher, the session goes on; else it has ended, and its rule is told. */
const WATCHER_RULES: ReadonlySet<string> = new Set(["watcher-slow", "right-lost", "tape"]);

function Over({ state, id, again }: OverProps) {
  const { rule, reason } = state.cause;
  const mayReplay = useRight("recording:all");
  if (WATCHER_RULES.has(rule)) {
    return (
      <Notice tone="attention" title={words.unwatched} action={again}>
        {sentence(reason)}
      </Notice>
    );
  }
  const told = sessionText.ended.rules[rule] ?? sessionText.ended.other;
  const what = rule === "owner-ended" ? words.ownerEnded : told;
  return (
    <Notice tone="attention" title={`${sessionText.ended.title}: ${what.toLowerCase()}`}>
      {sentence(reason)}{" "}
      {mayReplay && <Link to={`/recordings/${id}`}>{sessionText.toRecording}</Link>}
    </Notice>
  );
}

function NotLive({ id }: { readonly id: string }) {
  const mayReplay = useRight("recording:all");
  const to = mayReplay ? `/recordings/${id}` : "/live";
  return (
    <Page title={words.ended}>
      <Empty
        title={sessionText.goneTitle}
        action={
          <Button component={Link} to={to} mt="xs">
            {mayReplay ? sessionText.toRecording : words.toLive}
          </Button>
        }
      >
        {words.gone}
      </Empty>
    </Page>
  );
}
