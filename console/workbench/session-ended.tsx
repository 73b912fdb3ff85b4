/** What stands where the work was: that the session is over, by which rule, and where to go from here. */
import { Button, Group } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import { Link } from "react-router";
import type { CauseView } from "../../broker/api/shapes/sessions.ts";
import { LocalTime } from "../components/time.tsx";
import { sentence, sessionText as words } from "../text/session.ts";

interface SessionEndedProps {
  readonly session: string;
  readonly asset: { readonly id: string; readonly name: string };
  readonly cause: CauseView;
  readonly atMs: number;
  readonly mayReplay: boolean;
}

export function SessionEnded({ session, asset, cause, atMs, mayReplay }: SessionEndedProps) {
  const what = words.ended.rules[cause.rule] ?? words.ended.other;
  return (
    <section className="wb-ended" aria-labelledby="page-title">
      <IconPlugConnectedX size={28} aria-hidden />
      <h1 id="page-title" tabIndex={-1}>
        {words.ended.title}
      </h1>
      <p className="wb-ended-what">
        {what} · {asset.name}
      </p>
      <dl className="wb-facts">
        <dt>{words.ended.reason}</dt>
        <dd>{sentence(cause.reason)}</dd>
        <dt>{words.ended.rule}</dt>
        <dd className="sp-mono">{cause.rule}</dd>
        <dt>{words.ended.at}</dt>
        <dd>
          <LocalTime atMs={atMs} />
        </dd>
      </dl>
      <Group gap="xs">
        {mayReplay && (
          <Button component={Link} to={`/recordings/${session}`}>
            {words.toRecording}
          </Button>
        )}
        <Button component={Link} to={`/?asset=${encodeURIComponent(asset.id)}`} variant="default">
          {words.toPlant}
        </Button>
      </Group>
    </section>
  );
}
