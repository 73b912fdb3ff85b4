/** What else was recorded in the same visit, shown beside what is played, at the same instant. */
import { Button, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import type { RecordingDetailView, RecordingView } from "../../broker/api/shapes/sessions.ts";
import { api } from "../components/api.ts";
import { fetched } from "../components/fetched.tsx";
import { recordingQuery } from "../components/queries.ts";
import { Loading, ProblemNotice } from "../components/states.tsx";
import { visitText } from "../text/visit.ts";
import { EntryList } from "./entry-list.tsx";
import { ownSource } from "./part-source.ts";
import type { PlayHead } from "./use-playback.ts";
import { useRecordedReel } from "./use-recorded-reel.ts";

const words = visitText.player;
/** Sessions of a visit end in one turn; their recordings are closed one after the other. */
const TOGETHER_MS = 2_000;
/** More than a visit can have. */
const MEMBERS_MAX = "20";
/** Lists need not follow every frame while it plays. */
const LIST_STEP_MS = 100;
const NO_TAGS = [] as const;

const ScreenStage = fetched(async () => (await import("./screen-stage.tsx")).ScreenStage);
const TerminalStage = fetched(async () => (await import("./terminal-stage.tsx")).TerminalStage);

type Member = Pick<RecordingView, "id" | "protocol" | "endpoint" | "startedMs" | "endedMs">;

/** Others of the visit, in the order in which they were opened. */
export function useVisitOthers({ id, visit }: RecordingDetailView): readonly Member[] {
  const first = visit ?? id;
  const { data } = useQuery({
    queryKey: ["recordings", "visit", first],
    queryFn: () => api.recordings({ visit: first, limit: MEMBERS_MAX }),
  });
  return useMemo(
    () =>
      [...(data ?? [])].filter((each) => each.id !== id).sort((a, b) => a.startedMs - b.startedMs),
    [data, id],
  );
}

interface VisitBesideProps {
  readonly others: readonly Member[];
  readonly head: PlayHead;
}

export function VisitBeside({ others, head }: VisitBesideProps) {
  // A screen tells at once what the wire means.
  const [shown, setShown] = useState(() => others.find(({ protocol }) => protocol === "vnc")?.id);
  const member = others.find(({ id }) => id === shown);
  return (
    <section className="rp-beside" aria-label={words.label} data-shown={member?.protocol}>
      <div className="rp-beside-bar">
        <Text size="sm" fw={600}>
          {words.label}
        </Text>
        {others.map((each) => (
          <Button
            key={each.id}
            size="xs"
            variant={each.id === shown ? "filled" : "default"}
            title={each.endpoint}
            onClick={() => setShown(each.id === shown ? undefined : each.id)}
          >
            {each.id === shown ? words.shown(nameOf(each)) : words.show(nameOf(each))}
          </Button>
        ))}
        {member && (
          <Button
            component={Link}
            size="xs"
            variant="subtle"
            to={`/recordings/${member.id}?t=${Math.floor(head.playback.atMs)}`}
          >
            {words.goTo}
          </Button>
        )}
      </div>
      {member && <Beside key={member.id} member={member} head={head} />}
    </section>
  );
}

function nameOf({ protocol, endpoint }: Member): string {
  return `${visitText.protocol(protocol)} (${endpoint.split("/")[1] ?? endpoint})`;
}

function Beside({ member, head }: { readonly member: Member; readonly head: PlayHead }) {
  const detail = useQuery(recordingQuery(member.id));
  const name = nameOf(member);
  const { atMs } = head.playback;
  if (detail.error && !detail.data) {
    return <ProblemNotice title={words.failed(name)} thrown={detail.error} />;
  }
  if (!detail.data) return <Loading />;
  if (atMs < detail.data.startedMs) return <Said>{words.notYet(name)}</Said>;
  const { state, endedMs } = detail.data;
  const isOver = state !== "open" && atMs > endedMs + TOGETHER_MS;
  return (
    <>
      {isOver && <Said>{words.over(name)}</Said>}
      <Stage detail={detail.data} head={head} atMs={isOver ? endedMs : Math.min(atMs, endedMs)} />
    </>
  );
}

function Said({ children }: { readonly children: string }) {
  return (
    <Text size="sm" c="dimmed">
      {children}
    </Text>
  );
}

interface StageProps {
  readonly detail: RecordingDetailView;
  readonly head: PlayHead;
  /** Within the recording. */
  readonly atMs: number;
}

function Stage({ detail, head, atMs }: StageProps) {
  const source = useMemo(() => ownSource(detail.id), [detail.id]);
  const { stories, version, part, header } = useRecordedReel(detail, atMs, source);
  if (header === undefined) return <Loading />;
  if (detail.protocol === "vnc" || detail.protocol === "ssh") {
    const Drawn = detail.protocol === "vnc" ? ScreenStage : TerminalStage;
    return <Drawn {...{ stories, version }} headMs={atMs} />;
  }
  return (
    <EntryList
      {...{ stories, version }}
      tags={header.tags ?? NO_TAGS}
      headMs={head.playback.playing ? Math.floor(atMs / LIST_STEP_MS) * LIST_STEP_MS : atMs}
      loading={part.state.kind === "loading"}
      label={words.done(visitText.protocol(detail.protocol))}
      onSeek={(entry) => head.seek(entry.wallMs)}
    />
  );
}
