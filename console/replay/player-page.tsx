/** A recording, played. */
import { Button } from "@mantine/core";
import { IconFileDiff, IconInfoCircle, IconRefresh, IconShare } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import type { RecordingDetailView } from "../../broker/api/shapes/sessions.ts";
import { useMe, useRight } from "../components/me.ts";
import { Page } from "../components/page.tsx";
import { recordingQuery } from "../components/queries.ts";
import { QueryView } from "../components/query-view.tsx";
import { LocalTime, ZoneNote } from "../components/time.tsx";
import { duration } from "../components/time-words.ts";
import { commentsQuery } from "../components/viewing.ts";
import { replayText as words } from "../text/replay.ts";
import { viewingText } from "../text/viewing.ts";
import { InfoPanel } from "./info-panel.tsx";
import { Integrity, stateSentence } from "./integrity.tsx";
import { worthSeeing } from "./moments.ts";
import { ownSource } from "./part-source.ts";
import { idleSpans, type Span } from "./playback.ts";
import { PlayerView } from "./player-view.tsx";
import { RecordingActions } from "./recording-actions.tsx";
import type { Reel } from "./reel.ts";
import { segmentOf } from "./segments.ts";
import { ShareDialog } from "./share-dialog.tsx";
import { picturesOf } from "./thumbnail-shelf.ts";
import { useFirstShown } from "./use-first-shown.ts";
import { type PlayHead, usePlayback } from "./use-playback.ts";
import { spanOf, useRecordedReel } from "./use-recorded-reel.ts";
import { useVisitOthers, VisitBeside } from "./visit-beside.tsx";
import { WhoLooked } from "./who-looked.tsx";

export function PlayerPage() {
  const { id = "" } = useParams();
  const recording = useQuery(recordingQuery(id));
  if (recording.data === undefined) {
    return (
      <Page title={words.untitled}>
        <QueryView query={recording} failed={words.failed}>
          {() => null}
        </QueryView>
      </Page>
    );
  }
  return (
    <RecordingPlayer
      key={id}
      detail={recording.data}
      onFetchMore={() => void recording.refetch()}
    />
  );
}

interface RecordingPlayerProps {
  readonly detail: RecordingDetailView;
  readonly onFetchMore: () => void;
}

function RecordingPlayer({ detail, onFetchMore }: RecordingPlayerProps) {
  const { at, wantedMs } = useWanted();
  const span = useMemo(() => spanOf(detail), [detail]);
  const marksMs = useMemo(() => worthSeeing(detail), [detail]);
  const idle = useMemo(() => idleSpans(marksMs, span), [marksMs, span]);
  const atMs = at === undefined && wantedMs !== undefined ? wantedMs : firstMoment(detail, at);
  const head = usePlayback({ atMs: within(atMs, span), following: false }, span, idle);
  const source = useMemo(() => ownSource(detail.id), [detail.id]);
  const reel = useRecordedReel(detail, head.playback.atMs, source);
  const comments = useQuery(commentsQuery(detail.id));
  const others = useVisitOthers(detail);
  const [about, setAbout] = useState(false);
  useArrival(at, detail, reel, head);
  useFirstShown(at === undefined && wantedMs === undefined, reel, head, marksMs);
  return (
    <Page
      fill
      title={words.title(detail.subject.name, detail.asset.name)}
      summary={<Summary detail={detail} />}
      actions={
        <>
          {detail.state === "open" && <StillOpen id={detail.id} onFetchMore={onFetchMore} />}
          {HAS_REPORT.has(detail.protocol) && detail.deletedMs === null && (
            <Button
              variant="default"
              leftSection={<IconFileDiff size={15} />}
              component={Link}
              to={`/recordings/${detail.id}/report`}
            >
              {viewingText.report.show}
            </Button>
          )}
          <Share detail={detail} headMs={head.playback.atMs} />
          <Button
            variant="default"
            leftSection={<IconInfoCircle size={15} />}
            disabled={reel.header === undefined}
            onClick={() => setAbout(true)}
          >
            {words.info.showWithExport}
          </Button>
        </>
      }
    >
      <PlayerView
        reel={reel}
        head={head}
        live={false}
        {...(others.length > 0 && { beside: <VisitBeside others={others} head={head} /> })}
        pictures={picturesOf(detail, source)}
        linkAt={(sequence) => `/recordings/${detail.id}?at=${sequence}`}
        comments={{ recording: detail.id, list: comments.data ?? NO_COMMENTS }}
      />
      {reel.header && (
        <InfoPanel
          header={reel.header}
          opened={about}
          onClose={() => setAbout(false)}
          extent={{ ...detail, state: stateSentence(detail) }}
          actions={
            <>
              <RecordingActions detail={detail} onChanged={onFetchMore} />
              {about && <WhoLooked recording={detail.id} />}
            </>
          }
        />
      )}
    </Page>
  );
}

