/**
 * A recording, or a part of it, for a person who has a link and no account: the player and
 * nothing else. The token in the address is exchanged for a visit and taken out of it; while the
 * page is open it asks whether the link still counts, and shows nothing any more once it does not.
 */
import { Button, Text } from "@mantine/core";
import { useEffect, useMemo, useState } from "react";
import type { SharedRecordingView } from "../../broker/api/shapes/viewing.ts";
import { Page } from "../components/page.tsx";
import { ApiProblem } from "../components/problem.ts";
import { StateBadge } from "../components/state-badge.tsx";
import { Empty, Loading, ProblemNotice } from "../components/states.tsx";
import { ZoneNote } from "../components/time.tsx";
import { duration, localTime } from "../components/time-words.ts";
import { sharedApi } from "../components/viewing.ts";
import { replayText } from "../text/replay.ts";
import { viewingText } from "../text/viewing.ts";
import { worthSeeing } from "./moments.ts";
import { sharedSource } from "./part-source.ts";
import { idleSpans } from "./playback.ts";
import { PlayerView } from "./player-view.tsx";
import { picturesOf } from "./thumbnail-shelf.ts";
import { useFirstShown } from "./use-first-shown.ts";
import { usePlayback } from "./use-playback.ts";
import { spanOf, useRecordedReel } from "./use-recorded-reel.ts";

const words = viewingText.shared;

/** How soon a page that is open notices that its link was revoked. The broker shows nothing at once. */
const STANDING_EVERY_MS = 3_000;

type Visit =
  | { readonly kind: "opening" }
  | { readonly kind: "failed"; readonly thrown: unknown }
  | { readonly kind: "open"; readonly view: SharedRecordingView }
  | { readonly kind: "over" }
  | { readonly kind: "left" };

export function SharedPage() {
  const [visit, setVisit] = useState<Visit>({ kind: "opening" });
  useEffect(() => {
    // Another link opened in this tab changes nothing but the part behind the #.
    const again = () => window.location.reload();
    window.addEventListener("hashchange", again);
    return () => window.removeEventListener("hashchange", again);
  }, []);
  useEffect(() => {
    let gone = false;
    enter().then(
      (view) => gone || setVisit({ kind: "open", view }),
      (thrown: unknown) => gone || setVisit({ kind: "failed", thrown }),
    );
    return () => {
      gone = true;
    };
  }, []);
  useStanding(visit.kind === "open", () => setVisit({ kind: "over" }));
  if (visit.kind === "open") {
    const leave = () => {
      setVisit({ kind: "left" });
      // The visit ends by itself too; nothing is lost if the broker does not hear of it.
      sharedApi.leave().catch(() => {});
    };
    return <SharedPlayer view={visit.view} onLeave={leave} />;
  }
  return (
    <Page title={words.title}>
      {visit.kind === "opening" && <Loading />}
      {visit.kind === "failed" && <ProblemNotice thrown={visit.thrown} title={words.failed} />}
      {visit.kind === "over" && <Empty title={words.over}>{words.overAdvice}</Empty>}
      {visit.kind === "left" && <Empty title={words.left}>{words.leftAdvice}</Empty>}
    </Page>
  );
}

/** 256 bits as base64url: a link cut off by a mail or a chat has fewer. */
const WHOLE_TOKEN = /^[\w-]{43}$/;

/** Loaded again without a token, the visit of this browser goes on. */
async function enter(): Promise<SharedRecordingView> {
  const token = takeToken();
  if (token !== undefined && !WHOLE_TOKEN.test(token)) {
    throw new ApiProblem(0, { code: "link-not-whole", message: words.notWhole });
  }
  if (token !== undefined) opening ??= sharedApi.open(token);
  await opening;
  return sharedApi.recording();
}

/** React may run an effect twice; the token is good for more than once, but one use is one visit. */
let opening: Promise<void> | undefined;

/** Out of the address, so that it is neither kept in the history nor seen over a shoulder. */
function takeToken(): string | undefined {
  const token = window.location.hash.slice(1);
  if (token === "") return undefined;
  window.history.replaceState(window.history.state, "", window.location.pathname);
  return token;
}

function useStanding(isOpen: boolean, over: () => void): void {
  useEffect(() => {
    if (!isOpen) return;
    const timer = setInterval(() => {
      sharedApi.standing().catch((thrown: unknown) => {
        // A broker that is away says nothing about the link.
        if (thrown instanceof ApiProblem && thrown.status === 401) over();
      });
    }, STANDING_EVERY_MS);
    return () => clearInterval(timer);
  }, [isOpen, over]);
}

interface SharedPlayerProps {
  readonly view: SharedRecordingView;
  readonly onLeave: () => void;
}

function SharedPlayer({ view, onLeave }: SharedPlayerProps) {
  const { recording } = view;
  const span = useMemo(() => spanOf(recording), [recording]);
  const marksMs = useMemo(() => worthSeeing(recording), [recording]);
  const idle = useMemo(() => idleSpans(marksMs, span), [marksMs, span]);
  const head = usePlayback({ atMs: recording.startedMs, following: false }, span, idle);
  const reel = useRecordedReel(recording, head.playback.atMs, sharedSource);
  useFirstShown(true, reel, head, marksMs);
  return (
    <main className="rp-shared">
      <Page
        fill
        title={replayText.title(recording.subject.name, recording.asset.name)}
        summary={<Summary view={view} />}
        actions={
          <Button variant="default" onClick={onLeave}>
            {words.leave}
          </Button>
        }
      >
        <PlayerView
          reel={reel}
          head={head}
          live={false}
          pictures={picturesOf(recording, sharedSource)}
        />
      </Page>
    </main>
  );
}

function Summary({ view }: { readonly view: SharedRecordingView }) {
  const { recording, recipient, madeBy, endsMs, isPart } = view;
  return (
    <span className="rp-summary">
      <StateBadge tone="normal" word={replayText.states[recording.state].word} />
      {isPart && <StateBadge tone="attention" word={words.part} />}
      <span>{localTime(recording.startedMs)}</span>
      <ZoneNote atMs={recording.startedMs} />
      <span>{duration(recording.endedMs - recording.startedMs)}</span>
      <span>
        {words.for(recipient)}, {words.by(madeBy)}, {words.until(localTime(endsMs))}
      </span>
      <Text span size="sm" c="dimmed">
        {words.noted}
      </Text>
    </span>
  );
}
