/** One use of break-glass: who, where, why, its recordings, and what somebody else found. */
import { Anchor, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Link } from "react-router";
import type {
  BreakGlassDetailView,
  BreakGlassView,
} from "../../../broker/api/shapes/break-glass.ts";
import {
  breakGlassDetailQuery,
  breakGlassQuery,
  endBreakGlass,
  isOpen,
} from "../../components/break-glass.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { useNow } from "../../components/now.ts";
import { queryClient } from "../../components/queries.ts";
import { QueryView } from "../../components/query-view.tsx";
import { StateBadge, type Tone } from "../../components/state-badge.tsx";
import { Loading } from "../../components/states.tsx";
import { LocalTime, RelativeTime, TimeLeft } from "../../components/time.tsx";
import { breakGlassText as words } from "../../text/break-glass.ts";
import { ReviewDialog } from "./review-dialog.tsx";
import "../access/access.css";

export function UseCard({ use }: { readonly use: BreakGlassView }) {
  const nowMs = useNow();
  const open = isOpen(use, nowMs);
  const detail = useQuery(breakGlassDetailQuery(use.id));
  const { openedBy, holder } = use;
  return (
    <article aria-label={`${openedBy.name}, ${use.assetName}`}>
      <header className="bg-head">
        <State use={use} open={open} />
        <strong>{openedBy.name}</strong>
        <Since use={use} open={open} />
      </header>
      <dl className="ac-facts">
        <Fact name={words.facts.where}>
          {use.assetName} <span className="sp-mono sp-dim">{use.endpoint}</span>
        </Fact>
        <Fact name={words.facts.what}>{use.profile}</Fact>
        {holder.id !== openedBy.id && <Fact name={words.facts.holder}>{holder.name}</Fact>}
        <Fact name={words.facts.why}>{use.reason}</Fact>
        <Fact name={words.facts.when}>
          <LocalTime atMs={use.openedMs} /> – <LocalTime atMs={use.untilMs} />
        </Fact>
        <Fact name={words.facts.recordings}>
          <QueryView query={detail} failed={words.failed} loading={<Loading rows={1} />}>
            {({ recordings }) => <Sessions recordings={recordings} />}
          </QueryView>
        </Fact>
        {use.review && (
          <Fact name={words.facts.review}>
            {use.review.comment}{" "}
            <span className="sp-dim">
              {words.reviewedBy(use.review.by.name)}, <RelativeTime atMs={use.review.atMs} />
            </span>
          </Fact>
        )}
      </dl>
      <Acts use={use} />
    </article>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface StateProps {
  readonly use: BreakGlassView;
  readonly open: boolean;
}

function State({ use: { review }, open }: StateProps) {
  const state = review?.verdict ?? (open ? "open" : "waiting");
  const tone: Tone = state === "justified" ? "normal" : state === "waiting" ? "attention" : "alarm";
  return <StateBadge tone={tone} word={words.state[state]} />;
}

function Since({ use, open }: StateProps) {
  if (open)
    return (
      <span>
        <TimeLeft atMs={use.untilMs} /> {words.left}
      </span>
    );
  return (
    <span className="sp-dim">
      {use.review ? words.over : words.waitsSince} <RelativeTime atMs={use.untilMs} />
    </span>
  );
}

type SessionsProps = Pick<BreakGlassDetailView, "recordings">;

function Sessions({ recordings }: SessionsProps) {
  if (recordings.length === 0) return <span className="sp-dim">{words.noSession}</span>;
  return (
    <ul className="bg-sessions">
      {recordings.map(({ id, subject, startedMs, counts, maySee }) => (
        <li key={id}>
          <LocalTime atMs={startedMs} />
          <span>{words.session(counts.changed, counts.refused)}</span>
          {maySee ? (
            <Anchor
              component={Link}
              to={`/recordings/${id}`}
              aria-label={words.replayNamed(subject)}
            >
              {words.replay}
            </Anchor>
          ) : (
            <span className="sp-dim">{words.notYours}</span>
          )}
        </li>
      ))}
    </ul>
  );
}

function Acts({ use }: { readonly use: BreakGlassView }) {
  const [asking, setAsking] = useState<"end" | "review" | null>(null);
  const close = () => setAsking(null);
  const { mayEnd, mayReview, reviewRefusal, review, openedBy } = use;
  async function end() {
    await endBreakGlass(use.id);
    await queryClient.invalidateQueries({ queryKey: breakGlassQuery.queryKey });
  }
  return (
    <div className="ac-decide">
      {mayReview && (
        <Button
          aria-label={words.review.actNamed(openedBy.name)}
          onClick={() => setAsking("review")}
        >
          {words.review.act}
        </Button>
      )}
      {mayEnd && (
        <Button
          variant="default"
          aria-label={words.endNamed(openedBy.name)}
          onClick={() => setAsking("end")}
        >
          {words.end}
        </Button>
      )}
      {review === null && !mayReview && <span className="sp-dim">{reviewRefusal}</span>}
      {asking === "review" && <ReviewDialog use={use} onClose={close} />}
      <ConfirmDialog
        opened={asking === "end"}
        onClose={close}
        title={words.endTitle}
        action={words.end}
        harmful
        onConfirm={end}
      >
        {words.endBody}
      </ConfirmDialog>
    </div>
  );
}