const NO_COMMENTS = [] as const;
/** What these sessions changed is told on a page of its own. */
const HAS_REPORT: ReadonlySet<string> = new Set(["modbus", "opcua"]);

function Share({
  detail,
  headMs,
}: {
  readonly detail: RecordingDetailView;
  readonly headMs: number;
}) {
  const mayShare = useRight("recording:share");
  const [opened, setOpened] = useState(false);
  const span = useMemo(() => spanOf(detail), [detail]);
  if (!mayShare) return null;
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconShare size={15} />}
        onClick={() => setOpened(true)}
      >
        {viewingText.share.show}
      </Button>
      {opened && (
        <ShareDialog
          recording={detail.id}
          span={span}
          headMs={headMs}
          opened
          onClose={() => setOpened(false)}
        />
      )}
    </>
  );
}

interface StillOpenProps {
  readonly id: string;
  readonly onFetchMore: () => void;
}

/** Opening somebody's recording is noted each time, so it is fetched again only when asked for. */
function StillOpen({ id, onFetchMore }: StillOpenProps) {
  const mayWatch = useRight("session:watch");
  return (
    <>
      <Button variant="default" leftSection={<IconRefresh size={15} />} onClick={onFetchMore}>
        {words.fetchMore}
      </Button>
      {mayWatch && (
        <Button variant="default" component={Link} to={`/live/${id}`}>
          {words.watchLive}
        </Button>
      )}
    </>
  );
}

function needsWords({ state, deletedMs }: RecordingDetailView): boolean {
  return state === "gap" || state === "aborted" || deletedMs !== null;
}

/** An abnormal state is said in full, with its cause; a normal one in a word. */
function Summary({ detail }: { readonly detail: RecordingDetailView }) {
  const { startedMs, endedMs, endpoint, profile } = detail;
  const { site } = useMe();
  return (
    <span className="rp-summary">
      <Integrity recording={detail} />
      {needsWords(detail) && <span>{stateSentence(detail)}</span>}
      <span>
        <LocalTime atMs={startedMs} /> <ZoneNote atMs={startedMs} plant={site.timeZone} />
      </span>
      <span>{duration(endedMs - startedMs)}</span>
      <span className="sp-mono">{endpoint}</span>
      <span>{profile}</span>
    </span>
  );
}

/** What the address asked for when it was opened: a record, or a time. */
function useWanted() {
  const [search] = useSearchParams();
  const [at] = useState(() => wantedNumber(search.get("at")));
  const [wantedMs] = useState(() => wantedNumber(search.get("t")));
  return { at, wantedMs };
}

function wantedNumber(typed: string | null): number | undefined {
  return typed !== null && /^\d{1,15}$/.test(typed) ? Number(typed) : undefined;
}

function within(atMs: number, { fromMs, untilMs }: Span): number {
  return Math.min(Math.max(atMs, fromMs), untilMs);
}

/** Where to begin, as well as the index alone can tell. */
function firstMoment(detail: RecordingDetailView, at: number | undefined): number {
  if (at === undefined) return detail.startedMs;
  const segment = detail.segments[segmentOf(detail.segments, at)];
  const mark = segment?.marks.find((one) => one.sequence === at);
  return mark?.wallMs ?? segment?.firstMs ?? detail.startedMs;
}

/** Goes to the very record of the link once its part is there. */
function useArrival(
  at: number | undefined,
  detail: RecordingDetailView,
  reel: Reel,
  head: PlayHead,
): void {
  const arrived = useRef(at === undefined);
  useEffect(() => {
    if (arrived.current || at === undefined || reel.part.state.kind !== "ready") return;
    const entry = reel.stories
      .flatMap((story) => story.entries)
      .findLast((one) => one.sequence <= at);
    arrived.current = true;
    if (entry !== undefined) head.seek(Math.max(entry.wallMs, detail.startedMs));
  }, [at, detail, reel, head]);
}
