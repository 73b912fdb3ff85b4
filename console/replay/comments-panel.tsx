/** What people said about moments of this recording, and the means to say something. */
import { Button, Group, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, type RefObject, useState } from "react";
import type { CommentView } from "../../broker/api/shapes/viewing.ts";
import { ConfirmDialog } from "../components/confirm-dialog.tsx";
import { useRight } from "../components/me.ts";
import { queryClient } from "../components/queries.ts";
import { QueryView } from "../components/query-view.tsx";
import { Empty, ProblemNotice } from "../components/states.tsx";
import { RelativeTime } from "../components/time.tsx";
import { clockTime, exactUtc } from "../components/time-words.ts";
import { commentsQuery, viewingApi } from "../components/viewing.ts";
import { viewingText } from "../text/viewing.ts";

const words = viewingText.comments;

/** As the broker has it. */
const LENGTH_MAX = 2_000;

interface CommentsPanelProps {
  readonly recording: string;
  /** The record at the head; nothing can be said about it while it is not known. */
  readonly at: { readonly sequence: number; readonly wallMs: number } | undefined;
  readonly headMs: number;
  readonly field: RefObject<HTMLTextAreaElement | null>;
  /** What else can be shown in its place. */
  readonly tabs: ReactNode;
  readonly onSeek: (comment: CommentView) => void;
}

export function CommentsPanel(props: CommentsPanelProps) {
  const { recording, at, headMs, field, tabs, onSeek } = props;
  const query = useQuery(commentsQuery(recording));
  const mayComment = useRight("recording:comment");
  return (
    <section className="rp-panel rp-comments" aria-label={words.title}>
      <div className="wb-tools">{tabs}</div>
      {mayComment && at && <Composer key={recording} recording={recording} at={at} field={field} />}
      <QueryView query={query} failed={words.listFailed}>
        {(comments) =>
          comments.length === 0 ? (
            <Empty title={words.empty}>{words.emptyAdvice}</Empty>
          ) : (
            comments.map((comment) => (
              <Comment
                key={comment.id}
                recording={recording}
                comment={comment}
                current={Math.abs(comment.wallMs - headMs) < 500}
                onSeek={onSeek}
              />
            ))
          )
        }
      </QueryView>
    </section>
  );
}

interface ComposerProps {
  readonly recording: string;
  readonly at: { readonly sequence: number; readonly wallMs: number };
  readonly field: RefObject<HTMLTextAreaElement | null>;
}

function Composer({ recording, at, field }: ComposerProps) {
  const [text, setText] = useState("");
  // The moment is the one at which somebody began to write, wherever the head goes meanwhile.
  const [kept, setKept] = useState<ComposerProps["at"] | undefined>(undefined);
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  const moment = kept ?? at;
  async function add() {
    setBusy(true);
    setThrown(undefined);
    try {
      await viewingApi.comment(recording, { ...moment, text: text.trim() });
      setText("");
      setKept(undefined);
      await queryClient.invalidateQueries(commentsQuery(recording));
    } catch (failure) {
      setThrown(failure);
    } finally {
      setBusy(false);
    }
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== "" && !busy) void add();
      }}
    >
      <Textarea
        ref={field}
        label={words.at(clockTime(moment.wallMs))}
        description={words.description}
        autosize
        minRows={2}
        maxRows={6}
        maxLength={LENGTH_MAX}
        value={text}
        onChange={(event) => {
          const { value } = event.currentTarget;
          setText(value);
          setKept(value === "" ? undefined : moment);
        }}
      />
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.failed} />}
      <Group justify="flex-end" mt={6} mb={6}>
        <Button type="submit" size="xs" loading={busy} disabled={text.trim() === ""}>
          {words.add}
        </Button>
      </Group>
    </form>
  );
}

interface CommentProps {
  readonly recording: string;
  readonly comment: CommentView;
  readonly current: boolean;
  readonly onSeek: (comment: CommentView) => void;
}

function Comment({ recording, comment, current, onSeek }: CommentProps) {
  const [asking, setAsking] = useState(false);
  const { wallMs, by, atMs, text, withdrawn, mine } = comment;
  return (
    <article className="rp-comment" data-current={current || undefined}>
      <div className="rp-comment-head">
        <button
          type="button"
          className="rp-entry-time sp-mono"
          title={exactUtc(wallMs)}
          onClick={() => onSeek(comment)}
        >
          {clockTime(wallMs)}
        </button>
        <strong>{by.name}</strong>
        <span className="wb-dim">
          <RelativeTime atMs={atMs} />
        </span>
        {mine && withdrawn === null && (
          <Button size="compact-xs" variant="subtle" onClick={() => setAsking(true)}>
            {words.withdraw}
          </Button>
        )}
      </div>
      {withdrawn === null ? (
        <p>{text}</p>
      ) : (
        <p className="wb-dim">{words.withdrawn(withdrawn.why)}</p>
      )}
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={words.withdrawTitle}
        action={words.withdraw}
        reasonLabel={words.why}
        onConfirm={async (reason) => {
          await viewingApi.withdrawComment(recording, comment.id, reason);
          await queryClient.invalidateQueries(commentsQuery(recording));
        }}
      >
        {words.withdrawBody}
      </ConfirmDialog>
    </article>
  );
}
